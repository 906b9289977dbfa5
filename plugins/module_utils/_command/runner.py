# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Starts the command, or joins one that runs, and stays with it to its end."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from .._core.errors import MainstayError, NotFound
from .._core.plan import Plan
from .._core.wait import Clock, Pace, wait_until
from .._replicas.body import with_secrets
from .._replicas.masked import last_lines
from .._replicas.model import LABEL, Engine, Scope
from .._replicas.observed import moment
from .model import Command, CommandFailed, CommandTimedOut, Ended, Found, Running
from .plan import ATTACH, PULL, REMOVE
from .ready import is_over

INTERVAL_S = 0.1


def survey(engine: Engine, wanted: Command) -> Found:
    """What an earlier run left, and whether the image is here."""
    return Found(running(engine, wanted.scope, wanted.name), engine.has_image(wanted.image))


def running(engine: Engine, scope: Scope, name: str) -> Running | None:
    """The container of this name, None if there is none."""
    try:
        inspected = engine.inspected(name)
    except NotFound:
        return None
    labels, state = inspected["Config"]["Labels"] or {}, inspected["State"]
    return Running(
        id=inspected["Id"],
        state=state["Status"],
        release=labels.get(f"{LABEL}release", ""),
        config=labels.get(f"{LABEL}config", ""),
        started_at=moment(state["StartedAt"]),
        exit_code=state["ExitCode"],
        oom_killed=bool(state.get("OOMKilled")),
        is_ours=scope.labels.items() <= labels.items() and f"{LABEL}command" in labels,
    )


@dataclass(frozen=True)
class Runner:
    """Stays with the command. ``check`` is called before each step and raises when this run may write no more."""

    engine: Engine
    check: Callable[[], None]
    credentials: Mapping[str, str] = field(default_factory=dict, repr=False)
    clock: Clock | None = None

    def perform(self, wanted: Command, plan: Plan) -> Ended:
        """Every step of the plan; raises ``CommandFailed`` and ``CommandTimedOut`` with the last lines."""
        for step in plan.steps:
            self.check()
            if step.action == PULL:
                self.engine.pull(step.subject, self.credentials)
            if step.action == REMOVE:
                self.engine.remove(step.data)
        is_attached = plan.steps[-1].action == ATTACH
        if not is_attached:
            self._start(wanted)
        return self._finish(wanted, is_attached)

    def _start(self, wanted: Command) -> None:
        created = self.engine.create(wanted.name, with_secrets(wanted.body, wanted.secrets))
        try:
            self.check()
            self.engine.start(created)
        except MainstayError:
            self.engine.remove(created)
            raise

    def _finish(self, wanted: Command, is_attached: bool) -> Ended:
        """A run that lost the lock leaves the container to the one that has it, which will join it."""
        began = self._look(wanted).started_at
        pace = Pace(max(0.0, wanted.timeout - (time.time() - began)), INTERVAL_S)
        done, seen = wait_until(lambda: self._look(wanted), is_over, pace, clock=self.clock)
        if not done:
            self.engine.stop(seen.id, int(wanted.body["StopTimeout"]))
        output = last_lines(self.engine.logs(seen.id, wanted.lines), wanted.secrets.values(), wanted.lines)
        self.engine.remove(seen.id)
        if not done:
            raise timed_out(wanted, output)
        return demand(wanted, Ended(seen.exit_code, output, time.time() - began, is_attached, seen.oom_killed))

    def _look(self, wanted: Command) -> Running:
        self.check()
        found = running(self.engine, wanted.scope, wanted.name)
        if found is None:
            raise CommandFailed(f"the container {wanted.name} was removed while its command ran: look who did that")
        return found


def demand(wanted: Command, ended: Ended) -> Ended:
    """Return it if it ended well."""
    if ended.exit_code == 0:
        return ended
    why = ", for it needed more than its memory" if ended.oom_killed else ""
    raise CommandFailed(
        f"{wanted.text}, run as {wanted.name} for release {wanted.release}, ended with exit code {ended.exit_code}{why}. "
        f"{_wrote(ended.output)}",
        exit_code=ended.exit_code,
        output=list(ended.output),
    )


def timed_out(wanted: Command, output: tuple[str, ...]) -> CommandTimedOut:
    """The error for a command that was stopped."""
    return CommandTimedOut(
        f"{wanted.text}, run as {wanted.name} for release {wanted.release}, did not end within {wanted.timeout:g} s and was "
        f"stopped: look at what it waits for, or raise timeout. {_wrote(output)}",
        output=list(output),
    )


def _wrote(output: tuple[str, ...]) -> str:
    return "Its last lines:\n" + "\n".join(output[-20:]) if output else "It wrote nothing."
