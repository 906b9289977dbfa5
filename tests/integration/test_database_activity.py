"""database_activity and database_activity_info against a real PostgreSQL: forgotten transactions, queues, a full pool."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._core.plan import Step
from ansible_collections.mainstay.ops.plugins.module_utils._database.ending import end as end_planned
from ansible_collections.mainstay.ops.plugins.module_utils._database.model import Ending, Rule
from ansible_collections.mainstay.ops.plugins.module_utils._database.plan import plan
from ansible_collections.mainstay.ops.plugins.module_utils._database.sessions import activity
from ansible_collections.mainstay.ops.plugins.module_utils._postgres.model import Database, Limits
from ansible_collections.mainstay.ops.plugins.module_utils._postgres.postgres import session
from database_sessions import CARED_FOR, Shop, subjects
from migration_server import Server, eventually, run, server

FORGOTTEN = {"state": "idle in transaction", "older": "1s", "terminate": True}
LONG = {"state": "active", "older": "1s"}
HANG = "SELECT pg_sleep(60), 'hunter22'"


@pytest.fixture(scope="module")
def postgres() -> Iterator[Server]:
    with server(CARED_FOR) as started:
        yield started


@pytest.fixture
def shop(postgres: Server) -> Shop:
    return Shop(postgres)


def info(shop: Shop, **options: Any) -> dict[str, Any]:
    return shop.run("database_activity_info", **options)


def end(shop: Shop, *rules: dict[str, Any], check_mode: bool = False, **options: Any) -> dict[str, Any]:
    return shop.run("database_activity", rules=list(rules), check_mode=check_mode, **options)


def test_what_sessions_do_is_told_without_what_it_is_about(shop: Shop) -> None:
    with shop.forgetful() as idle, shop.at_work(HANG) as slow:
        time.sleep(0.2)
        told = info(shop, idle="100ms", slow="100ms", transaction="100ms")
    assert {"idle in transaction", "slow statement", "long transaction"} <= set(subjects(told))
    assert idle in [session["pid"] for session in told["idle_in_transaction"]]
    [statement] = [session for session in told["statements"] if session["pid"] == slow]
    assert statement["statement"] == "SELECT pg_sleep(?), ?"
    assert "hunter22" not in json.dumps(told)
    assert told["connections"]["limit"] == 60
    assert told["connections"]["reserved"] == 3
    assert {"name": "api", "count": 2} in told["connections"]["applications"]


def test_a_queue_for_a_lock_is_told_as_a_tree(shop: Shop) -> None:
    with shop.forgetful() as root, ExitStack() as stack:
        first = stack.enter_context(shop.at_work("UPDATE orders SET note = 'a' WHERE id = 1"))
        assert shop.waits(first)
        second = stack.enter_context(shop.at_work("UPDATE orders SET note = 'b' WHERE id = 1"))
        assert shop.waits(second)
        told = info(shop)
    [tree] = told["blocking"]
    assert [(one["depth"], one["pid"]) for one in tree["sessions"]] == [(0, root), (1, first), (2, second)]
    assert tree["holds_up"] == 2
    assert subjects(told)[0] == "blocking"


def test_a_circle_is_told_until_the_server_ends_it(shop: Shop) -> None:
    shop.do("ALTER SYSTEM SET deadlock_timeout = '20s'", "SELECT pg_reload_conf()")
    assert eventually(lambda: shop.value("SHOW deadlock_timeout") == "20s")
    try:
        with shop.client() as one, shop.client() as two:
            one.execute(b"BEGIN; UPDATE orders SET note = 'x' WHERE id = 1")
            two.execute(b"BEGIN; UPDATE orders SET note = 'x' WHERE id = 2")
            with (
                shop.running(one, "UPDATE orders SET note = 'y' WHERE id = 2") as first,
                shop.running(two, "UPDATE orders SET note = 'y' WHERE id = 1") as second,
            ):
                assert shop.waits(first)
                assert shop.waits(second)
                [tree] = info(shop)["blocking"]
    finally:
        shop.do("ALTER SYSTEM RESET deadlock_timeout", "SELECT pg_reload_conf()")
    assert tree["circle"]
    assert sorted(session["pid"] for session in tree["sessions"]) == sorted([first, second])


def test_a_prepared_transaction_holds_up_others_without_a_session(shop: Shop) -> None:
    with shop.client() as connection:
        connection.execute(b"BEGIN; UPDATE orders SET note = 'p' WHERE id = 1; PREPARE TRANSACTION 'payment 17'")
    try:
        with shop.at_work("DELETE FROM orders WHERE id = 1") as waiter:
            assert shop.waits(waiter)
            told = info(shop, idle="0s")
    finally:
        shop.do("ROLLBACK PREPARED 'payment 17'")
    assert [session["pid"] for session in told["blocking"][0]["sessions"]] == [0, waiter]
    assert [one["name"] for one in told["prepared"]] == ["payment 17"]
    assert "prepared transaction" in subjects(told)


def test_a_slot_that_nobody_uses_is_told(shop: Shop) -> None:
    shop.do("SELECT pg_create_physical_replication_slot('gone', true)")
    try:
        told = info(shop)
    finally:
        shop.do("SELECT pg_drop_replication_slot('gone')")
    assert [slot["name"] for slot in told["slots"]] == ["gone"]
    assert "replication slot" in subjects(told)


def test_costly_statements_are_told_where_they_are_counted(shop: Shop) -> None:
    assert info(shop)["costly"] is None
    shop.do("CREATE EXTENSION pg_stat_statements", f"ALTER ROLE {shop.app} PASSWORD 'hunter22'", "SELECT pg_sleep(0.05)")
    told = info(shop)["costly"]
    assert "SELECT pg_sleep($1)" in [one["statement"] for one in told]
    assert "hunter22" not in json.dumps(told)


def test_lists_are_no_longer_than_asked_for(shop: Shop) -> None:
    with ExitStack() as stack:
        for row in range(1, 6):
            stack.enter_context(shop.forgetful(row))
        assert len(info(shop, most=3)["idle_in_transaction"]) == 3


def test_a_forgotten_transaction_is_ended_and_a_second_run_finds_nothing(shop: Shop) -> None:
    with shop.forgetful() as pid, shop.forgetful(2, application="backoffice") as other:
        time.sleep(1.1)
        rule = {**FORGOTTEN, "application": "api"}
        predicted = end(shop, rule, check_mode=True)
        assert shop.state(pid) == "idle in transaction"
        done = end(shop, rule)
        assert done["terminated"] == [pid], done
        assert [step["subject"] for step in done["steps"]] == [step["subject"] for step in predicted["steps"]]
        assert "hunter22" not in json.dumps(done)
        assert not shop.state(pid)
        assert shop.state(other) == "idle in transaction"
        for check_mode in (True, False):
            assert not end(shop, rule, check_mode=check_mode)["changed"]


def test_a_statement_is_cancelled_and_its_session_stays(shop: Shop) -> None:
    with shop.at_work(HANG) as pid:
        time.sleep(1.1)
        done = end(shop, LONG)
        assert (done["cancelled"], done["terminated"]) == ([pid], []), done
        assert shop.state(pid) == "idle"


SPITE = """
DO $$ BEGIN LOOP BEGIN PERFORM pg_sleep(30); EXCEPTION WHEN query_canceled THEN NULL; END; END LOOP; END $$
"""


def test_what_does_not_let_go_is_terminated_only_where_its_rule_says_so(shop: Shop) -> None:
    with shop.at_work(SPITE) as pid:
        time.sleep(1.1)
        refused = end(shop, LONG, grace="1s")
        assert refused["error"] == "SessionsRemain"
        assert refused["remaining"] == [pid]
        assert shop.state(pid) == "active"
        done = end(shop, {**LONG, "terminate": True}, grace="1s")
        assert done["cancelled"] == done["terminated"] == [pid], done
        assert not shop.state(pid)


def test_who_holds_up_others_is_ended_and_they_go_on(shop: Shop) -> None:
    with shop.forgetful() as root, ExitStack() as stack:
        waiters = [stack.enter_context(shop.at_work("UPDATE orders SET note = 'a' WHERE id = 1")) for _ in range(3)]
        assert all(map(shop.waits, waiters))
        time.sleep(1)
        assert not end(shop, {"blocking": 4, "older": "1s", "terminate": True})["changed"]
        done = end(shop, {"blocking": 1, "older": "1s", "terminate": True})
        assert done["terminated"] == [root], "those that wait hold up others too, and are not to blame"
        assert eventually(lambda: all(shop.state(pid) == "idle" for pid in waiters))


def test_superusers_backups_other_databases_and_the_collection_itself_are_left_alone(shop: Shop, postgres: Server) -> None:
    with (
        shop.forgetful(1, user="postgres") as superuser,
        shop.forgetful(2, application="mainstay migrate") as ours,
        shop.forgetful(3, application="pg_dump") as dump,
        Shop(postgres).forgetful() as elsewhere,
    ):
        time.sleep(1.1)
        assert not end(shop, FORGOTTEN)["changed"]
        assert {shop.state(pid) for pid in (superuser, ours, dump, elsewhere)} == {"idle in transaction"}


def test_neither_another_session_with_its_pid_nor_one_that_went_on_is_hit(shop: Shop) -> None:
    rule = Rule(1, state="idle in transaction", terminate=True)
    database = Database(dbname=shop.name, host="127.0.0.1", port=shop.server.port, user=shop.operator, sslmode="disable")
    with shop.forgetful() as reused, shop.client() as connection, session(database, Limits()) as ours:
        connection.execute(b"BEGIN")
        went_on = connection.info.backend_pid
        time.sleep(1.1)
        steps = plan(Ending("db1", (rule,)), activity(ours)).steps
        older = [_begun_before(step) if step.data.session.pid == reused else step for step in steps]
        connection.execute(b"SELECT 1")
        assert sorted(end_planned(ours, older, 1, lambda: None).missed) == sorted([reused, went_on])
        assert {shop.state(pid) for pid in (reused, went_on)} == {"idle in transaction"}
        assert end_planned(ours, [step for step in steps if step.data.session.pid == reused], 1, lambda: None).terminated == [
            reused
        ]


def _begun_before(step: Step) -> Step:
    """The step for a session that had this pid a moment earlier."""
    before = step.data.session.started - timedelta(microseconds=1)
    return replace(step, data=replace(step.data, session=replace(step.data.session, started=before)))


def test_more_than_the_largest_step_is_shown_and_has_to_be_confirmed(shop: Shop) -> None:
    with ExitStack() as stack:
        pids = [stack.enter_context(shop.forgetful(row)) for row in range(1, 5)]
        time.sleep(1.1)
        refused = end(shop, FORGOTTEN, largest=3)
        assert refused["error"] == "TooManySessions"
        assert len(refused["steps"]) == 4
        assert all(shop.state(pid) for pid in pids)
        other = end(shop, {**FORGOTTEN, "user": shop.app}, largest=3, confirm=refused["confirm"])
        assert other["error"] == "TooManySessions", "what was confirmed were other rules"
        done = end(shop, FORGOTTEN, largest=3, confirm=refused["confirm"])
        assert sorted(done["terminated"]) == sorted(pids), done


@pytest.fixture(scope="module")
def small() -> Iterator[Shop]:
    """A server that takes eight connections, three of which are kept for superusers."""
    with server("listen_addresses = '127.0.0.1'\nfsync = off\nmax_connections = 8\n") as started:
        yield Shop(started)


def test_a_full_pool_is_told_and_freed_by_a_superuser_through_the_reserved_connections(small: Shop) -> None:
    with ExitStack() as stack:
        pids = [stack.enter_context(small.forgetful(row)) for row in range(1, 6)]
        with pytest.raises(psycopg.OperationalError):
            stack.enter_context(small.client())
        time.sleep(1.1)
        refused = info(small)
        assert refused["error"] == "Unavailable"
        assert "superuser_reserved_connections" in refused["msg"]
        told = info(small, user="postgres")
        assert (subjects(told)[0], told["connections"]["free"]) == ("connections", 0)
        done = end(small, FORGOTTEN, user="postgres")
        assert sorted(done["terminated"]) == sorted(pids), done
    assert info(small)["connections"]["free"] == 4


@pytest.mark.parametrize(("kind", "name"), [("DATABASE", "name"), ("ROLE", "app")])
def test_a_limit_of_a_database_or_a_role_is_a_pool_of_its_own(shop: Shop, kind: str, name: str) -> None:
    bounded = getattr(shop, name)
    shop.do(f"ALTER {kind} {bounded} CONNECTION LIMIT 4")
    with ExitStack() as stack:
        for _ in range(4 if kind == "ROLE" else 3):
            stack.enter_context(shop.client())
        told = info(shop)
    assert subjects(told) == ["connections"], told
    assert told["connections"][f"{kind.lower()}_limits"] == [{"name": bounded, "limit": 4, "used": 4}]


def test_without_the_right_to_see_others_nothing_is_said_of_them(shop: Shop) -> None:
    shop.do(f"REVOKE pg_read_all_stats FROM {shop.operator}")
    for told in (info(shop), end(shop, FORGOTTEN)):
        assert told["error"] == "RightMissing"
        assert f'GRANT pg_read_all_stats TO "{shop.operator}"' in told["msg"]


@pytest.mark.parametrize("check_mode", [True, False])
def test_without_the_right_to_end_others_the_plan_is_refused(shop: Shop, check_mode: bool) -> None:
    shop.do(f"REVOKE pg_signal_backend FROM {shop.operator}")
    with shop.forgetful() as pid:
        time.sleep(1.1)
        told = end(shop, FORGOTTEN, check_mode=check_mode)
        assert told["error"] == "RightMissing"
        assert f'GRANT pg_signal_backend TO "{shop.operator}"' in told["msg"]
        assert shop.state(pid)
        shop.do(f"GRANT {shop.app} TO {shop.operator}")
        assert not end(shop, FORGOTTEN, check_mode=check_mode).get("failed"), "a member of the role may end its sessions"


def test_a_database_that_is_not_there_is_said_in_words(shop: Shop) -> None:
    gone = run("database_activity_info", {"database": {**shop.database(), "dbname": "gone"}})
    assert gone["error"] == "Unavailable"
