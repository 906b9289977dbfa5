# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Waits until replicas are healthy, and gives up at once when one of them ends.

A replica is asked by the same probes that judge a release. Where a probe breaks off, the Engine is asked whether the
container still is the one that was started: a crash needs no deadline to be believed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Event

from .._core.errors import MainstayError
from .._core.verdict import Verdict
from .._core.wait import Clock, Pace, wait_until
from .._health.check import check_all
from .._health.model import Answer, Endpoint, Policy, Result, Target
from .._health.probe import probe
from .._health.threads import at_once
from .last_words import Words, heard
from .masked import forms
from .model import Container, Engine, Replica, ReplicaCrashed, ReplicaNotHealthy
from .observed import replica_of
from .ready import has_crashed

Ask = Callable[[Endpoint], Answer]
JITTER_S = 0.02
ENDS_AGAIN = Pace(3.0, 0.02)


class Abandoned(MainstayError):
    """Another replica failed, so nobody waits for this one any more."""


@dataclass(frozen=True)
class Watched:
    """What became of a replica; ``healthy_after`` is seconds, None if it never was."""

    container: Container
    healthy_after: float | None = None
    failure: MainstayError | None = None


@dataclass(frozen=True)
class Watch:
    """How replicas are watched ``since`` they began: ``check`` is called before every probe and may stop it all."""

    engine: Engine
    check: Callable[[], None]
    since: float = field(default_factory=time.monotonic)
    clock: Clock | None = None
    ask: Ask = probe

    def all(self, containers: Sequence[Container], restarts: Mapping[str, int]) -> tuple[Watched, ...]:
        """Watches all of them at the same time until each is healthy, or one of them ended, or its deadline is over."""
        over = Event()
        return at_once(lambda container: self._one(container, restarts.get(container.name, 0), over), containers)

    def _one(self, container: Container, restarts: int, over: Event) -> Watched:
        try:
            self._until_healthy(container, restarts, over)
        except (ReplicaNotHealthy, Abandoned) as error:
            return Watched(container, failure=error)
        except MainstayError as error:
            over.set()
            return Watched(container, failure=error)
        return Watched(container, healthy_after=time.monotonic() - self.since)

    def _until_healthy(self, container: Container, restarts: int, over: Event) -> None:
        health = container.health
        policy = Policy(health.healthy, health.deadline, health.interval, JITTER_S)
        result = check_all([endpoint(container)], policy, self.clock, lambda one: self._ask(one, container, restarts, over))[0]
        if result.verdict is not Verdict.PASS:
            raise not_healthy(container, result, self._log(container))

    def _ask(self, asked: Endpoint, container: Container, restarts: int, over: Event) -> Answer:
        if over.is_set():
            raise Abandoned("another replica failed")
        self.check()
        answer = self.ask(asked)
        if answer.trouble:
            self._demand_alive(container, restarts)
        return answer

    def _demand_alive(self, container: Container, restarts: int) -> None:
        """The Engine forgets how a replica ended as soon as it has started it again; most likely it ends again soon."""

        def seen() -> Replica:
            return replica_of(self.engine.inspected(container.name))

        if has_crashed(seen(), restarts):
            ended, replica = wait_until(seen, lambda one: one.state != "running", ENDS_AGAIN, clock=self.clock)
            raise crashed(container, replica.exit_code if ended else None, replica.oom_killed, self._log(container))

    def _log(self, container: Container) -> Words:
        return heard(self.engine, container, container.secrets.values())


def endpoint(container: Container) -> Endpoint:
    """Where and how the replica is asked."""
    health = container.health
    return Endpoint(
        name=container.name,
        target=Target("http", container.address, container.port, health.path),
        status=health.status,
        json=health.json,
        version=health.version,
        timeout=health.timeout,
        secrets=forms(container.secrets.values()),
    )


def answering(containers: Sequence[Container], ask: Ask = probe) -> frozenset[str]:
    """Those that gave a right answer, asked once each."""
    if not containers:
        return frozenset()
    results = check_all([endpoint(container) for container in containers], Policy(1, 0, 0.01, 0), ask=ask)
    return frozenset(result.name for result in results if result.verdict is Verdict.PASS)


def not_healthy(container: Container, result: Result, words: Words) -> ReplicaNotHealthy:
    """The error for a replica that runs and is not well."""
    health = container.health
    answer = f"last answer {result.status} {result.excerpt[:200]!r}" if result.status else "it never answered"
    return ReplicaNotHealthy(
        f"replica {container.number} of {container.service}, {container.name}, did not give {health.healthy} right answers in "
        f"a row at {container.address}:{container.port}{health.path} within {health.deadline:g} s: "
        f"{result.error or 'too few answers'}; {answer}. {words.sentence}",
        last_words=[words.row],
    )


def crashed(container: Container, exit_code: int | None, oom_killed: bool, words: Words) -> ReplicaCrashed:
    """The error for a replica that ended; without a code it runs again."""
    how = "and was started again" if exit_code is None else f"with exit code {exit_code}"
    why = f", for it needed more than its memory of {container.body['HostConfig']['Memory']} bytes" if oom_killed else ""
    return ReplicaCrashed(
        f"replica {container.number} of {container.service}, {container.name}, ended {how}{why} while its "
        f"health at port {container.port} was waited for. {words.sentence}",
        last_words=[words.row],
    )
