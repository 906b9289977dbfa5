"""What of all that goes on is told, in which order, and how much of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from ansible_collections.mainstay.ops.plugins.module_utils._database.findings import findings
from ansible_collections.mainstay.ops.plugins.module_utils._database.model import (
    Activity,
    Bound,
    Marks,
    Pool,
    Prepared,
    Session,
    Slot,
)
from ansible_collections.mainstay.ops.plugins.module_utils._database.report import MOST_IN_A_TREE, report

THEN = datetime(2026, 1, 15, tzinfo=UTC)
CALM = Session(1, THEN, database="shop", user="app", application="api", state="idle", age=3000)
FORGOTTEN = replace(CALM, pid=2, state="idle in transaction", age=70, transaction=80)
SLOW = replace(CALM, pid=3, state="active", age=6, transaction=6, waits="IO: DataFileRead", statement="SELECT ?")
ROOM = Pool(100, 3, 10)


def going_on(*sessions: Session, **more: Any) -> Activity:
    return replace(Activity("shop", sessions, ROOM), **more)


def subjects(found: Activity, marks: Marks | None = None) -> list[str]:
    return [finding.subject for finding in findings(found, marks or Marks())]


def test_a_calm_server_has_no_findings() -> None:
    assert subjects(going_on(CALM)) == []
    assert report(going_on(CALM), Marks())["verdict"] == "pass"


def test_what_is_worst_comes_first() -> None:
    waiter = replace(SLOW, pid=4, held_by=(2,), waits="Lock: transactionid")
    old = replace(FORGOTTEN, pid=5, transaction=400)
    found = going_on(CALM, FORGOTTEN, SLOW, waiter, old, pool=replace(ROOM, used=80))
    assert subjects(found) == [
        "connections",
        "blocking",
        *2 * ["idle in transaction"],
        "long transaction",
        *2 * ["slow statement"],
    ]


def test_younger_than_its_mark_is_not_told() -> None:
    assert subjects(going_on(replace(FORGOTTEN, age=59), replace(SLOW, age=4.9))) == []


def test_our_own_session_and_background_workers_are_not_told() -> None:
    assert subjects(going_on(replace(SLOW, is_mine=True), replace(SLOW, kind="autovacuum worker"))) == []


def test_a_pool_counts_without_what_is_kept_for_superusers() -> None:
    assert subjects(going_on(pool=Pool(100, 3, 77))) == []
    assert subjects(going_on(pool=Pool(100, 3, 78))) == ["connections"]
    assert subjects(going_on(pool=replace(ROOM, roles=(Bound("app", 10, 8),)))) == ["connections"]


def test_what_has_no_session_is_told_too() -> None:
    waiter = replace(SLOW, pid=4, age=1, held_by=(0,))
    found = going_on(waiter, prepared=(Prepared("p", "shop", "app", 90, 5),), slots=(Slot("s", "physical", False, 0, 9),))
    assert subjects(found) == ["blocking", "prepared transaction", "replication slot"]
    assert "prepared" in findings(found, Marks())[0].says


def test_every_list_is_bounded() -> None:
    many = [replace(FORGOTTEN, pid=100 + n, transaction=1000) for n in range(500)]
    queue = [replace(SLOW, pid=1000 + n, held_by=(100,)) for n in range(500)]
    told = report(going_on(*many, *queue), Marks(most=3))
    assert len(told["idle_in_transaction"]) == len(told["transactions"]) == len(told["statements"]) == 3
    assert len(told["blocking"][0]["sessions"]) == MOST_IN_A_TREE
    assert told["blocking"][0]["holds_up"] == 500
    assert len(told["findings"]) <= 3 * 7
