"""Directories of plain SQL: names, headers, and what may not stand in a file."""

from __future__ import annotations

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._core.errors import InvalidInput
from ansible_collections.mainstay.ops.plugins.module_utils._migration.model import Backfill
from ansible_collections.mainstay.ops.plugins.module_utils._migration.sources import checksum, migrations

PLAIN = "CREATE TABLE t ()"


def test_migrations_come_in_the_order_of_their_numbers() -> None:
    found = migrations({"10_c.up.sql": PLAIN, "9_b.up.sql": PLAIN, "20260115030000_d.up.sql": PLAIN, "0001_a.up.sql": PLAIN})
    assert [migration.title for migration in found] == ["0001_a", "9_b", "10_c", "20260115030000_d"]


def test_a_down_file_belongs_to_its_up_file() -> None:
    (migration,) = migrations({"0001_a.up.sql": PLAIN, "0001_a.down.sql": "DROP TABLE t"})
    assert migration.down
    assert migration.down.text == "DROP TABLE t"


@pytest.mark.parametrize(
    ("header", "transactional", "compatible"),
    [
        ("", True, False),
        ("-- mainstay: compatible\n", True, True),
        ("-- mainstay: no-transaction\n", False, False),
        ("-- mainstay: no-transaction, compatible\n", False, True),
        ("-- why\n--mainstay:compatible\n-- and\n-- mainstay: no-transaction\r\n", False, True),
        ("SELECT 1;\n-- mainstay: compatible\n", True, False),
    ],
)
def test_comments_before_the_first_statement_say_how_a_file_is_meant(header: str, transactional: bool, compatible: bool) -> None:
    (migration,) = migrations({"0001_a.up.sql": header + PLAIN})
    assert (migration.up.transactional, migration.compatible) == (transactional, compatible)


@pytest.mark.parametrize(
    "name",
    [
        *["a.sql", "0001.up.sql", "0001_.up.sql", "0001_a.sql", "x_a.up.sql", "0000_a.up.sql", "0001_a b.up.sql", "1_a.up.sql\n"],
        *["../0001_a.up.sql", "٣_a.up.sql", "0001_a.UP.sql", "123456789012345_a.up.sql", "0001_$(id).up.sql"],
    ],
)
def test_a_bad_name_is_refused(name: str) -> None:
    with pytest.raises(InvalidInput, match="is not the name of a migration"):
        migrations({name: PLAIN})


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({}, "holds no migration"),
        ({"0001_a.up.sql": PLAIN, "1_b.up.sql": PLAIN}, "same number"),
        ({"0001_a.down.sql": PLAIN}, "leads down from nowhere"),
        ({"0001_a.up.sql": PLAIN, "0001_b.down.sql": PLAIN}, "leads down from nowhere"),
        ({"0001_a.up.sql": ""}, "no statement"),
        ({"0001_a.up.sql": "-- later\n"}, "no statement"),
        ({"0001_a.up.sql": "SELECT '\0'"}, "NUL"),
        ({"0001_a.up.sql": "\ufeffSELECT 1"}, "byte order mark"),
        ({"0001_a.up.sql": "-- mainstay: fast\nSELECT 1"}, "allowed are no-transaction, compatible and contract"),
    ],
)
def test_a_doubtful_directory_is_refused(files: dict[str, str], words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        migrations(files)


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("BEGIN", "transaction"),
        ("begin work", "transaction"),
        ("START TRANSACTION", "transaction"),
        ("COMMIT", "transaction"),
        ("/* x */ END", "transaction"),
        ("ROLLBACK", "transaction"),
        ("ABORT", "transaction"),
        ("PREPARE TRANSACTION 'x'", "transaction"),
        ("COPY t FROM stdin", "client"),
        ("COPY (SELECT 1) TO STDOUT", "client"),
        ("SET lock_timeout = 0", "limit"),
        ("SET LOCAL statement_timeout TO '1h'", "limit"),
        ("RESET ALL", "limit"),
        ("CREATE INDEX CONCURRENTLY i ON t (a)", "no-transaction"),
        ("DROP INDEX CONCURRENTLY i", "no-transaction"),
        ("REINDEX (VERBOSE) INDEX CONCURRENTLY i", "no-transaction"),
    ],
)
def test_a_statement_that_would_break_a_promise_is_refused_with_its_line(statement: str, words: str) -> None:
    with pytest.raises(InvalidInput, match=f"0001_a.up.sql line 3: .*{words}"):
        migrations({"0001_a.up.sql": f"SELECT 1;\n\n{statement};"})


@pytest.mark.parametrize(
    "statement",
    [
        "ROLLBACK TO s",
        "ROLLBACK TO SAVEPOINT s",
        "SAVEPOINT s",
        "SET search_path = x",
        "DO $$ BEGIN COMMIT; END $$",
        "SELECT 'BEGIN'",
    ],
)
def test_statements_that_only_look_like_it_are_fine(statement: str) -> None:
    assert migrations({"0001_a.up.sql": statement})


def test_an_index_may_be_built_concurrently_without_a_transaction() -> None:
    (migration,) = migrations({"0001_a.up.sql": "-- mainstay: no-transaction\nCREATE INDEX CONCURRENTLY i ON t (a)"})
    assert migration.up.only_builds_indexes
    assert migration.up.statements[0].is_concurrent


def test_a_checksum_is_blind_to_line_ends_and_to_nothing_else() -> None:
    assert checksum("a\r\nb") == checksum("a\nb")
    assert checksum("a\nb") != checksum("a\n b")


WRITES = "UPDATE t SET a = 1 WHERE id > $1 AND id <= $2"


def test_a_way_down_is_no_backfill() -> None:
    text = f"-- mainstay: backfill t by id, batch 10\n{WRITES}"
    with pytest.raises(InvalidInput, match="cannot be a backfill"):
        migrations({"0001_a.up.sql": text, "0001_a.down.sql": text})


@pytest.mark.parametrize(
    ("terms", "expected"),
    [
        ("t by id", Backfill("t", "id", 1000, 0.0)),
        ("shop.t by id, batch 50", Backfill("shop.t", "id", 50, 0.0)),
        ("t by id, batch 50, pause 200ms", Backfill("t", "id", 50, 0.2)),
        ("t by id, pause 1s", Backfill("t", "id", 1000, 1.0)),
    ],
)
def test_a_backfill_says_its_table_its_key_and_its_pace(terms: str, expected: Backfill) -> None:
    (migration,) = migrations({"0001_a.up.sql": f"-- mainstay: backfill {terms}\n{WRITES}"})
    assert (migration.up.backfill, migration.up.transactional) == (expected, False)


@pytest.mark.parametrize(
    ("terms", "statement", "words"),
    [
        ("t", WRITES, "backfill TABLE by KEY"),
        ("t by id, batch many", WRITES, "backfill TABLE by KEY"),
        ("t by id, batch 0", WRITES, "sensible batch"),
        ("t by id, pause long", WRITES, "is not a pause"),
        ("t by id; DROP TABLE t", WRITES, "backfill TABLE by KEY"),
        ("t by id", f"{WRITES}; SELECT 1", "must hold one"),
        ("t by id", "UPDATE t SET a = 1", "must hold one"),
        ("t by id", "ALTER TABLE t ADD COLUMN a text", "must hold one"),
    ],
)
def test_a_doubtful_backfill_is_refused(terms: str, statement: str, words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        migrations({"0001_a.up.sql": f"-- mainstay: backfill {terms}\n{statement}"})


@pytest.mark.parametrize(
    ("said", "statement", "transaction"),
    [
        ("budget statement 5m because it is large", 300.0, 0.0),
        ("budget statement 90s, transaction 10m because it is large", 90.0, 600.0),
        ("budget transaction 2h because it is large", 0.0, 7200.0),
    ],
)
def test_a_file_says_what_it_may_take(said: str, statement: float, transaction: float) -> None:
    [migration] = migrations({"0001_m.up.sql": f"-- mainstay: {said}\nSELECT 1"})
    assert (migration.up.budget.statement, migration.up.budget.transaction) == (statement, transaction)
    assert migration.up.budget.reason == "it is large"


@pytest.mark.parametrize(
    "said",
    [
        "budget statement 5m",
        "budget because it is large",
        "budget lock 5m because it is large",
        "budget statement 0s because it is large",
        "budget statement 5 parsecs because it is large",
        "reversible because nothing is lost",
    ],
)
def test_a_term_that_is_not_understood_is_refused(said: str) -> None:
    with pytest.raises(InvalidInput, match=r"0001_m\.up\.sql|budget of a statement"):
        migrations({"0001_m.up.sql": f"-- mainstay: {said}\nSELECT 1"})


@pytest.mark.parametrize("said", ["reversible", "reversible because", "reversible because x\n-- mainstay: reversible because y"])
def test_a_way_down_says_why_it_is_safe_in_full(said: str) -> None:
    with pytest.raises(InvalidInput, match="down"):
        migrations({"0001_m.up.sql": "SELECT 1", "0001_m.down.sql": f"-- mainstay: {said}\nSELECT 1"})
