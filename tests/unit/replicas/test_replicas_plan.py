"""Which replicas are kept, started, made and removed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._replicas.model import (
    Found,
    Health,
    Holder,
    NameTaken,
    PortTaken,
    Retired,
    Scope,
    Wanted,
)
from ansible_collections.mainstay.ops.plugins.module_utils._replicas.plan import plan_retired, plan_running

from tests.unit.replicas.replica_fakes import IMAGE, container, replica

SCOPE = Scope("production", "shop")
ONE, TWO = "shop-api-blue-1", "shop-api-blue-2"


def running(*containers: Any) -> Wanted:
    return Wanted(SCOPE, "blue", ("api",), containers or (container(),))


def found(*replicas: Any, **changed: Any) -> Found:
    return Found(replicas, **{"images": frozenset({IMAGE}), "well": frozenset({ONE, TWO}), "now": 1000.0, **changed})


def steps(wanted: Wanted, there: Found) -> list[tuple[str, str]]:
    return [(step.action, step.subject) for step in plan_running(wanted, there).steps]


@pytest.mark.parametrize(
    ("there", "wanted"),
    [
        pytest.param(found(), [("create", ONE)], id="nothing there: made"),
        pytest.param(found(images=frozenset()), [("pull", IMAGE), ("create", ONE)], id="image absent: pulled first"),
        pytest.param(found(replica()), [], id="just what is wanted: kept"),
        pytest.param(found(replica(), images=frozenset()), [], id="kept: its image is not needed"),
        pytest.param(found(replica(state="exited", policy="no")), [("start", ONE)], id="retired: started"),
        pytest.param(found(replica(state="created")), [("start", ONE)], id="made and never started: started"),
        pytest.param(found(replica(policy="no")), [("rearm", ONE)], id="runs, but would not come back: rearmed"),
        pytest.param(found(replica(), well=frozenset()), [("await", ONE)], id="runs and is sick: waited for"),
        pytest.param(found(replica(started_at=999.95)), [("await", ONE)], id="runs too short to be proven: waited for"),
        pytest.param(found(replica(config="c0")), [("remove", ONE), ("create", ONE)], id="other configuration: replaced"),
        pytest.param(found(replica(release="v0-0")), [("remove", ONE), ("create", ONE)], id="other release: replaced"),
        pytest.param(found(replica(state="dead")), [("remove", ONE), ("create", ONE)], id="dead: replaced"),
        pytest.param(found(replica(state="paused")), [("remove", ONE), ("create", ONE)], id="paused: replaced"),
        pytest.param(found(replica(), replica(TWO, number=2)), [("remove", TWO)], id="one too many: removed"),
        pytest.param(found(replica(), replica("shop-api-green-1", slot="green", config="x")), [], id="other slot: not touched"),
        pytest.param(
            found(replica(), replica("shop-web-blue-1", service="web", config="x")), [], id="other service: not touched"
        ),
        pytest.param(found(replica("odd", number=1)), [("remove", "odd"), ("create", ONE)], id="other name: replaced"),
    ],
)
def test_a_replica_becomes_what_is_wanted(there: Found, wanted: list[tuple[str, str]]) -> None:
    healthy = container(health=Health(healthy=3, interval=0.1))
    assert steps(running(healthy), there) == wanted


def test_everything_is_pulled_and_everything_old_is_gone_before_the_first_is_made() -> None:
    other = IMAGE.replace("api", "web")
    wanted = running(container(), container(TWO, number=2, port=21001, image=other))
    there = found(replica(config="c0"), replica(TWO, number=2, config="c0"), images=frozenset())
    assert [action for action, _ in steps(wanted, there)] == ["pull", "pull", "remove", "remove", "create", "create"]


def test_one_image_of_several_replicas_is_pulled_once() -> None:
    wanted = running(container(), container(TWO, number=2, port=21001))
    assert [action for action, _ in steps(wanted, found(images=frozenset()))] == ["pull", "create", "create"]


def test_count_0_leaves_none() -> None:
    assert steps(Wanted(SCOPE, "blue", ("api",), ()), found(replica())) == [("remove", ONE)]


def test_a_stranger_with_the_name_is_never_removed() -> None:
    with pytest.raises(NameTaken, match=ONE):
        plan_running(running(), found(strangers=frozenset({ONE})))


@pytest.mark.parametrize(
    ("there", "who"),
    [
        pytest.param(found(holders=(Holder(21000, "nginx"),)), "the container nginx", id="a container"),
        pytest.param(found(holders=(Holder(21000),)), "a process that is no container", id="a process"),
        pytest.param(
            found(replica(state="exited"), holders=(Holder(21000, "nginx"),)), "nginx", id="needed by one that only starts"
        ),
    ],
)
def test_a_port_of_somebody_else_is_refused_by_name(there: Found, who: str) -> None:
    with pytest.raises(PortTaken, match=f"21000.*{who}"):
        plan_running(running(), there)


def test_a_port_is_free_if_its_holder_is_the_one_that_goes_or_stays() -> None:
    holders = (Holder(21000, ONE),)
    assert steps(running(), found(replica(config="c0"), holders=holders)) == [("remove", ONE), ("create", ONE)]
    assert steps(running(), found(replica(), holders=holders)) == []


def retired(*, remove: bool = False) -> Retired:
    return Retired(SCOPE, "blue", ("api",), remove=remove)


@pytest.mark.parametrize(
    ("there", "wanted"),
    [
        pytest.param(replica(), ["retire"], id="runs: retired"),
        pytest.param(replica(state="restarting"), ["retire"], id="crashes again and again: retired"),
        pytest.param(replica(policy="no"), ["retire"], id="restart forbidden, not yet stopped: retired"),
        pytest.param(replica(state="exited"), ["retire"], id="stopped, but would come back: retired"),
        pytest.param(replica(state="exited", policy="no"), [], id="retired: left alone"),
        pytest.param(replica(release="v0-0"), ["retire"], id="any release"),
        pytest.param(replica(slot="green"), [], id="other slot: not touched"),
        pytest.param(replica(service="web"), [], id="other service: not touched"),
    ],
)
def test_what_is_retired(there: Any, wanted: list[str]) -> None:
    assert [step.action for step in plan_retired(retired(), found(there)).steps] == wanted


def test_absent_removes_what_is_retired_too() -> None:
    there = found(replica(), replica(TWO, number=2, state="exited", policy="no"), replica("x", slot="green"))
    assert [(s.action, s.subject) for s in plan_retired(retired(remove=True), there).steps] == [("remove", ONE), ("remove", TWO)]


@pytest.mark.parametrize(
    ("there", "wanted"),
    [
        pytest.param(found(replica(config="c0")), [], id="made otherwise, but runs: kept"),
        pytest.param(found(replica(config="c0"), replica(TWO, number=2)), [], id="too many: kept"),
        pytest.param(found(replica(config="c0", state="exited")), [("remove", ONE), ("create", ONE)], id="ended: made anew"),
        pytest.param(found(replica(release="v0-0")), [("remove", ONE), ("create", ONE)], id="other release: replaced"),
        pytest.param(
            found(replica(), replica(TWO, number=2, release="v0-0")), [("remove", TWO)], id="too many of another: removed"
        ),
        pytest.param(
            found(replica(), replica(TWO, number=2, state="exited")), [("remove", TWO)], id="too many and ended: removed"
        ),
    ],
)
def test_who_goes_back_takes_nothing_away_from_what_serves(there: Found, wanted: list[tuple[str, str]]) -> None:
    assert steps(replace(running(), keep_running=True, keep_surplus=True), there) == wanted


def test_what_is_too_many_goes_when_nobody_is_sent_there_any_more() -> None:
    there = found(replica(config="c0"), replica(TWO, number=2))
    assert steps(replace(running(), keep_running=True), there) == [("remove", TWO)]
