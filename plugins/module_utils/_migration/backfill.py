# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Writing many rows without anybody noticing: batch by batch, each in a transaction of its own, and never faster than replicas.

A batch and the note of how far it got are one transaction. So whoever is killed leaves whole batches, and the next run goes on
behind them. After each batch the database rests for as long as the batch took.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from .._core.errors import TimedOut
from .._core.wait import Pace, wait_until
from .._postgres.model import Limits, StatementFailed
from .._postgres.postgres import send_with, suspects, transaction
from .batches_done import Ledger, Progress, lag
from .budget import term, watched
from .model import Backfill, Script
from .patience import Patience
from .place import located


@dataclass(frozen=True)
class Batches:
    """One backfill over a session that has the turn; ``verify`` raises if it is not with the server that was meant."""

    ledger: Ledger
    script: Script
    limits: Limits
    patience: Patience
    max_lag: float
    verify: Callable[[], None]

    @property
    def backfill(self) -> Backfill:
        if self.script.backfill is None:
            raise AssertionError(f"{self.script.file} is no backfill; its runner asks first")
        return self.script.backfill

    def run(self) -> Progress:
        """Until no row is left; raises ``TimedOut`` at the deadline, with all that was done kept for the next run."""
        progress = self.ledger.prepare()
        while (last := self.ledger.upper(self.backfill, progress)) is not None:
            self._refuse_late(progress)
            began = time.monotonic()
            progress = self.patience.attempt(self.script.file, partial(self._batch, progress, last), self._suspects)
            self._rest(time.monotonic() - began, progress)
        return progress

    def _batch(self, progress: Progress, last: int) -> Progress:
        statement = self.script.statements[0]
        limits = self._limits()
        met = term(limits, 0, self.patience.left)
        try:
            with transaction(self.ledger.connection, limits), watched(met, limits):
                self.verify()
                touched = send_with(self.ledger.connection, statement.text, (progress.up_to, last))
                done = Progress(last, progress.touched + touched, progress.batches + 1)
                self.ledger.write(done)
        except StatementFailed as error:
            left = f"{progress.batches} batches before it stay, and the next run goes on behind them"
            raise located(self.script, error, left, statement) from error
        return done

    def _rest(self, took: float, progress: Progress) -> None:
        """As long as the batch took, at least the pause, and until the replicas have it."""
        time.sleep(min(max(took, self.backfill.pause), self.patience.left))
        near, behind = wait_until(lambda: lag(self.ledger.connection), lambda s: s <= self.max_lag, Pace(self.patience.left))
        if not near:
            raise TimedOut(
                f"{self._told(progress)}; a replica is {behind:.0f} s behind, and at most {self.max_lag:g} s are allowed"
            )

    def _refuse_late(self, progress: Progress) -> None:
        if not self.patience.left:
            raise TimedOut(f"{self._told(progress)}, and the time for migrating is over: run again, it goes on where it was")

    def _told(self, progress: Progress) -> str:
        done = f"{progress.touched} rows in {progress.batches} batches are done"
        return f"{self.script.file}: {done}, up to {self.backfill.key} {progress.up_to}"

    def _limits(self) -> Limits:
        return replace(self.limits, statement=min(self.limits.statement, self.limits.transaction, max(1.0, self.patience.left)))

    def _suspects(self) -> str:
        return suspects(self.ledger.connection)
