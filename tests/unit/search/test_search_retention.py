"""Which snapshots go, which serve, which one is young enough."""

from __future__ import annotations

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._core.errors import InvalidInput
from ansible_collections.mainstay.ops.plugins.module_utils._search.age import judged
from ansible_collections.mainstay.ops.plugins.module_utils._search.choice import expired
from ansible_collections.mainstay.ops.plugins.module_utils._search.model import Retention, Snapshot, Taking
from ansible_collections.mainstay.ops.plugins.module_utils._search.plan import EXPIRE, TAKE, plan_taken, stamp
from hypothesis import given
from hypothesis import strategies as st

DAY = 86400.0
NOW = 2_000_000_000.0


def snapshot(age: float, state: str = "SUCCESS", prefix: str = "shop", indices: tuple[str, ...] = ("a",)) -> Snapshot:
    return Snapshot(f"{prefix}-{stamp(NOW - age)}", state, indices, NOW - age)


def gone(snapshots: list[Snapshot], keep: int, days: float) -> list[float]:
    """The ages in days of those that go."""
    return [round((NOW - one.begun) / DAY) for one in expired("shop", snapshots, Retention(keep, days * DAY), NOW)]


@pytest.mark.parametrize(
    ("ages", "keep", "days", "goes"),
    [
        ([], 1, 0, []),
        ([1], 1, 0, []),
        ([400], 1, 0, []),
        ([1, 2, 3], 1, 0, [3, 2]),
        ([1, 2, 3], 1, 30, []),
        ([1, 2, 3], 3, 0, []),
        ([10, 20, 40, 50], 1, 30, [50, 40]),
        ([10, 20, 40, 50], 3, 30, [50]),
    ],
)
def test_a_good_snapshot_stays_by_its_number_or_its_age(ages: list[float], keep: int, days: float, goes: list[float]) -> None:
    assert gone([snapshot(age * DAY) for age in ages], keep, days) == goes


def test_a_bad_one_counts_for_nothing_and_goes_by_age_alone() -> None:
    found = [snapshot(1 * DAY, "PARTIAL"), snapshot(40 * DAY, "FAILED"), snapshot(50 * DAY)]
    assert gone(found, 1, 30) == [40]


@pytest.mark.parametrize(
    "other", [snapshot(90 * DAY, prefix="shop-eu"), Snapshot("shop-manual", "SUCCESS", (), 0), snapshot(90 * DAY, "IN_PROGRESS")]
)
def test_what_is_not_ours_or_not_done_never_goes(other: Snapshot) -> None:
    assert expired("shop", [snapshot(0), other], Retention(1, 0), NOW) == []


AGES = st.lists(st.tuples(st.floats(-DAY, 1000 * DAY), st.sampled_from(["SUCCESS", "PARTIAL", "FAILED", "STARTED"])), max_size=12)


@given(AGES, st.integers(1, 5), st.floats(0, 100))
def test_the_newest_good_one_never_goes(found: list[tuple[float, str]], keep: int, days: float) -> None:
    snapshots = [snapshot(age, state) for age, state in found]
    going = expired("shop", snapshots, Retention(keep, days * DAY), NOW)
    good = sorted((one for one in snapshots if one.state == "SUCCESS"), key=lambda one: (one.begun, one.name))
    assert [one for one in going if one in good[-keep:]] == []
    assert all(one.begun < NOW - days * DAY for one in going)


@pytest.mark.parametrize("keep", [0, -1, 10_001])
def test_nobody_may_keep_none(keep: int) -> None:
    with pytest.raises(InvalidInput, match="never goes"):
        Retention(keep, 0)


@pytest.mark.parametrize(
    ("found", "fresh", "takes"),
    [
        ([], 300, True),
        ([snapshot(10)], 300, False),
        ([snapshot(10)], 0, True),
        ([snapshot(301)], 300, True),
        ([snapshot(10, "PARTIAL")], 300, True),
        ([snapshot(10, prefix="shop-eu")], 300, True),
        ([snapshot(10, indices=("b",))], 300, True),
    ],
)
def test_only_a_good_fresh_one_of_ours_that_holds_as_much_serves(found: list[Snapshot], fresh: float, takes: bool) -> None:
    taking = Taking("nightly", "shop", ("a",), Retention(7, 30 * DAY), fresh)
    assert (TAKE in [step.action for step in plan_taken(taking, found, ("a",), NOW).steps]) is takes


def test_the_old_go_after_the_new_one_in_the_plan() -> None:
    taking = Taking("nightly", "shop", ("a",), Retention(1, 0))
    plan = plan_taken(taking, [snapshot(3 * DAY), snapshot(2 * DAY)], ("a",), NOW)
    assert [step.action for step in plan.steps] == [TAKE, EXPIRE, EXPIRE]
    assert plan.steps[0].subject == "nightly/shop-20330518-033320z"


@pytest.mark.parametrize(
    ("found", "most", "verdict"),
    [
        ([], None, "fail"),
        ([snapshot(5, "STARTED")], 60, "fail"),
        ([snapshot(5)], None, "inconclusive"),
        ([snapshot(5)], 60, "pass"),
        ([snapshot(61)], 60, "fail"),
        ([snapshot(50), snapshot(5, "PARTIAL")], 60, "fail"),
        ([snapshot(50, "PARTIAL"), snapshot(5)], 60, "pass"),
        ([snapshot(50), snapshot(5, "IN_PROGRESS")], 60, "pass"),
    ],
)
def test_the_newest_good_one_is_judged(found: list[Snapshot], most: float | None, verdict: str) -> None:
    assert judged(found, most, NOW)[0] == verdict
