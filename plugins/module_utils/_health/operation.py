# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The health check put together for the module, and the option that other modules share with it."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .._edge.require import PSYCOPG, REDIS, Library, require
from .._edge.run import Reading, Report
from .._edge.spec import Seconds, into
from .check import check_all
from .described import Described, endpoint
from .model import Endpoint, Policy
from .report import demand_pass, report

ENDPOINT = {
    "name": {"type": "str", "required": True},
    "url": {"type": "str", "required": True, "no_log": True},
    "username": {"type": "str", "no_log": False},
    "password": {"type": "str", "no_log": True},
    "headers": {"type": "dict", "default": {}},
    "secret_headers": {"type": "dict", "default": {}, "no_log": True},
    "status": {"type": "list", "elements": "int", "default": [200]},
    "json": {"type": "dict", "default": {}},
    "version": {"type": "str"},
    "timeout": {"type": "str", "default": "5s"},
    "ca_path": {"type": "path"},
    "validate_certs": {"type": "bool", "default": True},
}
"""Argument spec of one endpoint. A masked user name would also mask every word of the output that holds it."""

LIBRARIES = {"postgresql": PSYCOPG, "redis": REDIS, "rediss": REDIS}


@dataclass(frozen=True)
class Pacing:
    """A policy as a user writes it."""

    healthy: int
    deadline: Seconds
    interval: Seconds
    jitter: Seconds


@dataclass(frozen=True)
class Check:
    """What is asked, how patiently, and whether the module fails unless all of it passes."""

    endpoints: tuple[Endpoint, ...]
    policy: Policy
    must_pass: bool


def endpoints(described: Sequence[Mapping[str, Any]]) -> tuple[Endpoint, ...]:
    """The endpoints that an option with the argument spec ``ENDPOINT`` describes."""
    return tuple(endpoint(into(Described, one)) for one in described)


def libraries(asked: Sequence[Endpoint]) -> tuple[Library, ...]:
    """The libraries that these endpoints need on the target."""
    kinds = {one.target.scheme for one in asked}
    return tuple(LIBRARIES[kind] for kind in sorted(kinds) if kind in LIBRARIES)


def _parse(params: Mapping[str, Any]) -> Check:
    pacing = into(Pacing, params)
    policy = Policy(pacing.healthy, pacing.deadline, pacing.interval, pacing.jitter)
    return Check(endpoints(params["endpoints"]), policy, params["must_pass"])


def _read(wanted: Check) -> Report:
    require(libraries(wanted.endpoints))
    begin = time.monotonic()
    results = check_all(wanted.endpoints, wanted.policy)
    told = report(results, time.monotonic() - begin)
    if wanted.must_pass:
        demand_pass(results, told)
    return told


HEALTH = Reading(parse=_parse, read=_read)
