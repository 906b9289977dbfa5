# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a migration may take of the server, who ends what takes more: the server itself, and how that is told.

A transaction is sent statement by statement, and the server is told before each how much of the whole is left. So it holds
for every version of PostgreSQL, although transaction_timeout came with 17 only, and also when the client is gone.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from .._postgres.model import Limits, StatementFailed
from .model import Script

STATEMENT, TRANSACTION, DEADLINE = "statement_timeout", "transaction_timeout", "deadline"
CANCELLED, NO_DISK = "57014", "53400"
NEARLY = 0.9
"""Of the time after which the server ends a statement; who took less was ended by somebody else."""


class OverBudget(StatementFailed):
    """The server ended a statement that took more than it may."""


@dataclass(frozen=True)
class Term:
    """Which limit a statement meets first, how many seconds are left of it now, and how many it has in all."""

    name: str
    left: float
    whole: float


def allowed(limits: Limits, script: Script) -> Limits:
    """The limits, less or more where the file says so with a reason."""
    budget = script.budget
    return replace(limits, statement=budget.statement or limits.statement, transaction=budget.transaction or limits.transaction)


def term(limits: Limits, spent: float, left: float) -> Term:
    """Of a statement that begins ``spent`` seconds after its transaction did, ``left`` seconds before the deadline."""
    terms = (
        Term(STATEMENT, limits.statement, limits.statement),
        Term(TRANSACTION, limits.transaction - spent, limits.transaction),
        Term(DEADLINE, max(1.0, left), limits.deadline),
    )
    return min(terms, key=lambda one: one.left)


@contextmanager
def watched(met: Term, limits: Limits) -> Iterator[None]:
    """Tell a statement that the server ended for what it took from one that failed."""
    began = time.monotonic()
    try:
        yield
    except StatementFailed as error:
        told = _told(error, met, limits, time.monotonic() - began)
        if told is error:
            raise
        raise told from error


def _told(error: StatementFailed, met: Term, limits: Limits, took: float) -> StatementFailed:
    state = error.details.get("sqlstate")
    if state == CANCELLED and took >= NEARLY * met.left:
        words = f"the server ended it after {took:.1f} s; {_granted(met)}"
        return OverBudget(f"{words}. {_ADVICE}", **error.details, took_s=round(took, 1), allowed_s=met.whole, limit=met.name)
    if state == NO_DISK and limits.temp:
        words = f"the server ended it after {took:.1f} s, for temporary files beyond {limits.temp} (temp_file_limit)"
        return OverBudget(
            f"{words}. {_ADVICE}", **error.details, took_s=round(took, 1), allowed=limits.temp, limit="temp_file_limit"
        )
    return error


_ADVICE = (
    "Write less at a time, as by -- mainstay: backfill, or where it is meant, say -- mainstay: budget statement 5m, "
    "transaction 10m because REASON"
)


def _granted(met: Term) -> str:
    if met.name == STATEMENT:
        return f"a statement may take {met.whole:g} s (statement_timeout)"
    if met.name == TRANSACTION:
        return (
            f"it had {max(met.left, 0):.1f} s left of the {met.whole:g} s that a whole migration may take (transaction_timeout)"
        )
    return f"everything may take {met.whole:g} s (deadline)"


def spent_all(met: Term) -> OverBudget:
    """The statements before left nothing for this one."""
    words = (
        f"it was not begun, for the ones before it took the {met.whole:g} s that a whole migration may take (transaction_timeout)"
    )
    return OverBudget(f"{words}. {_ADVICE}", allowed_s=met.whole, limit=met.name)
