"""How fast sessions leave: tables of what is due, and what holds of every drain, against a router in memory."""

from __future__ import annotations

import random
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._router.drain import DYING, LOOK_EVERY, Drained, drain
from ansible_collections.mainstay.ops.plugins.module_utils._router.model import Change, Mark, Service
from ansible_collections.mainstay.ops.plugins.module_utils._router.slices import Bound, Tickets, bound, due, remedy
from hypothesis import example, given
from hypothesis import strategies as st

from tests.unit.router.router_fakes import MAINT, FakeRouter, router, serving

RATES = st.one_of(st.integers(1, 300).map(float), st.floats(0.05, 40).map(lambda rate: round(rate, 3)))
OPENED = st.lists(st.integers(0, 120), min_size=1, max_size=4)


def chat(**fields: object) -> Service:
    return Service("chat", "shop_api", {}, routed=False, **fields)  # type: ignore[arg-type]


def drained(service: Service, opened: Sequence[int], **fields: object) -> tuple[Drained, FakeRouter]:
    """What becomes of a service whose servers have so many sessions, and what the router saw."""
    fake = router(*(serving(f"a-blue-{n}", sessions=count) for n, count in enumerate(opened, 1)), **fields)
    leaving = [Change(service, server, Mark(MAINT, 100)) for server in fake.found.values()]
    return drain(fake, leaving, fake.clock), fake


def most_within(moments: Sequence[float], period: float) -> int:
    """How many there are in the fullest window of this length, wherever it begins."""
    return max((sum(start <= moment < start + period - 1e-6 for moment in moments) for start in moments), default=0)


@pytest.mark.parametrize(
    ("left", "expected"), [(20, 0), (10, 0), (5, 50), (1, 90), (0, 100), (-1, 100)], ids=lambda value: str(value)
)
def test_sessions_leave_evenly_over_the_span(left: float, expected: int) -> None:
    assert due(opened=100, at_first=100, left=left, span=10) == expected


def test_those_that_left_by_themselves_count() -> None:
    assert due(opened=40, at_first=100, left=5, span=10) == 0


def test_luck_says_how_late_in_its_slice_one_goes() -> None:
    assert [due(10, 10, 9.5, 10, luck) for luck in (0.0, 0.4, 0.6, 0.9)] == [1, 1, 0, 0]


@pytest.mark.parametrize(
    ("rate", "routers", "expected"),
    [
        pytest.param(50, 1, Bound(50, 1), id="one router has all"),
        pytest.param(50, 3, Bound(16, 1), id="a part of three is rounded down"),
        pytest.param(5, 3, Bound(1, 1), id="down to one a second"),
        pytest.param(2, 3, Bound(1, 1.5), id="fewer than routers: one in more than a second"),
        pytest.param(0.01, 2, Bound(1, 200), id="one in minutes"),
    ],
)
def test_every_router_has_its_part(rate: float, routers: int, expected: Bound) -> None:
    assert bound(rate, routers) == expected


@given(RATES, st.integers(1, 50))
def test_the_parts_of_all_routers_are_never_more_than_the_whole(rate: float, routers: int) -> None:
    part = bound(rate, routers)
    assert routers * part.most / part.period <= rate * (1 + 1e-12)


@given(RATES, st.integers(1, 5), OPENED, st.floats(0, 20), st.floats(0, 1))
@example(300.0, 1, [120, 120, 120], 5.0, 1.0)
def test_no_window_has_more_cuts_than_the_bound(
    rate: float, routers: int, opened: list[int], timeout: float, spread: float
) -> None:
    service = chat(drain_rate=rate, routers=routers, drain_timeout=timeout, spread=timeout * spread)
    _done, fake = drained(service, opened)
    part = bound(rate, routers)
    assert most_within([moment for moment, _session in fake.cuts], part.period) <= part.most


@given(RATES, st.integers(1, 5), OPENED, st.floats(0, 5), st.floats(0, 1))
@example(50.0, 1, [100, 100], 0.0, 0.0)
def test_all_are_gone_by_the_end_when_they_fit_and_none_before_it_is_time(
    rate: float, routers: int, opened: list[int], longer: float, spread: float
) -> None:
    takes = bound(rate, routers).takes(sum(opened))
    service = chat(drain_rate=rate, routers=routers, drain_timeout=takes + 2 * LOOK_EVERY + longer)
    service = replace(service, spread=service.drain_timeout * spread)
    done, fake = drained(service, opened)
    assert (done.cut, done.left, done.warnings) == (sum(opened), 0, ())
    assert sorted(session for _moment, session in fake.cuts) == sorted(
        f"a-blue-{n}#{number}" for n, count in enumerate(opened, 1) for number in range(count)
    )
    begins = service.drain_timeout - max(takes, service.spread)
    assert all(moment >= begins - 1e-6 for moment, _session in fake.cuts)
    assert done.seconds <= service.drain_timeout + LOOK_EVERY


@given(RATES, OPENED, st.floats(0, 3))
def test_what_does_not_fit_is_left_until_the_end_and_counted(rate: float, opened: list[int], timeout: float) -> None:
    done, fake = drained(chat(drain_rate=rate, drain_timeout=timeout), opened)
    assert done.cut == len(fake.cuts)
    assert done.cut + done.left == sum(opened)
    assert bool(done.left) == bool(done.warnings)
    assert done.seconds <= timeout + DYING + LOOK_EVERY
    assert not any(fake.opened.values())


@given(st.integers(1, 5000), st.integers(1, 200), st.integers(1, 4), st.integers(1, 60))
def test_the_remedy_of_a_warning_helps(opened: int, rate: int, routers: int, timeout: int) -> None:
    words = remedy(chat(drain_rate=rate, routers=routers, drain_timeout=timeout), opened).split()
    longer, faster = float(words[3].rstrip("s")), float(words[-1])
    assert bound(rate, routers).takes(opened) < longer
    assert bound(faster, routers).takes(opened) < timeout


def test_a_warning_says_how_many_were_left_and_what_to_raise() -> None:
    done, _fake = drained(chat(drain_rate=10.0, routers=2, drain_timeout=2.0), [30])
    assert done.warnings == (
        f"chat: {done.left} connections were still open when drain_timeout was over, and were ended all at once, "
        "because drain_rate left no time for them; raise drain_timeout to 8s or drain_rate to 42",
    )


def test_without_a_rate_what_outstays_is_cut_and_nothing_is_left() -> None:
    done, _fake = drained(chat(drain_timeout=1.0), [30])
    assert (done.cut, done.left, done.warnings) == (30, 0, ())


def test_the_bound_is_for_the_service_not_for_each_of_its_servers() -> None:
    _done, fake = drained(chat(drain_rate=10.0, drain_timeout=20.0), [25, 25, 25, 25])
    assert most_within([moment for moment, _session in fake.cuts], 1.0) <= 10
    assert {session.partition("#")[0] for _moment, session in fake.cuts[:40]} == {f"a-blue-{n}" for n in range(1, 5)}


def test_a_spread_begins_no_later_than_it_says_though_the_rate_would_let_it() -> None:
    _done, fake = drained(chat(drain_rate=1000.0, drain_timeout=10.0, spread=8.0), [100])
    moments = [moment for moment, _session in fake.cuts]
    assert 2.0 <= min(moments) < 2.5
    assert max(moments) > 9.5


def test_single_cuts_come_at_random_and_so_does_who_is_cut() -> None:
    gaps, orders = set(), set()
    for _time in range(5):
        _done, fake = drained(chat(drain_rate=2.0, drain_timeout=15.0), [20])
        moments = [moment for moment, _session in fake.cuts]
        gaps |= {round(after - before, 2) for before, after in pairwise(moments)}
        orders.add(tuple(session for _moment, session in fake.cuts))
    assert len(gaps) > 5
    assert len(orders) == 5


def test_the_first_tickets_come_in_one_to_a_slice_at_another_moment_on_each_router() -> None:
    firsts = []
    for seed in range(3):
        tickets = Tickets(Bound(4, 1.0), 0.0, random.Random(seed))
        moments = [now / 1000 for now in range(1, 1001) if tickets.ready(now / 1000) > tickets.ready((now - 1) / 1000)]
        assert [int(moment * 4 - 1e-6) for moment in moments] == [0, 1, 2, 3]
        firsts.append(moments[0])
    assert len(set(firsts)) == 3


def test_tickets_that_come_back_do_not_march_in_step() -> None:
    tickets, now = Tickets(Bound(4, 1.0), 0.0, random.Random(7)), 0.0
    moments: list[float] = []
    while len(moments) < 400:
        now += 0.001
        ready = tickets.ready(now)
        tickets.take(ready, now)
        moments += [now] * ready
    periods = [after - before for before, after in zip(moments, moments[4:], strict=False)]
    assert min(periods) >= 1.0
    assert statistics.stdev(periods) > 0.01
    assert 4 / (statistics.mean(periods)) > 3.6


def test_one_that_takes_its_time_to_end_is_cut_once() -> None:
    """HAProxy lists a session that it was told to end for a moment more."""
    fake = router(serving("a-blue-1", sessions=10))
    ends: dict[str, float] = {}
    end = fake.cut_sessions

    def end_slowly(ids: Iterable[str]) -> int:
        told = {one: fake.clock.now() + 0.3 for one in ids}
        ends.update(told)
        return len(told)

    def tick(now: float) -> None:
        for one in [one for one, moment in ends.items() if moment <= now]:
            ends.pop(one)
            end([one])

    fake.cut_sessions = end_slowly  # type: ignore[method-assign]
    fake.clock.on_tick = tick
    service = chat(drain_rate=10.0, drain_timeout=5.0)
    done = drain(fake, [Change(service, server, Mark(MAINT, 100)) for server in fake.found.values()], fake.clock)
    assert (done.cut, done.left) == (10, 0)


def test_one_that_ended_by_itself_right_then_is_not_counted() -> None:
    fake = router(serving("a-blue-1", sessions=10))
    listed = fake.session_ids

    def leave_right_after(servers: object) -> list[str]:
        ids = listed(servers)  # type: ignore[arg-type]
        for opened in fake.opened.values():
            opened.clear()
        return ids

    fake.session_ids = leave_right_after  # type: ignore[method-assign]
    service = chat(drain_rate=10.0, drain_timeout=2.0)
    done = drain(fake, [Change(service, server, Mark(MAINT, 100)) for server in fake.found.values()], fake.clock)
    assert (done.cut, done.left) == (0, 0)
