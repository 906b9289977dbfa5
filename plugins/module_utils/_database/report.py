# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What goes on, as a module returns it: every list sorted, and no longer than was asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from .blocking import Branch, Tree, behind, trees, waiting
from .findings import clients, counted, findings, idle_in_transaction, long_transactions, slow_statements
from .model import Activity, Bound, Marks, Session

MOST_IN_A_TREE = 50


def report(found: Activity, marks: Marks) -> dict[str, Any]:
    told = findings(found, marks)
    return {
        "verdict": "fail" if told else "pass",
        "findings": [asdict(finding) for finding in told],
        "connections": _connections(found, marks.most),
        "idle_in_transaction": _listed(idle_in_transaction(found), marks.most),
        "blocking": [_tree(tree, found) for tree in trees(found.sessions)[: marks.most]],
        "transactions": _listed(long_transactions(found, marks), marks.most),
        "statements": _listed(slow_statements(found, marks), marks.most),
        "costly": None if found.costly is None else [asdict(one) for one in found.costly[: marks.most]],
        "prepared": [asdict(one) for one in found.prepared[: marks.most]],
        "slots": [asdict(slot) for slot in found.slots[: marks.most]],
    }


def described(session: Session) -> dict[str, Any]:
    """A session as it is told; nothing of it is secret, for its statement has no literals."""
    return {
        "pid": session.pid,
        "started": session.started.isoformat(),
        "database": session.database,
        "user": session.user,
        "application": session.application,
        "client": session.client,
        "state": session.state or session.kind,
        "seconds": round(session.age, 1),
        "transaction_seconds": None if session.transaction is None else round(session.transaction, 1),
        "waits": session.waits,
        "statement": session.statement,
        "query_id": session.query_id,
    }


def _connections(found: Activity, most: int) -> dict[str, Any]:
    pool, ours = found.pool, clients(found)
    return {
        "limit": pool.most,
        "reserved": pool.reserved,
        "used": pool.used,
        "free": pool.free,
        "share": round(pool.share, 3),
        "states": _counts((s.state or "unknown" for s in ours), most),
        "users": _counts((s.user for s in ours), most),
        "applications": _counts((s.application for s in ours), most),
        "databases": _counts((s.database for s in ours), most),
        "database_limits": _bounds(pool.databases, most),
        "role_limits": _bounds(pool.roles, most),
    }


def _counts(names: Iterable[str], most: int) -> list[Mapping[str, Any]]:
    return [{"name": name, "count": count} for name, count in counted(names)[:most]]


def _bounds(bounds: Iterable[Bound], most: int) -> list[Mapping[str, Any]]:
    return [asdict(one) for one in sorted(bounds, key=lambda one: (-one.used / one.limit, one.name))[:most]]


def _listed(sessions: list[Session], most: int) -> list[Mapping[str, Any]]:
    return [described(session) for session in sessions[:most]]


def _tree(tree: Tree, found: Activity) -> dict[str, Any]:
    known = {session.pid: session for session in found.sessions}
    held, branches = waiting(found.sessions), tree.branches[:MOST_IN_A_TREE]
    return {
        "holds_up": tree.behind,
        "circle": tree.is_circle,
        "sessions": [_branch(branch, len(behind(branch.pid, held)), known.get(branch.pid)) for branch in branches],
    }


def _branch(branch: Branch, count: int, session: Session | None) -> dict[str, Any]:
    said = described(session) if session else {"pid": branch.pid, "state": "gone" if branch.pid else "prepared transaction"}
    return {"depth": branch.depth, "holds_up": count, **said}
