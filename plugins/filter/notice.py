# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Filters of the role notice: which channels there are, which of them want an event, and what each is told."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible.plugins.loader import module_loader

from ..module_utils._core.errors import InvalidInput
from ..module_utils._notice import channels, words
from ..module_utils._notice.model import Notice


def notices(value: Any) -> list[dict[str, Any]]:
    """The channels with all of their options, or an error that says what is allowed."""
    try:
        found = channels.checked(value, _read)
    except InvalidInput as error:
        raise AnsibleFilterError(error.message) from None
    for name in {one["channel"] for one in found}:
        _demand_modules(name)
    return found


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"the template {path} cannot be read on the controller: {type(error).__name__}") from error


def _demand_modules(channel: str) -> None:
    """A task that names a module that is not there would end the run, and no rescue would help."""
    for module in channels.KINDS[channel].modules:
        if not module_loader.find_plugin_with_context(module).resolved:
            collection = module.rpartition(".")[0]
            raise AnsibleFilterError(
                f"mainstay_notices names {channel}, which needs {module}: install {collection} on the controller"
            )


def wanting(value: list[dict[str, Any]], event: str) -> list[dict[str, Any]]:
    """Number and name of the channels that want the event."""
    return words.wanted_by(value, event)


def worded(channel: Mapping[str, Any], notice: Mapping[str, Any]) -> dict[str, Any]:
    """The notice as this channel tells it."""
    return words.worded(channel, Notice(**notice))


class FilterModule:
    """Names of the filters, see their pages in the collection's documentation."""

    def filters(self) -> dict[str, Any]:
        return {"notices": notices, "wanting": wanting, "worded": worded}
