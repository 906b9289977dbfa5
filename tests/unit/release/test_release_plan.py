"""What a run is going to do: a table of (what was found, what is asked, what is decided)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._core.errors import InvalidInput, Unavailable
from ansible_collections.mainstay.ops.plugins.module_utils._release import batches, plan
from ansible_collections.mainstay.ops.plugins.module_utils._release.model import Journal, Ledger, Release

from tests.unit.release.release_found import EMPTY, HOSTS, ON_BLUE, SERVICES, V1, V2, V3, fleet, ledger, replicas, servers

ORDER = plan.Order("deploy", "rolling", "1", keep_previous=False)
SWITCH = plan.Order("deploy", "blue_green", "1", keep_previous=True)


def test_the_first_release_starts_in_blue_and_has_nothing_to_go_back_to() -> None:
    rollout = plan.decide(ORDER, V1, EMPTY)
    assert (rollout.kind, rollout.slot, rollout.origin, rollout.recover) == ("replace", "blue", None, False)
    assert [batch["hosts"] for batch in rollout.batches] == [list(HOSTS)], "without anything in service there is nothing to spare"
    assert rollout.undo["route"]["api"]["state"] == "unrouted"


def test_a_new_release_starts_in_the_idle_slot_batch_by_batch() -> None:
    rollout = plan.decide(ORDER, V2, ON_BLUE)
    assert (rollout.kind, rollout.slot, rollout.origin_slot) == ("replace", "green", "blue")
    assert [batch["hosts"] for batch in rollout.batches] == [["app1"], ["app2"], ["app3"]]
    second = rollout.batches[1]["route"]["api"]["slots"]
    assert second["green"]["hosts"] == ["app1", "app2"]
    assert second["blue"]["hosts"] == ["app3"]
    assert rollout.batches[2]["route"]["api"]["slots"]["blue"]["weight"] == 0


def test_every_batch_is_judged_together_with_those_before_it() -> None:
    rollout = plan.decide(ORDER, V2, ON_BLUE)
    judged = [{endpoint["name"].split()[-1] for endpoint in batch["endpoints"]} for batch in rollout.batches]
    assert judged == [{"app1"}, {"app1", "app2"}, {"app1", "app2", "app3"}]


def test_a_switch_keeps_what_is_routed_and_retires_workers() -> None:
    assert plan.decide(SWITCH, V2, ON_BLUE).retire == ("worker",)
    assert plan.decide(ORDER, V2, ON_BLUE).retire == ("api", "worker")


def test_a_batch_leaves_the_hosts_of_the_one_before_it() -> None:
    rollout = plan.decide(ORDER, V2, ON_BLUE)
    left = {"slot": "blue", "services": ["api", "worker"]}
    assert [batch["leaves"] for batch in rollout.batches] == [
        {},
        {"phase": "retire 1", "hosts": ["app1"], **left},
        {"phase": "retire 2", "hosts": ["app2"], **left},
    ]
    assert rollout.leaves == {"phase": "retire 3", "hosts": ["app3"], **left}


def test_the_same_release_in_service_everywhere_is_nothing_to_do() -> None:
    rollout = plan.decide(ORDER, V1, ON_BLUE)
    assert rollout.kind == "nothing"
    assert not plan.steps(rollout, ORDER).changed


@pytest.mark.parametrize(
    "broken",
    [
        replace(ON_BLUE, journal=Journal("r", "deploy", V1.id, "blue")),
        replace(ON_BLUE, fleet=fleet({h: replicas("blue", V1, ("api",)) for h in HOSTS}, servers("blue"))),
        replace(ON_BLUE, fleet=fleet({h: replicas("blue", V1) for h in HOSTS}, servers("blue", HOSTS[:2]))),
        replace(ON_BLUE, fleet=fleet({h: [*replicas("blue", V1), *replicas("green", V2)] for h in HOSTS}, servers("blue"))),
    ],
    ids=["an open journal", "a replica that is gone", "a host that is not routed", "another release beside it"],
)
def test_the_same_release_is_repaired_in_its_slot(broken: plan.Found) -> None:
    rollout = plan.decide(ORDER, V1, broken)
    assert (rollout.kind, rollout.slot, rollout.recover) == ("repair", "blue", False)
    assert rollout.undo["retire"] == [], "undoing a repair stops nothing that serves"


def test_a_recovery_takes_back_what_was_interrupted_and_leaves_nothing_of_it() -> None:
    half = fleet({h: [*replicas("blue", V1), *replicas("green", V2)] for h in HOSTS}, servers("blue"))
    killed = replace(ON_BLUE, fleet=half, journal=Journal("r", "deploy", V2.id, "green"))
    rollout = plan.decide(replace(SWITCH, verb="recover", keep_previous=False), V1, killed)
    assert (rollout.kind, rollout.slot, rollout.retire) == ("repair", "blue", ("api", "worker"))


def test_a_run_that_was_killed_half_way_is_continued_by_the_same_release() -> None:
    half = fleet({h: [*replicas("blue", V1), *replicas("green", V2)] for h in HOSTS}, servers("green", ("app1",)))
    rollout = plan.decide(ORDER, V2, replace(ON_BLUE, fleet=half))
    assert (rollout.slot, rollout.recover) == ("green", False)


def test_another_release_first_undoes_what_a_killed_run_left_in_rotation() -> None:
    half = fleet({h: [*replicas("blue", V1), *replicas("green", V2)] for h in HOSTS}, servers("green", ("app1",)))
    rollout = plan.decide(ORDER, V3, replace(ON_BLUE, fleet=half))
    assert (rollout.slot, rollout.recover) == ("green", True)
    assert rollout.undo["route"]["api"]["slots"]["green"]["weight"] == 0


def test_without_a_ledger_the_routers_say_which_slot_is_live() -> None:
    assert plan.live_slot(replace(ON_BLUE, ledger=Ledger(), fleet=fleet({"app1": []}, servers("green")))) == "green"


def test_a_host_that_does_not_answer_stops_the_run_before_it_begins() -> None:
    silent = fleet({"app1": replicas("blue", V1)}, servers("blue"), {"app2": "connection refused"})
    with pytest.raises(Unavailable, match="app2: connection refused"):
        plan.decide(ORDER, V2, replace(ON_BLUE, fleet=silent))


def test_an_empty_group_is_an_error() -> None:
    with pytest.raises(InvalidInput, match="group app is empty"):
        plan.decide(ORDER, V2, replace(ON_BLUE, fleet=fleet({}, [])))


@pytest.mark.parametrize(
    ("size", "expected"),
    [("1", [1, 1, 1, 1]), ("2", [2, 2]), ("3", [3, 1]), ("25%", [1, 1, 1, 1]), ("30%", [2, 2]), ("100%", [4]), ("9", [4])],
)
def test_batches_are_as_large_as_asked(size: str, expected: list[int]) -> None:
    assert [len(part) for part in batches.split(["a", "b", "c", "d"], size)] == expected


@pytest.mark.parametrize("size", ["0", "-1", "1; id", "", "%", "0%", "1.5", "99999"])
def test_a_batch_size_that_means_nothing_is_refused(size: str) -> None:
    with pytest.raises(InvalidInput, match="not a batch size"):
        batches.split(["a"], size)


def test_every_phase_of_every_batch_must_be_judged() -> None:
    rollout = plan.decide(ORDER, V2, ON_BLUE)
    assert plan.phases(rollout, migrates=True)[:4] == ("migrate", "start 1", "route 1", "retire 1")
    assert len(plan.phases(rollout, migrates=False)) == 9


def stopped(slot: str, release: Release) -> list[dict[str, Any]]:
    return [{**replica, "state": "exited"} for replica in replicas(slot, release)]


def test_hosts_that_a_killed_run_has_replaced_go_first_and_together() -> None:
    """Nothing serves on them in the old slot any more, so no router may be told to send anybody there."""
    done = [*stopped("blue", V1), *replicas("green", V2)]
    there = {"app1": done, "app2": done, "app3": replicas("blue", V1)}
    routed = [*servers("green", ("app1", "app2")), *servers("blue", ("app3",))]
    found = plan.Found(ledger((V1, "blue")), Journal("r", "deploy", V2.id, "green"), fleet(there, routed))
    rollout = plan.decide(ORDER, V2, found)
    assert [batch["hosts"] for batch in rollout.batches] == [["app1", "app2"], ["app3"]]
    first = rollout.batches[0]["route"]["api"]["slots"]
    assert (first["green"]["hosts"], first["blue"]["hosts"]) == (["app1", "app2"], ["app3"])


def test_what_is_in_service_is_routed_in_the_size_in_which_it_was_found() -> None:
    """The ledger has the size of the first deploy; scaling since has written nothing there."""
    three = {host: [r for r in replicas("blue", V1) for _ in range(3)] for host in HOSTS}
    rollout = plan.decide(ORDER, V2, plan.Found(ledger((V1, "blue")), None, fleet(three, servers("blue"))))
    assert rollout.batches[0]["route"]["api"]["slots"]["blue"]["count"] == 3
    assert rollout.undo["route"]["api"]["slots"]["blue"]["count"] == 3
    assert rollout.origin is not None
    assert batches.started(rollout.origin, "blue")["api"]["count"] == 3


def too_many(slot: str, release: Release) -> list[dict[str, Any]]:
    return [replica for replica in replicas(slot, release) for _ in range(9)]


def test_what_a_repair_stops_is_told_and_judged() -> None:
    there = {**{host: replicas("blue", V1) for host in HOSTS}, "app2": too_many("blue", V1)}
    rollout = plan.decide(ORDER, V1, replace(ON_BLUE, fleet=fleet(there, servers("blue"))))
    assert (rollout.kind, rollout.surplus) == ("repair", ("app2",))
    assert plan.phases(rollout, migrates=False) == ("start 1", "route 1", "retire 1", "trim")
    last = plan.steps(rollout, ORDER).steps[-1]
    assert (last.action, last.subject) == ("trim", "app2")


def test_a_repair_that_stops_nothing_says_nothing_of_it() -> None:
    rollout = plan.decide(ORDER, V1, replace(ON_BLUE, journal=Journal("r", "deploy", V1.id, "blue")))
    assert rollout.kind == "repair"
    assert plan.phases(rollout, migrates=False) == ("start 1", "route 1", "retire 1")
    assert "trim" not in [step.action for step in plan.steps(rollout, ORDER).steps]


def test_a_killed_run_that_goes_on_with_fewer_replicas_stops_the_rest_after_the_last_batch() -> None:
    """Some router may send users to them, until the batches have routed."""
    half = fleet({h: [*replicas("blue", V1), *too_many("green", V2)] for h in HOSTS}, servers("green", ("app1",)))
    rollout = plan.decide(ORDER, V2, replace(ON_BLUE, fleet=half))
    assert (rollout.kind, rollout.surplus) == ("replace", HOSTS)
    assert plan.phases(rollout, migrates=False)[-1] == "trim"


def test_a_lock_is_kept_as_long_as_the_timeouts_add_up_to() -> None:
    patient = replace(V1, services={"api": {**SERVICES["api"], "drain_timeout": "10m", "health": {"deadline": "5m"}}})
    assert batches.longest([V1, patient]) >= 600 + 300 + 10
    assert batches.longest([V1]) < 200
