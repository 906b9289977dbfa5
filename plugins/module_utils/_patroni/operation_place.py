# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The option that says where Patroni's REST API is, which the modules share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._core.errors import InvalidInput
from .._core.text import seconds, within
from .._core.wait import Pace
from .._edge.spec import into
from .._judge.fetch import Place
from .rest import Places

PATRONI = {
    "urls": {"type": "list", "elements": "str", "required": True},
    "username": {"type": "str", "no_log": False},
    "password": {"type": "str", "no_log": True},
    "ca_path": {"type": "path"},
    "validate_certs": {"type": "bool", "default": True},
    "timeout": {"type": "str", "default": "5s"},
}
"""Argument spec of a cluster."""


def places(params: Mapping[str, Any]) -> Places:
    urls = params["urls"]
    if not urls:
        raise InvalidInput("no url of Patroni's REST API is given: name those of all members, such as http://db1:8008")
    patience = within("timeout in seconds", seconds(params["timeout"], noun="timeout"), 0.1, 60)
    return tuple(into(Place, {**params, "url": url, "timeout": patience}) for url in urls)


def pace(params: Mapping[str, Any]) -> Pace:
    """How long to wait for what Patroni does."""
    deadline = within("deadline in seconds", seconds(params["deadline"], noun="deadline"), 0.1, 86400)
    return Pace(deadline, min(0.25, deadline / 20))
