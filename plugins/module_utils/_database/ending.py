# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Ending sessions. Each signal is sent by the statement that looks whether the session is still the one that was planned for.

A pid may be another session a moment later, and a session may be at something else: it is hit only if it began when it
began then, and has been in its state, or its transaction, since the same moment.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .._core.plan import Step
from .._core.wait import Pace, wait_until
from .model import Match, RightMissing, SessionsRemain
from .plan import BOTH, TERMINATE

with suppress(ImportError):
    import psycopg

if TYPE_CHECKING:
    from .._postgres.postgres import Connection

SAME = b"""
FROM pg_stat_activity WHERE pid = %s AND backend_start = %s AND backend_type = 'client backend' AND state = %s
AND CASE WHEN %s THEN xact_start = %s ELSE state_change = %s END
"""
CANCEL_IT = b"SELECT pg_cancel_backend(pid)" + SAME
TERMINATE_IT = b"SELECT pg_terminate_backend(pid)" + SAME
IS_THERE = b"SELECT true" + SAME
SIGNALS = b"""
SELECT DISTINCT current_user, u FROM unnest(%s::text[]) u
WHERE NOT pg_has_role(current_user, 'pg_signal_backend', 'USAGE') AND NOT pg_has_role(current_user, u, 'USAGE') ORDER BY u
"""


@dataclass
class Tally:
    """What became of the sessions, by their pids. ``missed`` are those that had let go by themselves."""

    cancelled: list[int] = field(default_factory=list)
    terminated: list[int] = field(default_factory=list)
    missed: list[int] = field(default_factory=list)

    def as_dict(self) -> dict[str, list[int]]:
        return {"cancelled": self.cancelled, "terminated": self.terminated, "missed": self.missed}


def demand_signal(connection: Connection, users: Sequence[str]) -> None:
    """Raise ``RightMissing`` if our role may not end the sessions of these roles."""
    row = connection.execute(SIGNALS, [list(users)]).fetchone()
    if row:
        raise RightMissing(
            f"the role {row[0]} may not end sessions of {row[1]}, so none was ended. "
            f'Let a superuser run: GRANT pg_signal_backend TO "{row[0]}"',
            right="pg_signal_backend",
        )


def end(connection: Connection, steps: Sequence[Step], grace: float, before_each: Callable[[], None]) -> Tally:
    """Cancel or terminate as planned; after ``grace`` seconds terminate what may be and did not let go."""
    done = Tally()
    for step in steps:
        before_each()
        is_final = step.action == TERMINATE
        _signal(
            connection, step.data, TERMINATE_IT if is_final else CANCEL_IT, done.terminated if is_final else done.cancelled, done
        )
    stubborn = _waited(connection, steps, grace)
    last = [step for step in stubborn if step.action == BOTH]
    for step in last:
        before_each()
        _signal(connection, step.data, TERMINATE_IT, done.terminated, done)
    remaining = [step for step in stubborn if step.action != BOTH] + (_waited(connection, last, grace) if last else [])
    if remaining:
        raise _remain(remaining, grace, done)
    return done


def _signal(connection: Connection, match: Match, query: bytes, sent: list[int], done: Tally) -> None:
    try:
        row = connection.execute(query, _identity(match)).fetchone()
    except psycopg.errors.InsufficientPrivilege as error:
        raise RightMissing(
            f"the server does not let us end {match.session.told}: grant our role pg_signal_backend", **done.as_dict()
        ) from error
    (sent if row and row[0] else done.missed).append(match.session.pid)


def _waited(connection: Connection, steps: Sequence[Step], grace: float) -> list[Step]:
    """Those that are still there, doing the same, when the time is over."""

    def still_there() -> list[Step]:
        return [step for step in steps if connection.execute(IS_THERE, _identity(step.data)).fetchone()]

    _done, remaining = wait_until(still_there, lambda some: not some, Pace(grace, 0.1))
    return remaining


def _identity(match: Match) -> list[object]:
    session = match.session
    by_transaction = match.rule.blocking > 0
    return [session.pid, session.started, session.state, by_transaction, session.transaction_since, session.state_since]


def _remain(steps: Sequence[Step], grace: float, done: Tally) -> SessionsRemain:
    first: Match = steps[0].data
    return SessionsRemain(
        f"{len(steps)} sessions are still there {grace:g} s after they were told to end, such as {first.session.told}. "
        "What only was cancelled may be terminated if its rule says terminate: true; otherwise look at what the server waits for",
        remaining=[step.data.session.pid for step in steps],
        **done.as_dict(),
    )
