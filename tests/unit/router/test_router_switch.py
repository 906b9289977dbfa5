"""The order in which traffic is moved, against a router in memory."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._core.errors import Failed, FencedOff
from ansible_collections.mainstay.ops.plugins.module_utils._router.model import (
    DRAIN,
    MAINT,
    READY,
    Mark,
    Route,
    ServerNotUp,
    Slot,
)
from ansible_collections.mainstay.ops.plugins.module_utils._router.plan import plan
from ansible_collections.mainstay.ops.plugins.module_utils._router.switch import Outcome, Switch

from tests.unit.router.router_fakes import FULL, FakeRouter, found, route, router, server, serving

GREEN = route({"green": Slot(50, 1)})


class Fence:
    """Lets a run write so many times."""

    def __init__(self, times: int = 99) -> None:
        self.left = times

    def __call__(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise FencedOff("newer run")


def switch(fake: FakeRouter, wanted: Route = GREEN, fence: Fence | None = None) -> Outcome:
    steps = plan(wanted, found(*fake.found.values()))
    return Switch(fake, wanted, steps, fence or Fence(), fake.clock).perform()


def test_new_ones_wait_in_drain_then_one_write_moves_all_and_the_old_end_in_maintenance() -> None:
    fake = router(serving("a-blue-1"), server("a-green-1"))
    switch(fake)
    assert fake.written == [
        [("a-green-1", Mark(DRAIN, 50))],
        [("a-green-1", Mark(READY, 50)), ("a-blue-1", Mark(DRAIN, 100))],
        [("a-blue-1", Mark(MAINT, 100))],
    ]
    assert fake.log == ["save", "save"]


def test_a_server_that_is_only_believed_to_be_up_is_waited_for() -> None:
    fake = router(serving("a-blue-1"), server("a-green-1"))
    moments: list[float] = []
    fake.clock.on_tick = moments.append
    switch(fake)
    assert moments, "the first reading shows a belief, so there must be a second"


def test_a_sick_server_stops_all_and_everything_is_put_back() -> None:
    fake = router(serving("a-blue-1"), server("a-green-1"), server("b-green-1", DRAIN, 7, **FULL), sick={"a-green-1"})
    with pytest.raises(ServerNotUp, match=r"a-green-1 \(L7STS, health 0 of 4\) up within 5 s") as caught:
        switch(fake)
    assert fake.written[-1] == [("a-green-1", Mark(MAINT, 100)), ("b-green-1", Mark(DRAIN, 7))]
    assert caught.value.details["servers"] == ["shop_api/a-green-1"]
    assert all(name != "a-blue-1" for batch in fake.written for name, _ in batch)


@pytest.mark.parametrize("fields", [{"checked": False}, {"fall": 1}], ids=["no check", "fall 1"])
def test_a_server_that_cannot_be_seen_up_is_refused_without_waiting(fields: dict[str, Any]) -> None:
    fake = router(serving("a-blue-1"), server("a-green-1", **fields))
    with pytest.raises(ServerNotUp, match="cannot see whether a-green-1 is up"):
        switch(fake)
    assert fake.clock.now() == 0


def test_nobody_leaves_when_all_that_would_stay_are_down() -> None:
    fake = router(serving("a-blue-1"), serving("b-blue-1", running=False), sick={"b-blue-1"})
    with pytest.raises(ServerNotUp, match="all servers that would stay in shop_api are down"):
        switch(fake, route({"blue": Slot(100, 1, ("b",))}))
    assert fake.written == [[]]


def test_a_router_that_does_not_keep_what_was_written_is_an_error() -> None:
    fake = router(serving("a-blue-1"), server("a-green-1"), deaf={"a-blue-1"})
    with pytest.raises(Failed, match="a-blue-1 is ready, weight 100 instead of drain, weight 100"):
        switch(fake)
    assert fake.log == []


def test_the_old_are_not_retired_before_their_last_session_ends() -> None:
    fake = router(serving("a-blue-1", sessions=3), server("a-green-1"), leaves={"a-blue-1": 4.0})
    outcome = switch(fake)
    assert outcome.drained.cut == 0
    assert 3.8 < outcome.drained.seconds < 4.1


def test_sessions_beyond_the_drain_timeout_are_cut_and_counted_once() -> None:
    fake = router(serving("a-blue-1", sessions=3), serving("b-blue-1", sessions=2), server("a-green-1"))
    outcome = switch(fake, route({"green": Slot(50, 1)}, drain_timeout=2.0))
    assert outcome.drained.cut == 5
    assert [line for line in fake.log if line.startswith("cut")] == ["cut a-blue-1", "cut b-blue-1"]
    assert 1.9 < outcome.drained.seconds < 2.2


def test_with_a_spread_sessions_leave_in_many_slices() -> None:
    fake = router(serving("a-blue-1", sessions=60), server("a-green-1"))
    outcome = switch(fake, route({"green": Slot(50, 1)}, drain_timeout=10.0, spread=3.0))
    moments = [moment for moment, _session in fake.cuts]
    assert (outcome.drained.cut, outcome.drained.left) == (60, 0)
    assert max(moments.count(moment) for moment in moments) <= 3
    assert min(moments) >= 7.0


def test_a_run_that_is_fenced_off_while_it_waits_writes_no_more() -> None:
    for allowed in (0, 1, 2):
        fake = router(serving("a-blue-1"), server("a-green-1"))
        with pytest.raises(FencedOff):
            switch(fake, fence=Fence(allowed))
        assert len(fake.written) == allowed


def test_a_session_that_does_not_end_though_cut_does_not_hold_up_the_run() -> None:
    fake = router(serving("a-blue-1", sessions=1), server("a-green-1"))
    fake.cut = lambda servers: None  # type: ignore[method-assign]
    outcome = switch(fake, route({"green": Slot(50, 1)}, drain_timeout=1.0))
    assert outcome.drained.cut == 1
    assert outcome.drained.seconds < 3.2
    assert replace(next(iter(fake.found.values()))).state == MAINT
