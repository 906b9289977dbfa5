# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filters with which the role replication finds the server that takes writes, and the one that must not any more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError

from ..module_utils._core.errors import MainstayError
from ..module_utils._replication.writer import Member, is_outdated, writer


def writers(found: Sequence[Mapping[str, Any]], database: Sequence[str], needed: bool = True) -> list[str]:
    """The one server that takes writes, from what replication_info told of each member; without members all of ``database``."""
    members = [_member(one) for one in found if not one.get("skipped")]
    if not members:
        return list(database)
    if len(database) != 1:
        raise AnsibleFilterError(
            f"the group database has {len(database)} hosts ({', '.join(database)}), and with database_replicas must have one: "
            "an environment has one cluster"
        )
    try:
        return [writer(members, database[0], needed=needed)]
    except MainstayError as error:
        raise AnsibleFilterError(error.message) from None


def outdated(found: Sequence[Mapping[str, Any]], host: str) -> list[str]:
    """The host, if it must be fenced because another server takes writes; nothing if it is fenced already."""
    try:
        return [host] if is_outdated([_member(one) for one in found], host) else []
    except MainstayError as error:
        raise AnsibleFilterError(error.message) from None


def _member(told: Mapping[str, Any]) -> Member:
    """What did not answer has no role."""
    return Member(str(told["item"]), told.get("role") or "", str(told.get("system_id") or ""), int(told.get("timeline") or 0))


class FilterModule:
    """Names of the filters, see their pages in the collection's documentation."""

    def filters(self) -> dict[str, Any]:
        return {"outdated": outdated, "writers": writers}
