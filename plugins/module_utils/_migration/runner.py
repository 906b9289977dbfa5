# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One SQL migration on its way up or down: in a transaction, or statement by statement where PostgreSQL demands that."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from .._core.errors import MainstayError
from .._core.plan import Step
from .._postgres.model import Blocked, Limits, StatementFailed
from .._postgres.postgres import send, settle, suspects, transaction
from .backfill import Batches
from .batches_done import Ledger, Progress
from .budget import STATEMENT, Term, allowed, spent_all, term, watched
from .identity import demand
from .index import clear_invalid, is_built
from .model import APPLIED, BROKEN, REVERTING, Migration, Script, Server, Statement
from .patience import Patience
from .place import at_the_end, located
from .refused import WrongServer

with suppress(ImportError):
    import psycopg

if TYPE_CHECKING:
    from .._postgres.postgres import Connection
    from .history import History


@dataclasses.dataclass(frozen=True)
class Runner:
    """Runs the steps of a plan over one connection, which has the turn."""

    connection: Connection
    history: History
    limits: Limits
    patience: Patience
    release: str
    server: Server
    max_lag: float = 5.0
    backfilled: dict[str, Progress] = dataclasses.field(default_factory=dict)

    def run(self, step: Step) -> None:
        """Do one step; raises ``StatementFailed`` naming file, line and statement, ``TimedOut`` for a lock never free."""
        migration: Migration = step.data
        script = migration.down if step.action == "revert" else migration.up
        if script is None:
            raise AssertionError(f"{migration.name} has no way {step.action}; a plan never asks for it")
        if script.backfill:
            self._backfill(step, script)
        elif script.transactional:
            self._attempt(script.file, lambda: self._whole(step, script))
        else:
            self._piecewise(step, script)

    def _whole(self, step: Step, script: Script) -> None:
        try:
            limits, began = allowed(self.limits, script), time.monotonic()
            settle(self.connection, self._limits(limits))
            self.verify()  # before BEGIN: a query would take from the file the right to SET TRANSACTION first
            with transaction(self.connection, self._limits(limits)):
                for statement in script.statements:
                    self._within(script, statement, limits, time.monotonic() - began)
                self.remember(step)
        except psycopg.Error as error:
            raise at_the_end(script.file, error) from error

    def _within(self, script: Script, statement: Statement, limits: Limits, spent: float) -> None:
        """One statement of a transaction, for no longer than is left of the whole."""
        met = term(limits, spent, self.patience.left)
        try:
            if met.left <= 0:
                raise spent_all(met)
            if met.name != STATEMENT:
                self.connection.execute(f"SET LOCAL statement_timeout = '{max(1.0, met.left * 1000):.0f}ms'".encode())
            with watched(met, limits):
                send(self.connection, statement.text)
        except StatementFailed as error:
            raise located(script, error, "the file was rolled back and left nothing behind", statement) from error

    def verify(self) -> None:
        """Raises ``WrongServer`` if this session is not with the server that the plan was made for."""
        demand(self.connection, self.server)

    def at(self, connection: Connection) -> Runner:
        """The same runner over another connection, which an env.py of Alembic opened."""
        history = dataclasses.replace(self.history, connection=connection)
        return dataclasses.replace(self, connection=connection, history=history)

    def take_over(self, steps: Sequence[Step]) -> None:
        """Write down all of them as applied, or none."""
        with transaction(self.connection, self._limits()):
            self.verify()
            self.note_baseline(steps)

    def note_baseline(self, steps: Sequence[Step]) -> None:
        """The same in the transaction that is open."""
        for step in steps:
            self.history.taken_over(step.data, self.release)

    def remember(self, step: Step) -> None:
        """Write the step into the history, in the transaction that is open."""
        self.verify()
        if step.action == "revert":
            self.history.forget(step.data.version)
        else:
            self.history.applied(step.data, self.release)

    def _piecewise(self, step: Step, script: Script) -> None:
        settle(self.connection, self._limits())
        self.verify()
        self.history.begun(step.data, self.release, REVERTING if step.action == "revert" else "")
        try:
            for statement in script.statements:
                one = partial(self._one, script, statement, step.action == "resume")
                self._attempt(f"{script.file} line {statement.line}", one)
        except MainstayError as error:
            self._note_broken(step.data, error)
            raise
        if step.action == "revert":
            settle(self.connection, self._limits())
            self.history.forget(step.data.version)
        else:
            self._note(step.data, APPLIED)

    def _backfill(self, step: Step, script: Script) -> None:
        settle(self.connection, self._limits())
        self.verify()
        ledger = Ledger(self.connection, self.history.schema, step.data.version)
        if step.action != "resume":
            ledger.begin_anew()  # before the history says that it began: one that is killed here is begun anew
        self.history.begun(step.data, self.release)
        try:
            done = Batches(ledger, script, allowed(self.limits, script), self.patience, self.max_lag, self.verify).run()
        except MainstayError as error:
            self._note_broken(step.data, error)
            raise
        self.backfilled[step.data.title] = done
        self._note(step.data, APPLIED)
        ledger.forget()

    def _note_broken(self, migration: Migration, error: MainstayError) -> None:
        """A server that is not the one that was meant gets nothing more."""
        if not isinstance(error, WrongServer):
            self._note(migration, BROKEN)

    def _note(self, migration: Migration, state: str) -> None:
        """Write down how it came out; over a broken connection the row stays as it is, which says enough."""
        if not self.connection.broken:
            settle(self.connection, self._limits())
            self.history.ended(migration, state)

    def _one(self, script: Script, statement: Statement, resumes: bool) -> None:
        limits = self._limits(allowed(self.limits, script), statement)
        settle(self.connection, limits)
        self.verify()
        if statement.index:
            clear_invalid(self.connection, statement.index)
            if resumes and is_built(self.connection, statement.index):
                return
        try:
            with watched(Term(STATEMENT, limits.statement, limits.statement), limits):
                send(self.connection, statement.text)
        except (StatementFailed, Blocked) as error:
            self._tidy(statement)
            if isinstance(error, Blocked):
                raise
            raise located(script, error, "what the statements before it did is still there", statement) from error

    def _tidy(self, statement: Statement) -> None:
        """Drop the invalid index that a failed build leaves; one that cannot be dropped now is found by the next attempt."""
        if statement.index:
            with suppress(Blocked, StatementFailed):
                clear_invalid(self.connection, statement.index)

    def _limits(self, limits: Limits | None = None, statement: Statement | None = None) -> Limits:
        """No statement outlasts the deadline; one that stalls nobody may wait and work until then."""
        left, limits = max(1.0, self.patience.left), limits or self.limits
        if statement and statement.is_concurrent:
            return dataclasses.replace(limits, lock=min(60.0, left), statement=left)
        return dataclasses.replace(limits, statement=min(limits.statement, left))

    def _attempt(self, what: str, action: Callable[[], None]) -> None:
        self.patience.attempt(what, action, lambda: suspects(self.connection))
