# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From the services of an inventory to the backends, servers and rules of a router's configuration.

Every backend has a server for each host, slot and possible replica, in maintenance until haproxy_route admits it: so a
deploy never needs a reload.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from .._core.errors import InvalidInput
from .._core.text import NAME, Grammar, listed, shown
from .model import SLOTS

T = TypeVar("T")

ROUTED = ("web", "websocket")
HIGHEST_PORT = 65535
MOST_REPLICAS = 1000

PATH = Grammar(
    "path", r"/[A-Za-z0-9._~%/?=&\-]{0,200}", "a slash, then up to 200 letters, digits and characters of ._~%/?=&-", 201
)
HOST = Grammar("host name", r"[A-Za-z0-9]([A-Za-z0-9.\-]{0,252})", "letters, digits, dots and dashes", 253)
COOKIE = Grammar("name of a cookie", r"[A-Za-z][A-Za-z0-9_\-]{0,60}", "1 to 61 letters, digits, dashes and underscores", 61)
HEADER = Grammar("name of a header", r"[A-Za-z][A-Za-z0-9\-]{0,60}", "1 to 61 letters, digits and dashes", 61)
ADDRESS = Grammar("address", r"[A-Za-z0-9][A-Za-z0-9.\-]{0,252}|[0-9a-fA-F:.]{2,45}", "an IP address or a host name", 253)


@dataclass(frozen=True)
class Line:
    """One server line."""

    name: str
    address: str
    slot: str


@dataclass(frozen=True)
class Backend:
    """One backend; ``rule`` is the condition under which a request goes there, empty for the one that gets the rest.

    With a cookie ``sticky`` a user stays on one server, and so on one side of a canary, while it is in rotation. The header
    ``testers`` names the slot that somebody wants to see.
    """

    name: str
    kind: str
    health: str
    rule: str
    servers: tuple[Line, ...] = field(repr=False)
    sticky: str = ""
    testers: str = ""


def backends(services: Mapping[str, Any], application: str, addresses: Mapping[str, str]) -> list[Backend]:
    """Backends of all routed services, those with the narrowest rules first."""
    NAME.check(application)
    if not addresses:
        raise InvalidInput("there is no host that replicas run on: is the group of application hosts empty?")
    routed = {name: service for name, service in _mapping(services, "services").items() if _is_routed(name, service)}
    _demand_distinct_ports(routed)
    known = [_of(name, partial(_backend, name, service, application, addresses)) for name, service in routed.items()]
    _demand_one_default([backend for backend in known if not backend.rule])
    return sorted(known, key=lambda backend: -_narrowness(routed, application, backend))


def most(service: Mapping[str, Any]) -> int:
    """How many replicas a host may ever run in a slot without a new configuration."""
    replicas = _whole(service.get("replicas", 1), "number of replicas", MOST_REPLICAS)
    return max(replicas, _whole(service.get("max_replicas") or 2 * replicas, "max_replicas", 2 * MOST_REPLICAS))


def _is_routed(name: str, service: Any) -> bool:
    return _mapping(service, f"service {shown(name)}").get("kind") in ROUTED


def _mapping(value: Any, noun: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise InvalidInput(f"{noun} must be a dictionary, not {shown(value)}")
    return value


def _whole(value: object, noun: str, largest: int) -> int:
    if isinstance(value, bool) or not re.fullmatch(r"[0-9]{1,6}", str(value)) or not 1 <= int(str(value)) <= largest:
        raise InvalidInput(f"{shown(value)} is not a {noun}: allowed are whole numbers from 1 to {largest}")
    return int(str(value))


def _backend(name: str, service: Mapping[str, Any], application: str, addresses: Mapping[str, str]) -> Backend:
    NAME.check(name)
    health = PATH.check(_mapping(service.get("health") or {}, "health").get("path", "/health"))
    return Backend(
        name=f"{application}_{name}",
        kind=service["kind"],
        health=health,
        rule=_rule(_mapping(service.get("route") or {}, "route")),
        servers=tuple(_servers(service, addresses)),
        sticky=COOKIE.check(service["sticky"]) if service.get("sticky") else "",
        testers=HEADER.check(service["testers"]) if service.get("testers") else "",
    )


def _servers(service: Mapping[str, Any], addresses: Mapping[str, str]) -> Iterator[Line]:
    for host, address in sorted(addresses.items()):
        ADDRESS.check(address)
        literal = f"[{address}]" if ":" in address else address
        for slot in SLOTS:
            for n, port in enumerate(_ports(slot, service), 1):
                yield Line(f"{HOST.check(host)}-{slot}-{n}", f"{literal}:{port}", slot)


def _rule(route: Mapping[str, Any]) -> str:
    unknown = sorted(set(route) - {"path", "host"})
    if unknown:
        raise InvalidInput(f"a route has no {shown(unknown[0])}: it may have a path and a host")
    rules = []
    if route.get("host"):
        rules.append(f"{{ req.hdr(host),field(1,:),lower -m str {HOST.check(route['host']).lower()} }}")
    if route.get("path"):
        path = PATH.check(route["path"]).rstrip("/") or "/"
        rules.append(f"{{ path -m reg ^{_literal(path)}(/|$) }}" if path != "/" else "{ path -m beg / }")
    return " ".join(rules)


def _literal(path: str) -> str:
    return path.replace(".", "[.]").replace("?", "[?]")


def _narrowness(services: Mapping[str, Any], application: str, backend: Backend) -> int:
    route = services[backend.name.removeprefix(f"{application}_")].get("route") or {}
    return 1000 * bool(route.get("host")) + len(route.get("path", ""))


def _demand_one_default(rest: list[Backend]) -> None:
    if len(rest) > 1:
        raise InvalidInput(
            f"{listed(backend.name for backend in rest)} have no route, so each would get all the rest: "
            "give all but one a route with a path or a host"
        )


def _demand_distinct_ports(services: Mapping[str, Any]) -> None:
    taken: dict[int, str] = {}
    for name, service in services.items():
        for slot in SLOTS:
            _take(taken, f"{name} {slot}", _of(name, partial(_ports, slot, service)))


def _of(name: str, work: Callable[[], T]) -> T:
    """The work's result; an error says which service it is about."""
    try:
        return work()
    except InvalidInput as error:
        raise InvalidInput(f"{name}: {error.message}") from error


def _ports(slot: str, service: Mapping[str, Any]) -> range:
    """The ports of one slot, one for each possible replica."""
    given = _mapping(service.get("ports") or {}, "ports")
    if slot not in given:
        raise InvalidInput(f"there is no port for {slot}: give the service ports such as {{blue: 21000, green: 22000}}")
    first = _whole(given[slot], f"port for {slot}", HIGHEST_PORT)
    last = first + most(service) - 1
    if last > HIGHEST_PORT:
        raise InvalidInput(f"{slot} would use the ports {first} to {last}: the last that there is is {HIGHEST_PORT}")
    return range(first, last + 1)


def _take(taken: dict[int, str], whose: str, ports: range) -> None:
    clash = next((port for port in ports if port in taken), None)
    if clash is not None:
        raise InvalidInput(
            f"{whose} and {taken[clash]} would share port {clash}: move one of their first ports, or lower max_replicas"
        )
    taken.update(dict.fromkeys(ports, whose))
