# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One SQL migration on its way up or down: in a transaction, or statement by statement where PostgreSQL demands that."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from .._core.errors import MainstayError
from .._core.plan import Step
from .index import clear_invalid, is_built
from .model import APPLIED, BROKEN, Blocked, Limits, Migration, Script, Statement, StatementFailed
from .patience import Patience
from .place import at_the_end, located
from .postgres import send, settle, suspects, transaction

with suppress(ImportError):
    import psycopg

if TYPE_CHECKING:
    from .history import History
    from .postgres import Connection


@dataclasses.dataclass(frozen=True)
class Runner:
    """Runs the steps of a plan over one connection, which has the turn."""

    connection: Connection
    history: History
    limits: Limits
    patience: Patience
    release: str

    def run(self, step: Step) -> None:
        """Do one step; raises ``StatementFailed`` naming file, line and statement, ``TimedOut`` for a lock never free."""
        migration: Migration = step.data
        script = migration.down if step.action == "revert" else migration.up
        if script is None:
            raise AssertionError(f"{migration.name} has no way {step.action}; a plan never asks for it")
        if script.transactional:
            self._attempt(script.file, lambda: self._whole(step, script))
        else:
            self._piecewise(step, script)

    def _whole(self, step: Step, script: Script) -> None:
        try:
            with transaction(self.connection, self._limits()):
                send(self.connection, script.text)
                self.remember(step)
        except StatementFailed as error:
            # pylint: disable-next=bad-exception-cause # pylint takes this exception for the one below
            raise located(script, error, "the file was rolled back and left nothing behind") from error
        except psycopg.Error as error:
            raise at_the_end(script.file, error) from error

    def at(self, connection: Connection) -> Runner:
        """The same runner over another connection, which an env.py of Alembic opened."""
        history = dataclasses.replace(self.history, connection=connection)
        return dataclasses.replace(self, connection=connection, history=history)

    def remember(self, step: Step) -> None:
        """Write the step into the history, in the transaction that is open."""
        if step.action == "revert":
            self.history.forget(step.data)
        else:
            self.history.applied(step.data, self.release)

    def _piecewise(self, step: Step, script: Script) -> None:
        settle(self.connection, self._limits())
        self.history.begun(step.data, self.release)
        try:
            for statement in script.statements:
                one = partial(self._one, script, statement, step.action == "resume")
                self._attempt(f"{script.file} line {statement.line}", one)
        except MainstayError:
            self._note(step.data, BROKEN)
            raise
        self._note(step.data, APPLIED)
        if step.action == "revert":
            self.history.forget(step.data)

    def _note(self, migration: Migration, state: str) -> None:
        """Write down how it came out; over a broken connection the row stays as it is, which says enough."""
        if not self.connection.broken:
            settle(self.connection, self._limits())
            self.history.ended(migration, state)

    def _one(self, script: Script, statement: Statement, resumes: bool) -> None:
        settle(self.connection, self._limits(statement))
        if statement.index:
            clear_invalid(self.connection, statement.index)
            if resumes and is_built(self.connection, statement.index):
                return
        try:
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

    def _limits(self, statement: Statement | None = None) -> Limits:
        """No statement outlasts the deadline; one that stalls nobody may wait and work until then."""
        left = max(1.0, self.patience.left)
        if statement and statement.is_concurrent:
            return dataclasses.replace(self.limits, lock=min(60.0, left), statement=left)
        return dataclasses.replace(self.limits, statement=min(self.limits.statement, left))

    def _attempt(self, what: str, action: Callable[[], None]) -> None:
        self.patience.attempt(what, action, lambda: suspects(self.connection))
