# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What of all that goes on is worth a person's attention, the worst first, each with what to do about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice

from .._core.text import listed
from .blocking import Tree, trees
from .model import ACTIVE, CLIENT, PREPARED, Activity, Bound, Finding, Marks, Session

END = "if it shall go: end_database_sessions"
OLD_HORIZON = 1_000_000
"""Transactions; older rows than that, which vacuum must keep, begin to be felt."""


def findings(found: Activity, marks: Marks) -> tuple[Finding, ...]:
    every = [
        _full(found, marks), _blocked(found), _idle(found, marks), _long(found, marks),
        _slow(found, marks), _prepared(found, marks), _kept(found),
    ]  # fmt: skip
    return tuple(finding for some in every for finding in islice(some, marks.most))


def idle_in_transaction(found: Activity) -> list[Session]:
    """Those that hold locks and old rows and do nothing, longest first."""
    return sorted((s for s in found.sessions if s.state.startswith("idle in transaction")), key=lambda s: (-s.age, s.pid))


def long_transactions(found: Activity, marks: Marks) -> list[Session]:
    """Open for longer than the mark, longest first."""
    some = [s for s in found.sessions if (s.transaction or 0) >= marks.transaction and s.kind == CLIENT and not s.is_mine]
    return sorted(some, key=lambda s: (-(s.transaction or 0), s.pid))


def slow_statements(found: Activity, marks: Marks) -> list[Session]:
    """Running for longer than the mark, longest first."""
    some = [s for s in found.sessions if s.state == ACTIVE and s.age >= marks.slow and s.kind == CLIENT and not s.is_mine]
    return sorted(some, key=lambda s: (-s.age, s.pid))


def counted(names: Iterable[str]) -> list[tuple[str, int]]:
    """How often each name occurs, most often first."""
    return sorted(Counter(names).items(), key=lambda pair: (-pair[1], pair[0]))


def clients(found: Activity) -> list[Session]:
    return [session for session in found.sessions if session.kind == CLIENT]


def _full(found: Activity, marks: Marks) -> Iterator[Finding]:
    pool = found.pool
    if pool.share >= marks.full:
        takers = [f"{name or 'unnamed'} {count}" for name, count in counted(s.application for s in clients(found))[:3]]
        says = f"{pool.used} of {pool.most - pool.reserved} connections are taken ({pool.share:.0%}), most by {listed(takers)}"
        yield Finding(
            "connections", says, "end sessions that are idle in transaction, then look for a leak or a pool that is too large"
        )
    yield from (_bound("database", bound) for bound in found.pool.databases if bound.used >= marks.full * bound.limit)
    yield from (_bound("role", bound) for bound in found.pool.roles if bound.used >= marks.full * bound.limit)


def _bound(noun: str, bound: Bound) -> Finding:
    says = f"the {noun} {bound.name} has {bound.used} of its {bound.limit} connections"
    return Finding(
        "connections", says, f"ALTER {noun.upper()} ... CONNECTION LIMIT raises it, if the server has connections to spare"
    )


def _blocked(found: Activity) -> Iterator[Finding]:
    known = {session.pid: session for session in found.sessions}
    for tree in trees(found.sessions):
        waits = max((known[b.pid].age for b in tree.branches if b.pid in known and b.depth), default=0)
        yield Finding(
            "blocking", f"{_root(tree, known)} holds up {tree.behind} sessions, the longest for {waits:.0f} s", _remedy(tree)
        )


def _root(tree: Tree, known: dict[int, Session]) -> str:
    if tree.root.pid == PREPARED:
        return "a prepared transaction"
    return known[tree.root.pid].told if tree.root.pid in known else f"pid {tree.root.pid}, gone by now,"


def _remedy(tree: Tree) -> str:
    if tree.root.pid == PREPARED:
        return "commit it or roll it back by its name, see prepared: no session can be ended for it"
    return "the server ends a deadlock by itself within deadlock_timeout" if tree.is_circle else END


def _idle(found: Activity, marks: Marks) -> Iterator[Finding]:
    for session in idle_in_transaction(found):
        if session.age >= marks.idle:
            yield Finding("idle in transaction", session.told, f"the application forgot to end its transaction; {END}")


def _long(found: Activity, marks: Marks) -> Iterator[Finding]:
    for session in long_transactions(found, marks):
        says = f"{session.told}, has its transaction open for {session.transaction:.0f} s"
        yield Finding("long transaction", says, f"vacuum keeps every row that died since; {END}")


def _slow(found: Activity, marks: Marks) -> Iterator[Finding]:
    for session in slow_statements(found, marks):
        reason = f", waiting for {session.waits}" if session.waits else ""
        yield Finding("slow statement", f"{session.told}{reason}: {session.statement}", END)


def _prepared(found: Activity, marks: Marks) -> Iterator[Finding]:
    for one in found.prepared:
        if one.age >= marks.idle:
            says = f"the transaction {one.name} of {one.owner} in {one.database} was prepared {one.age:.0f} s ago"
            yield Finding(
                "prepared transaction",
                says,
                "commit it or roll it back: COMMIT PREPARED or ROLLBACK PREPARED, as its manager says",
            )


def _kept(found: Activity) -> Iterator[Finding]:
    for slot in found.slots:
        if slot.horizon >= OLD_HORIZON or not slot.is_active:
            state = "active" if slot.is_active else "not in use"
            says = f"the slot {slot.name} is {state}, keeps rows of {slot.horizon} transactions and {slot.retained} bytes of WAL"
            yield Finding(
                "replication slot",
                says,
                "bring its consumer back, or drop it with pg_drop_replication_slot if it is gone for good",
            )
