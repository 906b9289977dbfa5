# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Waiting until replicas are healthy, or one has ended."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .._core.text import without
from .._core.wait import Clock, Pace, wait_until
from .._health.model import Answer, Endpoint, Target, Trial
from .._health.ready import is_healthy
from .._health.threads import at_once
from .._health.verdict import tried
from .model import Health, ReplicaCrashed, ReplicaNotHealthy, Service

Ask = Callable[[Endpoint], Answer]


@dataclass(frozen=True)
class Watched:
    """A replica that is to become healthy; ``ended`` tells why it runs no more, "" while it does, and ``log`` its last lines."""

    name: str
    port: int
    version: str
    health: Health
    ended: Callable[[], str]
    log: Callable[[], str]

    @property
    def endpoint(self) -> Endpoint:
        target = Target("http", "127.0.0.1", self.port, self.health.path)
        return Endpoint(
            self.name, target, self.health.status, self.health.json, version=self.version, timeout=self.health.timeout
        )


@dataclass(frozen=True)
class Seen:
    """What became of one replica: its answers, and why it ended if it did."""

    watched: Watched
    trail: tuple[Trial, ...]
    ended: str = ""

    @property
    def is_healthy(self) -> bool:
        return not self.ended and is_healthy(self.trail, self.watched.health.healthy)


def watch(replicas: Sequence[Watched], secrets: Sequence[str], ask: Ask, clock: Clock | None = None) -> None:
    """Return when all are healthy; raises ``ReplicaCrashed`` at once, ``ReplicaNotHealthy`` when the time is over."""
    seen = at_once(lambda one: _one(one, ask, clock), replicas)
    bad = [one for one in seen if not one.is_healthy]
    if not bad:
        return
    told = without("; ".join(_complaint(one) for one in bad), secrets)
    crashed = any(one.ended for one in bad)
    raise ReplicaCrashed(told) if crashed else ReplicaNotHealthy(told)


def _one(watched: Watched, ask: Ask, clock: Clock | None) -> Seen:
    trail: list[Trial] = []

    def look() -> Seen:
        trail.append(tried(watched.endpoint, ask(watched.endpoint)))
        return Seen(watched, tuple(trail), watched.ended() if trail[-1].trouble else "")

    pace = Pace(watched.health.deadline, watched.health.interval)
    _, seen = wait_until(look, lambda seen: seen.is_healthy or bool(seen.ended), pace, clock=clock)
    return seen


def _complaint(seen: Seen) -> str:
    last = seen.trail[-1]
    answer = f"last answer {last.status} {last.excerpt[:200]}" if last.status else "it never answered"
    why = seen.ended or f"{last.trouble.text if last.trouble else 'too few good answers'} for {seen.watched.health.deadline:g} s"
    return f"{seen.watched.name} on port {seen.watched.port}: {why} ({answer}); its last log lines: {_tail(seen.watched.log())}"


def _tail(log: str) -> str:
    lines = "".join(sign if sign.isprintable() or sign == "\n" else "?" for sign in log).strip().splitlines()
    return " | ".join(line[:300] for line in lines[-8:]) or "none"


def grace(services: Sequence[Service], name: str) -> float:
    """The stop timeout of a service, in seconds."""
    return next((service.stop_timeout for service in services if service.name == name), 10.0)
