# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reading, planning and applying the traffic of an application, put together for the module."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .._core.errors import InvalidInput
from .._core.plan import Plan
from .._core.text import NAME, Grammar, listed, rate, seconds, shown
from .._core.wait import RealClock
from .._edge.run import Operation, Report
from .._edge.spec import into
from .._fence.fence import Fence, check
from .drain import Drained
from .model import SLOTS, Route, Server, Service, Slot
from .plan import plan
from .router import Haproxy
from .switch import Outcome, Switch
from .traffic import row

BACKEND = Grammar(
    "backend", r"[A-Za-z0-9][A-Za-z0-9_.:\-]{0,159}", "a letter or digit, then up to 159 of these and of the characters _.:-", 160
)

_STATES = ("routed", "unrouted")
_SERVICE = {"backend", "slots", "state", "drain_timeout", "spread", "drain_rate", "routers"}
_SLOT = {"weight", "count", "hosts"}


@dataclass(frozen=True)
class Request:
    """What is asked of this router."""

    router: Haproxy
    fence: Fence
    route: Route


def _parse(params: Mapping[str, Any]) -> Request:
    application = params["application"]
    services = tuple(_service(application, name, given) for name, given in params["services"].items())
    route = Route(application, services, seconds(params["up_timeout"], noun="up_timeout"), params["confirm"] or "")
    return Request(Haproxy(params["socket"], Path(params["state_file"])), into(Fence, params["fence"]), route)


def _service(application: str, name: str, given: Any) -> Service:
    terms = _known(given, _SERVICE, f"service {NAME.check(name)}")
    state = terms.get("state", "routed")
    if state not in _STATES:
        raise InvalidInput(f"service {name}: {shown(state)} is not a state: choose {' or '.join(_STATES)}")
    slots = _known(terms.get("slots") or {}, SLOTS, f"slots of {name}")
    return Service(
        name,
        BACKEND.check(terms.get("backend") or f"{application}_{name}"),
        {slot: _slot(value, f"slot {slot} of {name}") for slot, value in slots.items()},
        state == "routed",
        seconds(terms.get("drain_timeout", "30s"), noun="drain_timeout"),
        seconds(terms.get("spread", "0s"), noun="spread"),
        rate(terms["drain_rate"], noun="drain_rate") if "drain_rate" in terms else 0.0,
        terms.get("routers", 1),
    )


def _slot(given: Any, noun: str) -> Slot:
    terms = _known(given, _SLOT, noun)
    hosts = terms.get("hosts")
    if hosts is not None and not (isinstance(hosts, list) and all(isinstance(host, str) for host in hosts)):
        raise InvalidInput(f"{noun}: hosts must be a list of names, not {shown(hosts)}")
    return into(Slot, terms)


def _known(given: Any, keys: Iterable[str] | None, noun: str) -> Mapping[str, Any]:
    if not isinstance(given, Mapping):
        raise InvalidInput(f"{noun} must be a dictionary, not {shown(given)}")
    unknown = sorted(str(key) for key in given if keys is not None and key not in keys)
    if unknown:
        raise InvalidInput(f"{noun} has no {shown(unknown[0])}: it may have {listed(sorted(keys or ()))}")
    return given


def _apply(wanted: Request, steps: Plan) -> Report:
    switch = Switch(wanted.router, wanted.route, steps, lambda: check(wanted.fence), RealClock())
    return _report(wanted.route, wanted.router.servers, switch.perform())


def _report(route: Route, servers: Any, outcome: Outcome) -> Report:
    return {
        "servers": rows(route, servers()),
        "cut": outcome.drained.cut,
        "left": outcome.drained.left,
        "switched_ms": round(outcome.switched_ms, 3),
        "drained_s": round(outcome.drained.seconds, 3),
        "warnings": [f"{platform.node()}: {warning}" for warning in outcome.drained.warnings],
    }


def rows(route: Route, servers: Iterable[Server]) -> list[dict[str, Any]]:
    """Servers as the module returns them."""
    names = {service.backend: service.name for service in route.services}
    return [{"service": names[server.key.backend], **row(server)} for server in servers if server.key.backend in names]


ROUTE = Operation(
    parse=_parse,
    read=lambda wanted: wanted.router.found(),
    plan=lambda wanted, found: plan(wanted.route, found),
    apply=lambda wanted, found, steps: _apply(wanted, steps),
    predict=lambda wanted, found: _report(wanted.route, lambda: found.servers, Outcome(0.0, Drained())),
)
