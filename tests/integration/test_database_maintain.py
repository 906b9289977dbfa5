"""database_maintain and database_maintain_info against a real PostgreSQL: dead rows, broken indexes, who stands in the way."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from database_sessions import CARED_FOR, Shop, subjects
from migration_server import Server, eventually, run, server, start

DEAD = (
    "INSERT INTO orders SELECT n, 'x' FROM generate_series(101, 5000) n",
    "ANALYZE orders",
    "DELETE FROM orders WHERE id > 1000",
)


@pytest.fixture(scope="module")
def postgres() -> Iterator[Server]:
    with server(CARED_FOR) as started:
        yield started


@pytest.fixture
def shop(postgres: Server) -> Shop:
    made = Shop(postgres)
    made.do("VACUUM ANALYZE orders")
    return made


def info(shop: Shop, **options: Any) -> dict[str, Any]:
    return shop.run("database_maintain_info", user=shop.owner, **options)


def maintain(shop: Shop, **options: Any) -> dict[str, Any]:
    return shop.run("database_maintain", **{"user": shop.owner, **options})


def steps(told: dict[str, Any]) -> list[tuple[str, str]]:
    return [(step["action"], step["subject"]) for step in told["steps"]]


def interrupted(shop: Shop, statement: str) -> None:
    """An index that is built concurrently waits for an old transaction and is cancelled meanwhile."""
    with shop.forgetful(), shop.at_work(statement, user=shop.owner) as pid:
        assert shop.waits(pid)
        shop.do(f"SELECT pg_cancel_backend({pid})")
        assert eventually(lambda: shop.state(pid) == "idle")


def is_valid(shop: Shop, index: str) -> bool | None:
    found: bool | None = shop.value(f"SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('{index}')")
    return found


def test_a_fresh_database_needs_nothing_but_autovacuum(shop: Shop) -> None:
    assert subjects(info(shop)) == ["autovacuum"]
    assert not maintain(shop)["changed"]


def test_dead_rows_are_told_vacuumed_and_gone_in_the_second_run(shop: Shop) -> None:
    shop.do(*DEAD)
    told = info(shop)
    assert {"vacuum", "analyze"} <= set(subjects(told))
    assert told["tables"][0]["dead"] == 4000
    predicted = maintain(shop, check_mode=True)
    assert shop.value("SELECT n_dead_tup FROM pg_stat_user_tables WHERE relname = 'orders'") == 4000
    done = maintain(shop)
    assert steps(done) == steps(predicted) == [("vacuum and analyze", "public.orders")]
    assert done["done"] == ["vacuum and analyze public.orders"]
    for check_mode in (True, False):
        assert not maintain(shop, check_mode=check_mode)["changed"]
    assert subjects(info(shop)) == ["autovacuum"]


def test_a_table_has_thresholds_of_its_own(shop: Shop) -> None:
    shop.do("ALTER TABLE orders SET (autovacuum_vacuum_threshold = 2000, autovacuum_analyze_threshold = 2000)")
    shop.do("DELETE FROM orders WHERE id > 30")
    assert not maintain(shop, check_mode=True)["changed"]
    shop.do("ALTER TABLE orders SET (autovacuum_vacuum_threshold = 10)")
    assert steps(maintain(shop, analyze=False)) == [("vacuum", "public.orders")]


def test_old_rows_are_frozen_before_the_numbers_wrap_around(shop: Shop) -> None:
    shop.do("ALTER TABLE orders SET (autovacuum_freeze_max_age = 100000)")
    shop.do("DO $$ BEGIN FOR n IN 1..100001 LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$")
    assert steps(maintain(shop)) == [("vacuum and freeze", "public.orders")]
    assert shop.value("SELECT age(relfrozenxid) FROM pg_class WHERE relname = 'orders'") < 100
    assert steps(maintain(shop)) == []


def test_what_a_long_transaction_keeps_is_not_vacuumed_twice(shop: Shop) -> None:
    with shop.forgetful(5, application="forgetful"):
        time.sleep(1)
        shop.do("DELETE FROM orders WHERE id > 6", "DELETE FROM orders WHERE id = 6")
        assert maintain(shop, dead=0.01)["done"] == ["vacuum and analyze public.orders"]
        told = info(shop)
        assert not maintain(shop)["changed"]
    assert "forgetful" in told["held_up_by"][0]["title"]
    assert "a vacuum would remove nothing" in str(told["findings"])


def test_a_table_that_is_not_free_is_passed_by_and_nobody_waits(shop: Shop) -> None:
    shop.do(*DEAD)
    with shop.client(user=shop.owner) as other:
        other.execute(b"BEGIN; LOCK orders IN SHARE UPDATE EXCLUSIVE MODE")
        assert not maintain(shop)["changed"], "somebody else looks after it"
        other.execute(b"ROLLBACK; BEGIN; DECLARE c CURSOR FOR SELECT * FROM orders")
        assert maintain(shop)["done"], "a reader is in nobody's way"


def test_an_interrupted_index_is_built_anew(shop: Shop) -> None:
    interrupted(shop, "CREATE INDEX CONCURRENTLY orders_note ON orders (note)")
    assert is_valid(shop, "orders_note") is False
    assert "invalid index" in subjects(info(shop))
    done = maintain(shop)
    assert steps(done) == [("rebuild index", "public.orders_note")], done
    assert is_valid(shop, "orders_note")
    assert not maintain(shop)["changed"]


def test_what_an_interrupted_rebuild_left_is_dropped_only_when_asked_for(shop: Shop) -> None:
    shop.do("CREATE INDEX orders_note ON orders (note)")
    interrupted(shop, "REINDEX INDEX CONCURRENTLY orders_note")
    assert is_valid(shop, "orders_note_ccnew") is False
    assert not maintain(shop)["changed"]
    assert steps(maintain(shop, drop_invalid=True)) == [("drop index", "public.orders_note_ccnew")]
    assert is_valid(shop, "orders_note_ccnew") is None
    assert is_valid(shop, "orders_note")
    assert not maintain(shop, drop_invalid=True)["changed"]


def test_a_rebuild_is_not_begun_behind_an_old_transaction(shop: Shop) -> None:
    interrupted(shop, "CREATE INDEX CONCURRENTLY orders_note ON orders (note)")
    with shop.forgetful():
        time.sleep(2.1)
        done = maintain(shop)
        assert "transaction open" in done["passed_by"][0]["reason"], done
        assert is_valid(shop, "orders_note_ccnew") is None
    assert maintain(shop)["done"] == ["rebuild index public.orders_note"]


def test_a_rebuild_that_fails_leaves_nothing_behind_and_the_rest_is_done(shop: Shop) -> None:
    shop.do("UPDATE orders SET note = 'same'", *DEAD)
    interrupted(shop, "CREATE UNIQUE INDEX CONCURRENTLY orders_note ON orders (note)")
    failed = maintain(shop)
    assert failed["error"] == "StatementFailed"
    assert [one["subject"] for one in failed["refused"]] == ["public.orders_note"]
    assert failed["done"] == ["vacuum and analyze public.orders"]
    assert "same" not in failed["msg"]
    assert is_valid(shop, "orders_note_ccnew") is None


def test_a_bloated_index_is_built_anew(shop: Shop) -> None:
    shop.do(
        "INSERT INTO orders SELECT n, md5(n::text) FROM generate_series(1001, 60000) n",
        "CREATE INDEX orders_note ON orders (note)",
        "DELETE FROM orders WHERE id % 10 <> 0",
        "VACUUM ANALYZE orders",
    )
    told = info(shop)
    assert {"bloat"} <= set(subjects(told)), told
    [estimated] = told["bloated"]
    shop.do("CREATE EXTENSION pgstattuple", f"GRANT pg_stat_scan_tables TO {shop.owner}")
    [exact] = info(shop)["bloated"]
    assert (estimated["measured"], exact["measured"]) == (False, True)
    assert 0.8 < estimated["waste"] / exact["waste"] < 1.2
    size = shop.value("SELECT pg_relation_size('orders_note')")
    assert ("rebuild index", "public.orders_note") in steps(maintain(shop))
    assert shop.value("SELECT pg_relation_size('orders_note')") < size / 3
    assert not maintain(shop)["changed"]


def test_unused_and_duplicate_indexes_are_told_and_left_alone(shop: Shop) -> None:
    shop.do(
        "INSERT INTO orders SELECT n, md5(n::text) FROM generate_series(101, 40000) n",
        "CREATE INDEX orders_note ON orders (note)",
        "CREATE INDEX orders_note_again ON orders (note)",
        "CREATE INDEX orders_part ON orders (note) WHERE id > 5",
    )
    shop.do("VACUUM ANALYZE orders")
    told = info(shop)
    assert [(one["index"], one["same_as"]) for one in told["duplicate_indexes"]] == [
        ("public.orders_note_again", "public.orders_note")
    ]
    assert {"unused index", "duplicate index"} <= set(subjects(told))
    assert len(told["unused_indexes"]) == 3
    assert "public.orders_pkey" not in [one["index"] for one in told["unused_indexes"]]
    assert not maintain(shop)["changed"]


def test_the_run_ends_at_its_deadline_and_the_next_one_goes_on(shop: Shop) -> None:
    rows = "INSERT INTO {} SELECT n, repeat('x', 500) FROM generate_series(1, 20000) n"
    for name in ("a", "b"):
        shop.do(f"CREATE TABLE {name} (id int PRIMARY KEY, note text)", f"ALTER TABLE {name} OWNER TO {shop.owner}")
        shop.do(rows.format(name), f"ANALYZE {name}", f"DELETE FROM {name} WHERE id % 2 = 0")
    begin = time.monotonic()
    late = maintain(shop, deadline="1s", cost_delay="100ms")
    assert time.monotonic() - begin < 12, "the two tables take more than twenty seconds"
    assert late["finished"] is False, late
    assert "the time was over" in str(late["warnings"])
    again = maintain(shop, most=1)
    assert (len(again["done"]), again["left"]) == (1, 1), again
    assert maintain(shop)["finished"]
    assert not maintain(shop)["changed"]


def test_a_killed_run_leaves_nothing_at_work_and_the_next_one_finishes(shop: Shop) -> None:
    shop.do("INSERT INTO orders SELECT n, repeat('x', 500) FROM generate_series(101, 20000) n", "ANALYZE orders")
    shop.do("DELETE FROM orders WHERE id % 2 = 0")
    at_work = f"SELECT count(*) FROM pg_stat_activity WHERE datname = '{shop.name}' AND query LIKE 'VACUUM%'"
    process = start("database_maintain", {"database": shop.database(shop.owner), "cost_delay": "100ms"})
    try:
        assert eventually(lambda: shop.value(at_work) == 1, within=20)
    finally:
        process.kill()
        process.communicate()
    assert eventually(lambda: shop.value(at_work) == 0)
    assert maintain(shop)["done"] == ["vacuum and analyze public.orders"]
    assert not maintain(shop)["changed"]


def test_without_the_rights_nothing_is_done_and_the_missing_one_is_named(shop: Shop) -> None:
    shop.do(*DEAD)
    for check_mode in (True, False):
        told = maintain(shop, user=shop.operator, check_mode=check_mode)
        assert told["error"] == "RightMissing"
        assert f'GRANT "{shop.owner}" TO "{shop.operator}"' in told["msg"]
    shop.do(f"REVOKE pg_read_all_stats FROM {shop.owner}")
    for told in (info(shop), maintain(shop)):
        assert told["error"] == "RightMissing"
        assert f'GRANT pg_read_all_stats TO "{shop.owner}"' in told["msg"]
    assert shop.value("SELECT n_dead_tup FROM pg_stat_user_tables WHERE relname = 'orders'") == 4000
    shop.do(f"GRANT {shop.owner} TO {shop.operator}")
    assert maintain(shop, user=shop.operator)["done"] == ["vacuum and analyze public.orders"]


def test_a_standby_is_refused() -> None:
    with server(CARED_FOR) as started:
        shop = Shop(started)
        started.run("pg_ctl", "-D", f"{started.root}/data", "-m", "fast", "-w", "stop")
        (started.root / "data/standby.signal").touch()
        started.run("pg_ctl", "-D", f"{started.root}/data", "-l", f"{started.root}/log", "-w", "start")
        for module in ("database_maintain", "database_maintain_info"):
            told = run(module, {"database": shop.database(shop.owner)})
            assert "standby" in told["msg"], told
        assert run("database_activity_info", {"database": shop.database()})["verdict"] == "pass"
