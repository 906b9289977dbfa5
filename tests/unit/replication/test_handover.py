"""Never two primaries, and nothing lost that was acknowledged: what a switch does, and when it is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._core.errors import InvalidInput, MainstayError
from ansible_collections.mainstay.ops.plugins.module_utils._replication import handover, model
from ansible_collections.mainstay.ops.plugins.module_utils._replication.handover import Scene, Switch
from ansible_collections.mainstay.ops.plugins.module_utils._replication.model import Local, Proof, Record

from tests.unit.replication.replication_found import (
    AT_END,
    DATA,
    INSTANCE,
    OTHER,
    PROOF,
    fenced,
    followed,
    primary,
    server,
    standby,
    stopped,
)

UP_TO_DATE = standby(position=AT_END + 120)
FOLLOWER = server(in_recovery=True)
LATER: dict[str, Any] = {"in_recovery": True, "position": AT_END + 120, "timeline": 3}


def switch(state: str = "promoted", **changed: Any) -> Switch:
    return replace(Switch(INSTANCE, "production", "db2", state), **changed)


LOST = switch(lost="db1", hook=("/bin/off", "db1"), confirm="production db1 is lost")


def planned(wanted: Switch, found: Scene) -> list[str]:
    return [step.action for step in handover.PLANS[wanted.state](wanted, found).steps]


@pytest.mark.parametrize(
    ("local", "steps"),
    [
        (primary(), ["checkpoint", "fence", "stop", "prove"]),
        (replace(fenced(proof=None), pid=42, state="in production"), ["stop", "prove"]),
        (fenced(proof=None), ["prove"]),
        (fenced(), []),
        (stopped(), ["fence", "prove"]),
        (stopped(state="in production"), ["fence"]),
        (standby(record=Record("fenced", 1.0)), ["stop", "prove"]),
    ],
)
def test_a_primary_is_fenced_from_wherever_it_is(local: Local, steps: list[str]) -> None:
    assert planned(switch("fenced", slot="db2"), Scene(local)) == steps


@pytest.mark.parametrize(
    ("local", "slot", "error"),
    [
        (primary(server=followed(lag=2**30)), "db2", model.ReplicaTooFarBehind),
        (primary(server=followed(state="catchup")), "db2", model.ReplicaTooFarBehind),
        (primary(server=server()), "db2", model.ReplicaTooFarBehind),
        (primary(), "db3", model.ReplicaTooFarBehind),
        (primary(), "", model.NotConfirmed),
        (standby(), "db2", model.NotAPrimary),
        (Local(DATA), "db2", model.NotAPrimary),
        (fenced(stage="removed", proof=None), "db2", model.NotAPrimary),
        (fenced(stage="rewinding", proof=None), "db2", model.NotAPrimary),
    ],
)
def test_nothing_is_fenced_without_a_successor(local: Local, slot: str, error: type[MainstayError]) -> None:
    with pytest.raises(error):
        planned(switch("fenced", slot=slot), Scene(local))


@pytest.mark.parametrize(
    ("wanted", "found", "error"),
    [
        (switch(proof=PROOF), Scene(standby(position=AT_END), is_end=True), model.ReplicaTooFarBehind),
        (switch(proof=PROOF), Scene(UP_TO_DATE, is_end=False), model.NotFenced),
        (switch(proof=PROOF), Scene(standby(position=AT_END + 1000), is_end=True), model.NotFenced),
        (switch(proof=PROOF), Scene(standby(server=server(**LATER)), is_end=True), model.NotFenced),
        (switch(proof=PROOF), Scene(UP_TO_DATE, True, rival=server()), model.PrimaryRuns),
        (switch(proof=Proof(OTHER, 1, AT_END)), Scene(UP_TO_DATE, True), model.NotThisCluster),
        (switch(proof=PROOF), Scene(stopped(), True), model.NotAStandby),
        (switch(), Scene(UP_TO_DATE), model.NotFenced),
        (switch(lost="db1"), Scene(UP_TO_DATE), model.NotFenced),
        (switch(lost="db1", hook=("/bin/off",)), Scene(UP_TO_DATE), model.NotConfirmed),
        (switch(lost="db1", confirm="production db1 is lost"), Scene(UP_TO_DATE), model.NotFenced),
        (switch(proof=PROOF), Scene(UP_TO_DATE, True, peers=(FOLLOWER, server())), model.PrimaryRuns),
        (LOST, Scene(UP_TO_DATE, peers=(FOLLOWER, server())), model.PrimaryRuns),
    ],
)
def test_nobody_is_promoted_without_proof(wanted: Switch, found: Scene, error: type[MainstayError]) -> None:
    with pytest.raises(error):
        planned(wanted, found)


def test_a_standby_that_has_replayed_the_shutdown_is_promoted_once() -> None:
    assert planned(switch(proof=PROOF), Scene(UP_TO_DATE, is_end=True)) == ["promote", "settle"]
    assert planned(switch(proof=PROOF), Scene(primary(), is_end=True)) == []
    assert planned(switch(proof=PROOF), Scene(primary(record=Record("promoting", 1.0)), is_end=True)) == ["settle"]


def test_a_lost_primary_is_fenced_from_outside_first() -> None:
    assert planned(LOST, Scene(UP_TO_DATE, peers=(FOLLOWER,))) == ["fence from outside", "promote", "settle"]


@pytest.mark.parametrize(
    ("local", "peers", "steps"),
    [
        (fenced(), (FOLLOWER,), ["release", "start"]),
        (fenced(proof=None), (server(in_recovery=True, position=AT_END + 1000),), ["release", "start"]),
        (primary(is_standby=True), (), ["release"]),
        (primary(record=Record("fenced", 1.0)), (), ["release"]),
        (replace(fenced(proof=None), is_standby=False), (FOLLOWER,), ["release", "start"]),
        (standby(record=Record("fenced", 1.0)), (FOLLOWER,), ["stop", "release", "start"]),
        (primary(), (), []),
    ],
)
def test_a_fenced_primary_takes_writes_again(local: Local, peers: tuple[Any, ...], steps: list[str]) -> None:
    assert planned(switch("resumed"), Scene(local, peers=peers)) == steps


@pytest.mark.parametrize(
    ("local", "peers", "error"),
    [
        (fenced(), (), model.NotFenced),
        (fenced(), (FOLLOWER, None), model.NotFenced),
        (fenced(), (server(),), model.PrimaryRuns),
        (fenced(), (server(in_recovery=True, timeline=2),), model.PrimaryRuns),
        (fenced(), (server(in_recovery=True, position=AT_END + 1000),), model.PrimaryRuns),
        (fenced(stage="rewinding"), (FOLLOWER,), model.NotAPrimary),
        (fenced(stage="removed"), (FOLLOWER,), model.NotAPrimary),
        (standby(record=Record("fenced", 1.0)), (server(),), model.PrimaryRuns),
        (stopped(), (FOLLOWER,), model.NotAPrimary),
        (standby(), (FOLLOWER,), model.NotAPrimary),
    ],
)
def test_it_takes_none_where_another_may(local: Local, peers: tuple[Any, ...], error: type[MainstayError]) -> None:
    with pytest.raises(error):
        planned(switch("resumed"), Scene(local, peers=peers))


@pytest.mark.parametrize("changed", [{"hook": ("off",)}, {"hook": ("/bin/off\0",)}, {"slot": "A"}, {"lost": "a b"}, {"host": ""}])
def test_what_cannot_be_meant_is_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        switch(**changed)
