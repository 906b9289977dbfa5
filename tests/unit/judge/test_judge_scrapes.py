"""From scrapes to what a side has counted: nothing is counted twice, lost, or taken from before the watch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._core.errors import Unavailable
from ansible_collections.mainstay.ops.plugins.module_utils._judge.scrapes import Found, Key, Labels, Sample, Tally

ONE: Labels = (("instance", "app1"), ("job", "shop"))
OTHER: Labels = (("instance", "app2"), ("job", "shop"))
OK: Labels = (*ONE, ("status", "200"))
SICK: Labels = (*ONE, ("status", "500"))
Series = Mapping[Labels, list[tuple[float, float]]]


def found(series: Series) -> Found:
    return {Key("requests", labels): [Sample(at, value) for at, value in samples] for labels, samples in series.items()}


def after(looks: Sequence[Series]) -> Tally:
    tally = Tally()
    for look in looks:
        tally = tally.after(found(look))
    return tally


@pytest.mark.parametrize(
    ("looks", "counted", "scrapes"),
    [
        ([{ONE: [(10, 700)]}], 0, 0),  # the first look tells from where to count
        ([{ONE: [(5, 600), (10, 700)]}], 0, 0),
        ([{ONE: [(10, 700)]}, {ONE: [(10, 700), (15, 720)]}], 20, 1),
        ([{ONE: [(10, 700)]}, {ONE: [(10, 700)]}], 0, 0),  # not scraped anew
        ([{ONE: [(10, 700)]}, {ONE: [(10, 700), (15, 720), (20, 750)]}, {ONE: [(20, 750)]}], 50, 2),
        ([{ONE: [(5, 600), (10, 700)]}, {ONE: [(5, 600), (10, 700), (15, 720)]}], 20, 1),  # what was seen before is not a restart
        ([{ONE: [(10, 700)]}, {ONE: [(15, 4), (20, 9)]}], 9, 2),  # started again
        ([{ONE: [(10, 700)]}, {ONE: [(15, 720), (20, 3), (25, 8)]}], 28, 3),  # started again between two scrapes of one look
        ([{OK: [(10, 700)]}, {OK: [(10, 700), (15, 710)], SICK: [(15, 6)]}], 16, 1),  # the first with this status
        ([{OK: [(10, 700)], SICK: [(10, 9)]}, {OK: [(15, 5)]}, {OK: [(20, 6)], SICK: [(20, 2)]}], 8, 2),  # started without it
        ([{ONE: [(10, 700)]}, {ONE: [(15, 710)], OTHER: [(14, 9000)]}], 10, 0),  # a new replica, counting for days
        ([{ONE: [(10, 7)], OTHER: [(11, 7)]}, {ONE: [(15, 8), (20, 9)], OTHER: [(16, 8)]}], 3, 1),  # the one scraped least counts
    ],
)
def test_what_was_counted_since_the_first_look(looks: Sequence[Series], counted: float, scrapes: int) -> None:
    tally = after(looks)
    assert (tally.counted["requests"], tally.scrapes) == (counted, scrapes)


def test_scrapes_that_come_by_turns_are_all_counted() -> None:
    """Neither look has a new scrape of both, and yet both were scraped."""
    looks: list[Series] = [{ONE: [(10.0, 7.0)], OTHER: [(11.0, 7.0)]}]
    looks += [{ONE: [(15.0, 8.0)], OTHER: [(11.0, 7.0)]}, {ONE: [(15.0, 8.0)], OTHER: [(16.0, 8.0)]}]
    assert [after(looks[: n + 1]).scrapes for n in range(3)] == [0, 0, 1]


def test_a_target_that_is_gone_is_trouble_and_goes_on_from_where_it_was() -> None:
    tally = after([{ONE: [(10, 700)], OTHER: [(10, 50)]}])
    with pytest.raises(Unavailable, match="shop app2"):
        tally.after(found({ONE: [(15, 720)]}))
    assert tally.after(found({ONE: [(15, 720)], OTHER: [(20, 60)]})).counted == {"requests": 30}


def test_a_replica_that_joins_holds_nobody_up() -> None:
    looks: list[Series] = [{ONE: [(10.0, 1.0)]}, {ONE: [(15.0, 2.0), (20.0, 3.0)]}]
    looks += [{ONE: [(20.0, 3.0)], OTHER: [(21.0, 900.0)]}, {ONE: [(25.0, 4.0)], OTHER: [(26.0, 901.0)]}]
    assert [after(looks[: n + 1]).scrapes for n in range(4)] == [0, 2, 2, 3]
