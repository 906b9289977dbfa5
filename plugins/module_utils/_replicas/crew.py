# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Applies a plan to the containers of this host, one kind of step after the other, all of a kind at the same time."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar

from .._core.errors import MainstayError, NotFound
from .._core.plan import Plan, Step
from .._core.wait import Pace, wait_until
from .._health.threads import at_once
from . import plan as steps
from .body import with_secrets
from .model import KEEP, STAY_DOWN, Container, Engine, Found, PortTaken, Replica, ReplicaEnding
from .observed import holders_of, replica_of
from .ready import is_alterable, is_up, was_killed
from .watch import Watch, Watched

T = TypeVar("T")
ENDING = Pace(5.0, 0.1)
"""How long a container may take to end, once it does."""


@dataclass(frozen=True)
class Outcome:
    """What became of the replicas; names of those that SIGTERM did not end, and of those that were watched."""

    forced: frozenset[str] = frozenset()
    watched: tuple[Watched, ...] = ()

    @property
    def failure(self) -> MainstayError | None:
        """The first failure that explains the others: a crash before what was given up because of it."""
        failures = [one.failure for one in self.watched if one.failure]
        return min(failures, key=lambda error: type(error).__name__ == "Abandoned", default=None)

    @property
    def last_words(self) -> list[Mapping[str, Any]]:
        """What each replica that failed wrote last."""
        return [words for one in self.watched if one.failure for words in one.failure.details.get("last_words", ())]


@dataclass(frozen=True)
class Crew:
    """Does the steps of a plan. ``check`` is called before each, and raises when this run may write no more."""

    engine: Engine
    check: Callable[[], None]
    credentials: Mapping[str, str] = field(default_factory=dict, repr=False)
    timeouts: Mapping[str, int] = field(default_factory=dict)

    def perform(self, plan: Plan, found: Found) -> Outcome:
        """Everything that the plan says, in its order."""
        self._each(plan, steps.PULL, self._pull)
        forced = self._end(plan)
        since = time.monotonic()
        self._each(plan, steps.CREATE, self._create)
        self._each(plan, steps.START, self._restart)
        self._each(plan, steps.REARM, lambda step: self.engine.rearm(step.subject, KEEP))
        return Outcome(forced, self._watch(plan, found, since))

    def _end(self, plan: Plan) -> frozenset[str]:
        """Forbids every restart before it stops anything, so that whatever happens in between leaves nothing half done."""
        ending = (steps.RETIRE, steps.REMOVE)
        self._each(plan, ending, self._disarm)
        forced = self._each(plan, ending, self._stop)
        self._each(plan, steps.REMOVE, lambda step: self.engine.remove(step.data.id))
        return frozenset(name for name in forced if name)

    def _pull(self, step: Step) -> None:
        self.engine.pull(step.subject, self.credentials)

    def _disarm(self, step: Step) -> None:
        if is_alterable(step.data):
            with suppress(NotFound):  # gone by itself is as good
                is_forbidden, _seen = wait_until(lambda: self._has_forbidden(step.data.id), bool, ENDING)
                if not is_forbidden:
                    self.engine.rearm(step.data.id, STAY_DOWN)

    def _has_forbidden(self, container: str) -> bool:
        """False while a container that crashes again and again ends at just that moment."""
        try:
            self.engine.rearm(container, STAY_DOWN)
        except ReplicaEnding:
            return False
        return True

    def _stop(self, step: Step) -> str:
        """The replica's name if it had to be killed."""
        replica: Replica = step.data
        if not is_up(replica):
            return ""
        with suppress(NotFound):
            self.engine.stop(replica.id, self.timeouts.get(replica.service, replica.stop_timeout))
            return replica.name if was_killed(replica_of(self.engine.inspected(replica.id))) else ""
        return ""

    def _create(self, step: Step) -> None:
        container: Container = step.data
        self.engine.create(container.name, with_secrets(container.body, container.secrets))
        self.check()
        self._start(container)

    def _restart(self, step: Step) -> None:
        container: Container = step.data
        self.engine.rearm(container.name, KEEP)
        self._start(container)

    def _start(self, container: Container) -> None:
        try:
            self.engine.start(container.name)
        except PortTaken:
            holders = {one.port: one for one in holders_of(self.engine.listed())}
            if container.port not in holders:
                raise
            raise steps.port_taken(container, holders[container.port]) from None

    def _watch(self, plan: Plan, found: Found, since: float) -> tuple[Watched, ...]:
        anew = [step.data for step in plan.steps if step.action in (steps.CREATE, steps.START)]
        awaited = [*anew, *(step.data for step in plan.steps if step.action == steps.AWAIT)]
        restarts = {replica.name: replica.restarts for replica in found.replicas} | {one.name: 0 for one in anew}
        return Watch(self.engine, self.check, since).all(awaited, restarts)

    def _each(self, plan: Plan, actions: str | Sequence[str], work: Callable[[Step], T]) -> tuple[T, ...]:
        """The work for every step of these kinds at the same time. All are tried; then the first error is raised."""
        chosen = [step for step in plan.steps if step.action in ((actions,) if isinstance(actions, str) else actions)]
        outcomes = at_once(lambda step: self._attempt(work, step), chosen)
        for outcome in outcomes:
            if isinstance(outcome, MainstayError):
                raise outcome
        return tuple(outcome for outcome in outcomes if not isinstance(outcome, MainstayError))

    def _attempt(self, work: Callable[[Step], T], step: Step) -> T | MainstayError:
        try:
            self.check()
            return work(step)
        except MainstayError as error:
            return error
