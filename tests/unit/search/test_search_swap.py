"""What comes back, what the alias leads to, and what has to be confirmed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._core.errors import NotFound
from ansible_collections.mainstay.ops.plugins.module_utils._search.model import (
    AliasIsIndex,
    Catalogue,
    Restored,
    Restoring,
    Snapshot,
    SnapshotNotGood,
    StillUsed,
    Unconfirmed,
)
from ansible_collections.mainstay.ops.plugins.module_utils._search.swap import chosen, plan_restored, short, swapped, targets

OLD, NEW = "goods-1", "goods-1-restored"
BACK = (Restored(OLD, NEW),)
THERE = (Restored(OLD, NEW, there=True),)
CATALOGUE = Catalogue({OLD: (), "plain": ()}, {"goods": (OLD,), "reports": ("plain",)})
PLACE = "search1:9200"


def restoring(**asked: Any) -> Restoring:
    return Restoring("nightly", **{"snapshot": "s1", **asked})


@pytest.mark.parametrize(
    ("asked", "snapshots", "error"),
    [
        ({}, [], NotFound),
        ({}, [Snapshot("s2", "SUCCESS")], NotFound),
        ({}, [Snapshot("s1", "PARTIAL")], SnapshotNotGood),
        ({}, [Snapshot("s1", "IN_PROGRESS")], SnapshotNotGood),
        (
            {"snapshot": "", "prefix": "shop"},
            [Snapshot("shop-20260101-000000z", "FAILED"), Snapshot("shop-x", "SUCCESS")],
            NotFound,
        ),
    ],
)
def test_only_a_good_snapshot_is_chosen(asked: dict[str, Any], snapshots: list[Snapshot], error: type[Exception]) -> None:
    with pytest.raises(error):
        chosen(restoring(**asked), snapshots)


def test_a_prefix_means_its_newest_good_one() -> None:
    found = [
        Snapshot(f"shop-2026010{day}-000000z", state, begun=day)
        for day, state in ((1, "SUCCESS"), (2, "SUCCESS"), (3, "PARTIAL"))
    ]
    assert chosen(restoring(snapshot="", prefix="shop"), found).name == "shop-20260102-000000z"


def test_what_the_snapshot_does_not_hold_is_named() -> None:
    with pytest.raises(NotFound, match="missing-1"):
        targets(restoring(indices=("goods-*", "missing-1")), Snapshot("s1", "SUCCESS", (OLD,)))


@pytest.mark.parametrize(
    ("holders", "leaves", "properties"),
    [
        ({}, (), {}),
        ({OLD: {"is_write_index": True}}, (OLD,), {"is_write_index": True}),
        ({"goods-2": {"filter": {"term": {"a": 1}}}}, ("goods-2",), {"filter": {"term": {"a": 1}}}),
        ({OLD: {"routing": "x"}, "goods-2": {}}, ("goods-1", "goods-2"), {"routing": "x"}),
        ({NEW: {"routing": "y"}, "goods-2": {}}, ("goods-2",), {"routing": "y"}),
    ],
)
def test_an_alias_leads_nowhere_else_and_keeps_its_properties(
    holders: Mapping[str, Mapping[str, Any]], leaves: tuple[str, ...], properties: Mapping[str, Any]
) -> None:
    swap = swapped(restoring(alias="goods"), BACK, CATALOGUE, holders)
    assert swap is not None
    assert (swap.leaves, swap.leads) == (leaves, {NEW: properties})


def test_an_alias_that_leads_there_already_is_left() -> None:
    assert not plan_restored(restoring(alias="goods"), THERE, CATALOGUE, {NEW: {}}, PLACE).changed


@pytest.mark.parametrize(
    ("asked", "word"),
    [
        ({"alias": "goods"}, "search1:9200/goods"),
        ({"alias": "goods", "drop": (OLD,)}, "search1:9200/goods,goods-1"),
    ],
)
def test_what_replaces_or_deletes_is_confirmed_by_exactly_its_word(asked: dict[str, Any], word: str) -> None:
    for confirm in ("", "yes", "search1:9200/other", f"{word},more"):
        with pytest.raises(Unconfirmed) as refused:
            plan_restored(restoring(**asked, confirm=confirm), BACK, CATALOGUE, {OLD: {}}, PLACE)
        assert refused.value.details["confirm"] == word
    assert plan_restored(restoring(**asked, confirm=word), BACK, CATALOGUE, {OLD: {}}, PLACE).changed


@pytest.mark.parametrize("asked", [{}, {"alias": "fresh"}, {"drop": ("gone-long-ago",)}])
def test_what_replaces_nothing_needs_no_word(asked: dict[str, Any]) -> None:
    assert plan_restored(restoring(**asked), BACK, CATALOGUE, {}, PLACE).steps[0].action == "restore"


def test_an_index_is_no_alias() -> None:
    with pytest.raises(AliasIsIndex, match="remove_index"):
        plan_restored(restoring(alias="plain"), BACK, CATALOGUE, {}, PLACE)


@pytest.mark.parametrize("drop", [(NEW,), ("plain",)])
def test_what_was_restored_or_is_led_to_is_not_dropped(drop: tuple[str, ...]) -> None:
    with pytest.raises(StillUsed):
        plan_restored(restoring(drop=drop), BACK, CATALOGUE, {}, PLACE)


@pytest.mark.parametrize(
    ("documents", "counted", "lacks"),
    [
        ({}, 0, False),
        ({OLD: 100}, 100, False),
        ({OLD: 100}, 95, False),
        ({OLD: 100}, 94, True),
        ({OLD: 1}, 0, True),
        ({OLD: 0}, 0, False),
    ],
)
def test_an_index_may_lack_only_so_many_documents(documents: dict[str, int], counted: int, lacks: bool) -> None:
    assert bool(short(BACK, Snapshot("s1", "SUCCESS", documents=documents), {NEW: counted}, 0.05)) is lacks
