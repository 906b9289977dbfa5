# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reading the traffic of an application, put together for the module."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .._core.errors import NotFound
from .._core.text import NAME, listed
from .._edge.run import Reading, Report
from .._edge.spec import into
from . import haproxy
from .traffic import told


@dataclass(frozen=True)
class Question:
    """Whose traffic, of which services, on which router."""

    application: str
    socket: str
    services: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in (self.application, *self.services):
            NAME.check(name)


def _read(question: Question) -> Report:
    services = told(question.application, haproxy.servers(question.socket), question.services)
    missing = [name for name in question.services if name not in services]
    if missing:
        raise NotFound(f"the router has no servers of {listed(missing)}: it has {listed(sorted(services))}")
    return {"services": services, "process": _process(haproxy.information(question.socket))}


def _process(information: Mapping[str, str]) -> dict[str, Any]:
    return {
        "pid": int(information["Pid"]),
        "uptime_s": int(information["Uptime_sec"]),
        "version": information["Version"],
        "configuration": information.get("description", ""),
    }


ROUTE_INFO = Reading(parse=lambda params: into(Question, params), read=_read)
