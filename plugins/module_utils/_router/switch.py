# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Moving traffic so that no request fails and no service is ever without servers.

1. Servers that enter go from maintenance to `drain`: HAProxy checks them there, and sends them nothing.
2. When a check has seen each of them up, one write makes them `ready` and those that leave `drain`.
3. What HAProxy says then is compared with what was written, and saved for reloads and restarts.
4. When those that leave have no sessions, they go to maintenance, which is compared and saved too.

A run that dies on the way leaves servers in `drain`; the next run plans from there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from .._core.errors import Failed, FencedOff, MainstayError
from .._core.plan import Plan
from .._core.text import listed
from .._core.wait import Clock, Pace, wait_until
from .drain import Drained, drain
from .model import DRAIN, Change, Key, Mark, Route, Server, ServerNotUp, mark
from .plan import ADMIT, RETIRE, WEIGH
from .ready import are_proven_up, can_be_proven, is_in_rotation, is_proven_up
from .router import Router

LOOK_EVERY = 0.05


@dataclass(frozen=True)
class Outcome:
    """How long the write took, and how the old servers drained."""

    switched_ms: float
    drained: Drained


@dataclass(frozen=True)
class Switch:
    """A planned switch; ``guard`` raises when this run may no longer write."""

    router: Router
    wanted: Route
    plan: Plan
    guard: Callable[[], None]
    clock: Clock

    def changes(self, *actions: str) -> list[Change]:
        return [step.data for step in self.plan.steps if step.action in actions]

    def perform(self) -> Outcome:
        """Do all steps of the plan."""
        self.guard()
        self._prepare()
        self.guard()
        switched_ms = self._move()
        drained = drain(self.router, self.changes(RETIRE), self.clock)
        self.guard()
        self._put([(change.server.key, change.after) for change in self.changes(RETIRE)])
        return Outcome(switched_ms, drained)

    def _prepare(self) -> None:
        try:
            self._prove()
        except FencedOff:
            raise
        except MainstayError:
            self.router.put([(change.server.key, mark(change.server)) for change in self.changes(ADMIT)])
            raise

    def _prove(self) -> None:
        entering = self.changes(ADMIT)
        if entering:
            self.router.put([(change.server.key, Mark(DRAIN, change.after.weight)) for change in entering])
        keys = {change.server.key for change in entering}
        pace = Pace(self.wanted.up_timeout, LOOK_EVERY)
        _done, seen = wait_until(self.router.servers, lambda servers: _settled(_only(keys, servers)), pace, clock=self.clock)
        down = [server for server in _only(keys, seen) if not is_proven_up(server)]
        if down:
            raise ServerNotUp(_not_up(down, self.wanted.up_timeout), servers=[str(server.key) for server in down])
        self._demand_life(seen, keys)

    def _demand_life(self, seen: Iterable[Server], entering: set[Key]) -> None:
        """Nobody leaves a service whose remaining servers are all down."""
        leaving = {change.server.key for change in self.changes(RETIRE)}
        staying = {s.key.backend for s in seen if s.key in entering or (s.key not in leaving and is_in_rotation(s) and s.running)}
        for change in self.changes(RETIRE):
            if change.service.routed and is_in_rotation(change.server) and change.server.key.backend not in staying:
                raise ServerNotUp(
                    f"{change.service.name}: all servers that would stay in {change.service.backend} are down, so "
                    f"{change.server.key.server} was not taken out; bring the others up first"
                )

    def _move(self) -> float:
        entering = [(change.server.key, change.after) for change in self.changes(ADMIT, WEIGH)]
        leaving = [(change.server.key, Mark(DRAIN, change.server.weight)) for change in self.changes(RETIRE)]
        began = self.clock.now()
        took = self._put([*entering, *leaving])
        return (took - began) * 1000

    def _put(self, marks: list[tuple[Key, Mark]]) -> float:
        """Write, read back, compare, save; returns when the write was done."""
        self.router.put(marks)
        written = self.clock.now()
        _compare(marks, self.router.servers())
        self.router.save()
        return written


def _compare(wanted: Iterable[tuple[Key, Mark]], servers: Iterable[Server]) -> None:
    now = {server.key: mark(server) for server in servers}
    wrong = [f"{key} is {now.get(key, 'gone')} instead of {after}" for key, after in wanted if now.get(key) != after]
    if wrong:
        raise Failed(f"HAProxy did not keep what was written: {listed(wrong[:5])}; somebody else may be writing, run again")


def _only(keys: set[Key], servers: Iterable[Server]) -> list[Server]:
    return [server for server in servers if server.key in keys]


def _settled(servers: Iterable[Server]) -> bool:
    """There is nothing to wait for any more: all are up, or one can never be seen up."""
    known = list(servers)
    return are_proven_up(known) or not all(map(can_be_proven, known))


def _not_up(down: list[Server], timeout: float) -> str:
    blind = [server.key.server for server in down if not can_be_proven(server)]
    if blind:
        return f"HAProxy cannot see whether {listed(blind)} is up: its server line needs `check` and `fall 2` or more"
    return (
        f"HAProxy did not see {listed(_views(down))} up within {timeout:g} s; no traffic was moved and everything was put back: "
        "look at the replica's log, its health path and the way from the router to it"
    )


def _views(down: list[Server]) -> Iterator[str]:
    for server in down[:5]:
        full = server.rise + server.fall - 1
        yield f"{server.key} ({server.check_status or 'not checked yet'}, health {server.health} of {full})"
