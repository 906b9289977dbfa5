"""Which sessions rules end, which never, and what has to be confirmed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._core.errors import InvalidInput
from ansible_collections.mainstay.ops.plugins.module_utils._database.model import (
    MOST_AT_ONCE,
    Activity,
    Ending,
    Pool,
    Rule,
    Session,
    TooManySessions,
)
from ansible_collections.mainstay.ops.plugins.module_utils._database.plan import plan
from ansible_collections.mainstay.ops.plugins.module_utils._database.ready import confirmation, is_confirmed, matches, objection

THEN = datetime(2026, 1, 15, tzinfo=UTC)
IDLE = Session(1, THEN, database="shop", user="app", application="api", state="idle in transaction", age=400, transaction=900)
BUSY = replace(IDLE, pid=2, state="active", age=700)
FORGOTTEN = Rule(300, state="idle in transaction", terminate=True)
LONG = Rule(600, state="active")


def ending(*rules: Rule, **more: Any) -> Ending:
    return Ending("db1:5432/shop", rules, **more)


def going_on(*sessions: Session) -> Activity:
    return Activity("shop", sessions, Pool(100, 3, len(sessions)))


@pytest.mark.parametrize(
    ("rule", "session", "behind", "meant"),
    [
        (FORGOTTEN, IDLE, 0, True),
        (FORGOTTEN, replace(IDLE, age=299), 0, False),
        (FORGOTTEN, BUSY, 0, False),
        (LONG, BUSY, 0, True),
        (replace(LONG, application="report*"), BUSY, 0, False),
        (replace(LONG, application="a*"), BUSY, 0, True),
        (replace(LONG, user="app"), BUSY, 0, True),
        (replace(LONG, user="admin"), BUSY, 0, False),
        (Rule(60, blocking=3, terminate=True), IDLE, 3, True),
        (Rule(60, blocking=3, terminate=True), IDLE, 2, False),
        (Rule(60, blocking=3), IDLE, 3, False),
        (Rule(60, blocking=3), BUSY, 3, True),
        (Rule(60, blocking=3), replace(BUSY, held_by=(7,)), 3, False),
        (Rule(1000, blocking=3), BUSY, 3, False),
    ],
)
def test_a_rule_means_a_session_that_matches_all_that_it_says(rule: Rule, session: Session, behind: int, meant: bool) -> None:
    assert matches(rule, session, behind) is meant


@pytest.mark.parametrize(
    ("session", "reason"),
    [
        (IDLE, ""),
        (replace(IDLE, is_mine=True, application="other"), "collection"),
        (replace(IDLE, application="mainstay migrate"), "collection"),
        (replace(IDLE, kind="walsender"), "walsender"),
        (replace(IDLE, kind="autovacuum worker"), "autovacuum"),
        (replace(IDLE, is_privileged=True), "superuser"),
        (replace(IDLE, database="billing"), "another database"),
        (replace(IDLE, application="pg_dump"), "protected"),
        (replace(IDLE, application="pgBackRest [backup]"), "protected"),
        (replace(IDLE, application="billing-run"), "protected"),
    ],
)
def test_some_sessions_are_never_ended(session: Session, reason: str) -> None:
    assert reason in objection(session, "shop", ("billing*",))
    assert bool(objection(session, "shop", ("billing*",))) is bool(reason)
    assert plan(ending(FORGOTTEN, protected=("billing*",)), going_on(session)).changed is not bool(reason)


def test_a_statement_is_cancelled_first_and_terminated_only_by_rule() -> None:
    steps = plan(ending(FORGOTTEN, LONG), going_on(IDLE, BUSY)).steps
    assert [(step.action, step.subject[:5]) for step in steps] == [("cancel", "pid 2"), ("terminate", "pid 1")]
    [step] = plan(ending(replace(LONG, terminate=True)), going_on(BUSY)).steps
    assert step.action == "cancel, then terminate"


def test_a_session_is_named_by_its_pid_and_its_start() -> None:
    [step] = plan(ending(LONG), going_on(BUSY)).steps
    assert step.subject == "pid 2, since 2026-01-15 00:00:00.000000+0000"


def test_who_holds_up_most_goes_first_and_nobody_who_only_waits() -> None:
    waiter = replace(BUSY, pid=3, held_by=(1,))
    other = replace(IDLE, pid=4)
    rule = Rule(60, blocking=1, terminate=True)
    assert [step.data.session.pid for step in plan(ending(rule), going_on(other, waiter, IDLE)).steps] == [1]


def test_nothing_that_matches_is_nothing_to_do() -> None:
    assert not plan(ending(LONG), going_on(IDLE)).changed


def many(count: int) -> Activity:
    return going_on(*(replace(BUSY, pid=100 + n) for n in range(count)))


def test_more_than_the_largest_step_needs_what_was_shown_given_back() -> None:
    wanted = ending(LONG, largest=2)
    with pytest.raises(TooManySessions) as refused:
        plan(wanted, many(3))
    assert refused.value.details["matched"] == 3
    assert len(refused.value.details["steps"]) == 3
    assert len(plan(replace(wanted, confirm=refused.value.details["confirm"]), many(3)).steps) == 3


@pytest.mark.parametrize("changed", [{"rules": (FORGOTTEN,)}, {"place": "db2:5432/shop"}, {"protected": ("x",)}])
def test_a_confirmation_holds_for_one_database_and_one_set_of_rules(changed: dict[str, Any]) -> None:
    wanted = ending(LONG, largest=2)
    code = confirmation(wanted, 10)
    assert is_confirmed(replace(wanted, confirm=code), 11)
    assert not is_confirmed(replace(wanted, confirm=code), 12)
    assert not is_confirmed(replace(wanted, confirm=code, **changed), 10)


def test_one_run_has_an_end_even_if_confirmed() -> None:
    wanted = ending(LONG, largest=2)
    confirmed = replace(wanted, confirm=confirmation(wanted, 1000))
    assert len(plan(confirmed, many(1000)).steps) == MOST_AT_ONCE


@pytest.mark.parametrize(
    "given",
    [
        {"older": 0.5, "state": "active"},
        {"older": 60},
        {"older": 60, "state": "idle"},
        {"older": 60, "state": "fastpath"},
        {"older": 60, "state": "active", "application": "x" * 64},
    ],
)
def test_a_rule_that_would_end_everything_or_nothing_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        Rule(**given)


@pytest.mark.parametrize("given", [{"largest": 0}, {"largest": 51}, {"grace": 0}])
def test_a_bound_cannot_be_taken_away(given: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        ending(LONG, **given)
    with pytest.raises(InvalidInput):
        ending()
