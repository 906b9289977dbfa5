"""Who holds up whom."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from ansible_collections.mainstay.ops.plugins.module_utils._database.blocking import Tree, behind, trees, waiting
from ansible_collections.mainstay.ops.plugins.module_utils._database.model import PREPARED, Session

THEN = datetime(2026, 1, 15, tzinfo=UTC)


def sessions(held_by: Mapping[int, tuple[int, ...]]) -> list[Session]:
    return [Session(pid, THEN, held_by=others) for pid, others in held_by.items()]


def drawn(tree: Tree) -> list[str]:
    return [f"{'.' * branch.depth}{branch.pid}" for branch in tree.branches]


def test_a_queue_is_a_tree_with_who_waits_for_nobody_at_the_root() -> None:
    [tree] = trees(sessions({1: (), 2: (1,), 3: (1, 2), 4: (2,)}))
    assert drawn(tree) == ["1", ".2", "..3", "..4"]
    assert tree.behind == 3


def test_the_tree_with_most_waiting_comes_first() -> None:
    found = trees(sessions({1: (), 2: (1,), 5: (), 6: (5,), 7: (5,)}))
    assert [drawn(tree) for tree in found] == [["5", ".6", ".7"], ["1", ".2"]]


def test_a_circle_is_told_once_with_its_lowest_pid_first() -> None:
    [tree] = trees(sessions({7: (8,), 8: (9,), 9: (7,), 10: (9,)}))
    assert tree.is_circle
    assert drawn(tree)[0] == "7"
    assert sorted(branch.pid for branch in tree.branches) == [7, 8, 9, 10]


def test_a_prepared_transaction_is_a_root_without_a_session() -> None:
    [tree] = trees(sessions({3: (PREPARED,)}))
    assert drawn(tree) == ["0", ".3"]


def test_a_blocker_that_is_gone_by_now_is_told_by_its_pid() -> None:
    assert [drawn(tree) for tree in trees(sessions({3: (99,)}))] == [["99", ".3"]]


def test_nobody_waits_behind_himself() -> None:
    held = waiting(sessions({1: (1, 2), 2: (1,)}))
    assert behind(1, held) == {2}
    assert trees(sessions({1: ()})) == ()


def test_a_queue_in_which_each_waits_for_all_before_takes_no_time() -> None:
    [tree] = trees(sessions({n: tuple(range(1, n)) for n in range(1, 501)}))
    assert tree.behind == 499


def test_a_queue_of_a_thousand_is_walked() -> None:
    [tree] = trees(sessions({0 + n: ((n - 1,) if n > 1 else ()) for n in range(1, 1001)}))
    assert tree.behind == 999
