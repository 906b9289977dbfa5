# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filters with which the role replication finds the server that takes writes, and the one that must not any more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError

from ..module_utils._core.errors import MainstayError
from ..module_utils._replication import writer as cluster
from ..module_utils._replication.writer import Member


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
        return [cluster.writer(members, database[0], needed=needed)]
    except MainstayError as error:
        raise AnsibleFilterError(error.message) from None


def followers(found: Sequence[Mapping[str, Any]], database: Sequence[str]) -> list[str]:
    """The standbys that follow, from what replication_info told of each member."""
    return cluster.followers([_member(one) for one in found if not one.get("skipped")], database[0] if database else "")


def words_to_fence(found: Sequence[Mapping[str, Any]], host: str, environment: str) -> str:
    """What must be typed to fence the primary of this host; nothing if it is fenced already."""
    try:
        return cluster.words_to_fence([_member(one) for one in found], host, environment)
    except MainstayError as error:
        raise AnsibleFilterError(error.message) from None


def _member(told: Mapping[str, Any]) -> Member:
    """What did not answer has no role."""
    return Member(
        name=str(told["item"]),
        role=told.get("role") or "",
        system_id=str(told.get("system_id") or ""),
        timeline=int(told.get("timeline") or 0),
        fenced=bool(told.get("fenced")),
        removed=bool(told.get("removed")),
    )


class FilterModule:
    """Names of the filters, see their pages in the collection's documentation."""

    def filters(self) -> dict[str, Any]:
        return {"followers": followers, "words_to_fence": words_to_fence, "writers": writers}
