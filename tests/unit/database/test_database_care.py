"""What tables and indexes need, in which order, and within which limits."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._core.errors import InvalidInput
from ansible_collections.mainstay.ops.plugins.module_utils._database import bloat
from ansible_collections.mainstay.ops.plugins.module_utils._database.care import every, plan
from ansible_collections.mainstay.ops.plugins.module_utils._database.diagnosis import diagnosis
from ansible_collections.mainstay.ops.plugins.module_utils._database.model import RightMissing
from ansible_collections.mainstay.ops.plugins.module_utils._database.upkeep import PAGE, Care, Holder, Index, Table, Wear
from ansible_collections.mainstay.ops.plugins.module_utils._database.wear import (
    duplicates,
    held,
    is_bloated,
    needs_analyze,
    needs_vacuum,
    unused,
)

MIB = 1 << 20
WELL = Table("public", "orders", "shop", True, 8 * MIB, rows=10_000, vacuum_at=2050, insert_at=3000, analyze_at=1050)
INDEX = Index("public", "orders_note", "orders", "shop", True, 4 * MIB, scans=5)


def worn(*tables: Table, indexes: tuple[Index, ...] = (), **more: Any) -> Wear:
    found = Wear("shop", 1000, 1, 200_000_000, 400_000_000, tables, indexes, role="care")
    return replace(found, **more)


def steps(wanted: Care, found: Wear) -> list[tuple[str, str]]:
    return [(step.action, step.data.name) for step in plan(wanted, found).steps]


@pytest.mark.parametrize(
    ("table", "needed"),
    [
        (WELL, False),
        (replace(WELL, dead=2051), True),
        (replace(WELL, dead=2050), True),
        (replace(WELL, dead=900), False),
        (replace(WELL, dead=1000), False),
        (replace(WELL, dead=1200), True),
        (replace(WELL, dead=1200, rows=100_000), False),
        (replace(WELL, inserted=3001), True),
        (replace(WELL, inserted=30_000, insert_at=-1), False),
        (replace(WELL, age=200_000_000), True),
        (replace(WELL, multi_age=400_000_000), True),
    ],
)
def test_a_table_is_vacuumed_when_autovacuum_would_or_its_share_of_dead_rows_is_high(table: Table, needed: bool) -> None:
    assert bool(needs_vacuum(table, 0.1)) is needed


def test_a_table_is_analyzed_when_autovacuum_would() -> None:
    assert not needs_analyze(replace(WELL, modified=1050))
    assert needs_analyze(replace(WELL, modified=1051))


def test_the_most_urgent_goes_first() -> None:
    found = worn(
        replace(WELL, name="dirty", dead=5000),
        replace(WELL, name="stale", modified=5000),
        replace(WELL, name="old", age=300_000_000),
        indexes=(replace(INDEX, is_valid=False), replace(INDEX, name="orders_pkey_ccnew", is_valid=False)),
    )
    assert steps(Care(drop_invalid=True), found) == [
        ("vacuum and freeze", "old"),
        ("drop index", "orders_pkey_ccnew"),
        ("rebuild index", "orders_note"),
        ("vacuum and analyze", "dirty"),
        ("analyze", "stale"),
    ]


@pytest.mark.parametrize(
    ("care", "done"),
    [
        (Care(vacuum=False), [("rebuild index", "orders_note"), ("analyze", "orders")]),
        (Care(analyze=False), [("rebuild index", "orders_note"), ("vacuum", "orders")]),
        (Care(reindex=False), [("vacuum and analyze", "orders")]),
        (Care(most=1), [("rebuild index", "orders_note")]),
    ],
)
def test_only_what_is_wanted_is_done(care: Care, done: list[tuple[str, str]]) -> None:
    found = worn(replace(WELL, dead=5000, modified=5000), indexes=(replace(INDEX, is_valid=False),))
    assert steps(care, found) == done


@pytest.mark.parametrize("name", ["orders_ccnew", "orders_ccnew1", "orders_ccold2"])
def test_what_a_rebuild_left_is_dropped_only_when_asked_for_and_never_built(name: str) -> None:
    found = worn(indexes=(replace(INDEX, name=name, is_valid=False),))
    assert steps(Care(), found) == []
    assert steps(Care(drop_invalid=True), found) == [("drop index", name)]
    assert steps(Care(drop_invalid=True), worn(indexes=(replace(INDEX, name=name),))) == [], "a valid one is not left over"


def test_what_somebody_else_works_on_is_left_to_them() -> None:
    broken = replace(INDEX, is_valid=False, is_busy=True)
    assert steps(Care(drop_invalid=True), worn(replace(WELL, dead=5000, is_busy=True), indexes=(broken,))) == []


def test_one_run_works_through_so_many_bytes_and_passes_by_what_alone_is_larger() -> None:
    huge, small = replace(WELL, name="huge", dead=9000, size=2 << 30), replace(WELL, name="small", dead=5000)
    assert steps(Care(gigabytes=1), worn(huge, small)) == [("vacuum and analyze", "small")]
    assert len(every(Care(gigabytes=1), worn(huge, small))) == 2


@pytest.mark.parametrize(
    ("vacuumed", "since", "is_held"), [(60.0, 300.0, True), (300.0, 60.0, False), (None, 300.0, False), (60.0, None, False)]
)
def test_what_was_kept_since_before_the_last_vacuum_is_not_vacuumed_again(
    vacuumed: float | None, since: float | None, is_held: bool
) -> None:
    table, holder = replace(WELL, dead=5000, vacuumed=vacuumed), Holder("pid 7", since, 900)
    assert bool(held(table, [holder])) is is_held
    assert (steps(Care(), worn(table, holders=(holder,))) == []) is is_held


def test_a_table_of_somebody_else_names_the_missing_right_before_anything_is_done() -> None:
    with pytest.raises(RightMissing, match='GRANT "billing" TO "care"'):
        plan(Care(), worn(replace(WELL, dead=5000, is_ours=False, owner="billing")))
    assert steps(Care(), worn(replace(WELL, is_ours=False, owner="billing"))) == []


def test_a_bloated_index_is_built_anew_and_a_bloated_table_only_told() -> None:
    table, index = replace(WELL, waste=6 * MIB), replace(INDEX, waste=3 * MIB)
    assert steps(Care(), worn(table, indexes=(index,))) == [("rebuild index", "orders_note")]
    assert [finding.subject for finding in diagnosis(worn(table, indexes=(index,)), Care(), 20)] == ["bloat", "bloat"]
    assert not is_bloated(replace(INDEX, size=MIB - 1, waste=MIB - 1), 0.5), "small ones are not worth it"
    assert not is_bloated(replace(INDEX, waste=None), 0.5)


def test_of_two_equal_indexes_the_one_that_keeps_something_unique_stays() -> None:
    key = replace(INDEX, name="z_key", signature="a", is_unique=True, is_needed=True)
    other, partial = replace(INDEX, name="a_note", signature="a"), replace(INDEX, name="part", signature="b")
    assert duplicates(worn(indexes=(other, key, partial))) == {other: key}


def test_an_index_that_keeps_something_unique_is_never_called_unused() -> None:
    never = replace(INDEX, scans=0)
    found = worn(indexes=(never, replace(never, name="u", is_unique=True), replace(never, name="k", is_needed=True), INDEX))
    assert unused(found) == [never]


@pytest.mark.parametrize(
    ("age", "is_late"), [(199_000_000, False), (299_000_000, False), (300_000_000, True), (1_200_000_000, True)]
)
def test_a_database_that_autovacuum_does_not_keep_up_with_is_told_first(age: int, is_late: bool) -> None:
    subjects = [finding.subject for finding in diagnosis(worn(replace(WELL, dead=9000), age=age), Care(), 20)]
    assert (subjects[0] == "wraparound") is is_late


def test_bloat_is_what_the_rows_do_not_need() -> None:
    assert bloat.of_table(pages=100, rows=0, width=20, fillfactor=1) == 100 * PAGE
    assert bloat.of_table(pages=100, rows=100 * 8168 / 52, width=20, fillfactor=1) == 0
    assert bloat.of_table(pages=200, rows=100 * 8168 / 52, width=20, fillfactor=0.5) == 0
    assert bloat.of_index(pages=11, rows=10 * 8152 * 0.9 / 20, width=4, fillfactor=0.9) == 0
    assert bloat.of_index(pages=31, rows=10 * 8152 * 0.9 / 20, width=4, fillfactor=0.9) == 20 * PAGE


@pytest.mark.parametrize(
    "given", [{"dead": 0}, {"bloat": 0}, {"most": 0}, {"most": 501}, {"gigabytes": 0}, {"schemas": ("",)}, {"schemas": ("a\nb",)}]
)
def test_a_limit_cannot_be_taken_away(given: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        Care(**given)
