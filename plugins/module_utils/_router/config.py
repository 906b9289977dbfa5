# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether a new configuration may take the place of the old one, and what is to be done for it.

The configuration carries a mark, its own hash, as HAProxy's ``description``. The running process tells it, so a
reload that never happened is noticed by the next run, whoever wrote the file.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from .._core.errors import InvalidInput, NotFound, Refused
from .._core.plan import Plan, Step
from .._core.text import listed
from .model import Key

PLACE = "@configuration@"
WRITE, RELOAD = "write", "reload"

_SECTION = re.compile(
    r"^\s*(global|defaults|frontend|backend|listen|peers|resolvers|userlist|cache|program|mailers|ring|fcgi-app|http-errors|log-forward)"
    r"(?:[ \t]+(\S+)|[ \t]*$)"
)
_SERVER = re.compile(r"^\s+server\s+(\S+)")


class TrafficLost(Refused):
    """The new configuration lacks a backend, or a server in rotation, that the old one has."""


@dataclass(frozen=True)
class Wanted:
    """The configuration, with its mark, and the backends that it may lose."""

    text: str
    mark: str
    forget: tuple[str, ...] = ()


@dataclass(frozen=True)
class Current:
    """The file as it is, the mark that runs, whether a master and a worker answer, backends, and servers in rotation."""

    text: str | None = None
    mark: str = ""
    running: bool = False
    answering: bool = False
    backends: tuple[str, ...] = ()
    in_rotation: tuple[Key, ...] = ()


def marked(text: str, forget: Iterable[str] = ()) -> Wanted:
    """The configuration with its hash in its place."""
    if text.count(PLACE) != 1:
        raise InvalidInput(
            f"the configuration needs one line `description {PLACE}` in its global section: by it a reload is proven"
        )
    mark = hashlib.sha256(text.encode()).hexdigest()[:12]
    return Wanted(text.replace(PLACE, mark), mark, tuple(forget))


def plan_config(wanted: Wanted, found: Current) -> Plan:
    """Write and reload as needed; raises ``TrafficLost`` if that would take traffic away."""
    old = set(backends(found.text or "")) | set(found.backends)
    strange = sorted(set(wanted.forget) - old - set(backends(wanted.text)))
    if strange and found.text is not None and wanted.text != found.text:
        raise NotFound(f"forget names {listed(strange)}, which the router does not have: it has {listed(sorted(old))}")
    _demand_all(wanted, found, old)
    steps = []
    if wanted.text != found.text:
        steps.append(Step(WRITE, "configuration", "absent" if found.text is None else found.mark or "unmarked", wanted.mark))
    if found.running and found.mark != wanted.mark:
        steps.append(Step(RELOAD, "haproxy", f"runs {found.mark or 'an unmarked configuration'}", f"runs {wanted.mark}"))
    return Plan(tuple(steps))


def backends(text: str) -> dict[str, set[str]]:
    """Names of the backends of a configuration, each with its servers."""
    known: dict[str, set[str]] = {}
    inside: set[str] | None = None
    for line in text.splitlines():
        section, server = _SECTION.match(line), _SERVER.match(line)
        if section:
            inside = known.setdefault(section[2], set()) if section[1] in ("backend", "listen") else None
        elif server and inside is not None:
            inside.add(server[1])
    return known


def _demand_all(wanted: Wanted, found: Current, old: set[str]) -> None:
    new = backends(wanted.text)
    lost = sorted(old - set(new) - set(wanted.forget))
    if lost:
        raise TrafficLost(
            f"the new configuration loses {listed(lost)}: if nobody needs {'it' if len(lost) == 1 else 'them'} any more, "
            "name the backends in `forget` (router_haproxy_forget)",
            backends=lost,
        )
    gone = [key for key in found.in_rotation if key.backend in new and key.server not in new[key.backend]]
    gone = [key for key in gone if key.backend not in wanted.forget]
    if gone:
        raise TrafficLost(
            f"the new configuration loses {listed(map(str, gone[:5]))}, which {'is' if len(gone) == 1 else 'are'} in rotation: "
            "take traffic away with haproxy_route first",
            servers=[str(key) for key in gone],
        )
