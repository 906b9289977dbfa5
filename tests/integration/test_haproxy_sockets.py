"""WebSockets leave a slot of a real HAProxy at their rate; every client that is cut connects again at once."""

from __future__ import annotations

import shutil
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Thread
from uuid import uuid4

import pytest
from ansible_module import run_module
from haproxy_server import Fixture, names, running
from sockets_load import Crowd, crowd
from test_haproxy_route import params, route

BLUE = {"blue": {"weight": 100, "count": 2}}
GREEN = {"green": {"weight": 100, "count": 2}}
QUICK = 0.01
"""Seconds that a cut takes from HAProxy to a client that is not kept waiting by its machine."""


@contextmanager
def connected(root: Path, size: int) -> Iterator[tuple[Fixture, Crowd]]:
    """An HAProxy with two replicas in each slot, and so many WebSockets open to the blue ones."""
    root.mkdir(exist_ok=True)
    with running(root, {"shop_api": names(["app1"], 2)}) as fixture:
        for replica in fixture.replicas.values():
            replica.stop()
        ports = {replica.name: replica.port for replica in fixture.replicas.values()}
        with crowd(fixture.port, ports, size, lambda: route(params(fixture, BLUE))) as made:
            yield fixture, made


def fullest(moments: Sequence[float], late: float) -> int:
    """The most within a second, wherever it begins, less the time by which a moment may have been noticed too late."""
    window = max(0.1, 1.0 - late - QUICK)
    return max(sum(start <= moment < start + window for moment in moments) for start in moments)


def by_second(moments: Sequence[float], began: float) -> list[int]:
    counted = Counter(int(moment - began) for moment in moments)
    return [counted[second] for second in range(max(counted) + 1)]


@pytest.fixture
def environment() -> Iterator[str]:
    """One that only this test has; hosts remember tokens under /var/lib/mainstay."""
    name = f"test-{uuid4().hex[:8]}"
    yield name
    shutil.rmtree(Path("/var/lib/mainstay", name), ignore_errors=True)


def is_on(server: str, slot: str) -> bool:
    return f"-{slot}-" in server


def test_five_hundred_leave_at_their_rate_and_each_comes_back_once(tmp_path: Path) -> None:
    size, rate = 500, 60
    with connected(tmp_path, size) as (shop, made):
        began = time.monotonic()
        result = route(params(shop, GREEN, drain_timeout="12s", spread="11s", drain_rate=rate))
        took = time.monotonic() - began
        time.sleep(0.2)
        moments = [moment for moment, _client in made.cuts]
        print(f"by second {by_second(moments, began)}, fullest {fullest(moments, made.late)} of {rate}, late {made.late:.3f} s")
        print({key: result[key] for key in ("cut", "left", "drained_s")}, made.requests, "requests beside them")
        assert (result["cut"], result["left"], result["warnings"]) == (size, 0, [])
        assert took < 20
        assert fullest(moments, made.late) <= rate
        assert min(moments) > began + 1.0, "none before its slice, and none before the switch"
        assert Counter(client for _moment, client in made.cuts) == dict.fromkeys(range(size), 1), "each once"
        assert {slot for server in made.now_on.values() for slot in ("blue", "green") if is_on(server, slot)} == {"green"}
        assert made.failed == []
        assert made.requests > 100


def test_those_that_do_not_fit_are_left_told_and_do_not_hold_up_the_run(tmp_path: Path, environment: str) -> None:
    size, rate = 300, 40
    with connected(tmp_path, size) as (shop, made):
        asked = {**params(shop, GREEN, drain_timeout="3s", drain_rate=rate), "fence": {"environment": environment}}
        result = run_module("haproxy_route", **{name: value for name, value in asked.items() if value is not None})
        time.sleep(0.3)
        assert not result["failed"], result
        moments = sorted(moment for moment, _client in made.cuts)
        in_slices, at_once = moments[: result["cut"]], moments[result["cut"] :]
        print(f"cut by second {by_second(moments, moments[0])}, {result['cut']} cut, {result['left']} left")
        print(result["warned"])
        assert result["cut"] + result["left"] == len(moments) == size
        assert len(at_once) == result["left"] > 100
        assert fullest(in_slices, made.late) <= rate
        assert at_once[-1] - at_once[0] < 2 + made.late
        assert 2.9 < result["drained_s"] < 3.0 + 10.0
        assert f"api: {result['left']} connections were still open" in result["warned"]
        assert "raise drain_timeout to 10s or drain_rate to" in result["warned"]
        assert len(made.welcomes) == 2 * size, "each came back once"
        assert made.failed == []


def test_routers_share_the_rate(tmp_path: Path) -> None:
    size, rate, results = 60, 25, []

    def switch(shop: Fixture) -> None:
        results.append(route(params(shop, GREEN, drain_timeout="7s", spread="6800ms", drain_rate=rate, routers=2)))

    with ExitStack() as stack:
        there = [stack.enter_context(connected(tmp_path / name, size)) for name in ("proxy1", "proxy2")]
        switches = [Thread(target=switch, args=(shop,)) for shop, _made in there]
        for thread in switches:
            thread.start()
        for thread in switches:
            thread.join()
        time.sleep(0.2)
        moments = sorted(moment for _shop, made in there for moment, _client in made.cuts)
        late = max(made.late for _shop, made in there)
        print(f"both routers by second {by_second(moments, moments[0])}, fullest {fullest(moments, late)} of {rate}")
        assert [(result["cut"], result["left"]) for result in results] == [(size, 0)] * 2
        assert fullest(moments, late) <= rate
        assert [made.failed for _shop, made in there] == [[], []]
