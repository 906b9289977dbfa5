"""Who may take over from whom, and what nobody may do."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._core.errors import InvalidInput, MainstayError, NotFound
from ansible_collections.mainstay.ops.plugins.module_utils._patroni.model import (
    Cluster,
    ClusterPaused,
    Member,
    NoSingleLeader,
    NotFit,
    Switching,
    SwitchScheduled,
    Unconfirmed,
)
from ansible_collections.mainstay.ops.plugins.module_utils._patroni.plan import plan_maintenance, plan_rebuild, plan_switch

from tests.unit.patroni.patroni_found import DB1, DB2, DB3, LEADING, SOUND, WRITTEN, having, saying

SCHEDULED = {"at": "2026-11-22T03:00:00+00:00", "from": "db1"}
TWO_PRIMARIES = having(saying(DB2, is_primary=True))
SYNCHRONOUS = {"synchronous_mode": True}


def switches(wanted: Switching, cluster: Cluster) -> list[tuple[str, str]]:
    return [(step.before, step.after) for step in plan_switch(wanted, cluster).steps]


@pytest.mark.parametrize(
    ("wanted", "cluster", "steps"),
    [
        (Switching("db2"), SOUND, [("db1 leads", "db2 leads")]),
        (Switching("db1"), SOUND, []),
        (Switching("db1"), replace(SOUND, is_paused=True), []),
        (Switching(), SOUND, [("db1 leads", "db2 leads")]),
        (Switching(leader="db1"), SOUND, [("db1 leads", "db2 leads")]),
        (Switching(leader="db2"), SOUND, []),
        (Switching("db3", leader="db2"), SOUND, []),
        (Switching("db3", leader="db1"), SOUND, [("db1 leads", "db3 leads")]),
        (Switching(), having(saying(DB2, replayed=WRITTEN - 1)), [("db1 leads", "db3 leads")]),
        (Switching(), having(replace(DB2, tags={"nofailover": True})), [("db1 leads", "db3 leads")]),
        (Switching(), having(replace(DB3, tags={"failover_priority": 2})), [("db1 leads", "db3 leads")]),
        (Switching(), having(replace(DB2, said=None)), [("db1 leads", "db3 leads")]),
        (Switching(), having(replace(DB3, role="sync_standby"), configuration=SYNCHRONOUS), [("db1 leads", "db3 leads")]),
        (Switching("db2", max_lag=100), having(saying(DB2, replayed=WRITTEN - 100)), [("db1 leads", "db2 leads")]),
        (Switching("db2"), having(replace(DB2, state="streaming")), [("db1 leads", "db2 leads")]),
        (Switching("db2"), having(replace(DB2, tags={"nofailover": False})), [("db1 leads", "db2 leads")]),
    ],
)
def test_the_named_or_the_fittest_member_takes_over(wanted: Switching, cluster: Cluster, steps: list[tuple[str, str]]) -> None:
    assert switches(wanted, cluster) == steps


@pytest.mark.parametrize(
    ("member", "why"),
    [
        (replace(DB2, tags={"nofailover": True}), "tagged never to lead"),
        (replace(DB2, tags={"failover_priority": 0}), "tagged never to lead"),
        (replace(DB2, said=None), "its own REST API does not answer"),
        (replace(DB2, state="creating replica"), "its state is creating replica"),
        (saying(DB2, state="starting"), "its state is starting"),
        (saying(DB2, timeline=2), "it is on timeline 2, and the leader on 3"),
        (saying(DB2, replayed=WRITTEN - 2_000_000), "it is 2000000 bytes behind, and 1048576 are allowed"),
        (saying(DB2, replayed=0), "how far it is behind cannot be told"),
    ],
)
def test_a_member_that_could_lose_something_is_refused_by_its_name_and_passed_by_without(member: Member, why: str) -> None:
    with pytest.raises(NotFit, match=why):
        plan_switch(Switching("db2"), having(member))
    assert switches(Switching(), having(member)) == [("db1 leads", "db3 leads")]
    with pytest.raises(NotFit, match=rf"db2: .*{why}.*; db3: .*{why}"):
        plan_switch(Switching(), having(member, replace(member, name="db3")))


def test_one_that_does_not_stream_from_the_leader_is_refused() -> None:
    lonely = having(saying(DB1, followers=frozenset({"db3"})))
    with pytest.raises(NotFit, match="db2 cannot take over from db1: it does not stream from the leader"):
        plan_switch(Switching("db2"), lonely)
    by_another_replica = having(saying(DB1, followers=frozenset({"db3"})), saying(DB2, is_streaming=True))
    assert switches(Switching("db2"), by_another_replica)


@pytest.mark.parametrize("mode", [True, "on", "quorum"])
def test_a_synchronous_cluster_is_led_only_by_one_for_which_commits_waited(mode: object) -> None:
    cluster = having(replace(DB3, role="sync_standby"), configuration={"synchronous_mode": mode})
    with pytest.raises(NotFit, match="commits do not wait for it"):
        plan_switch(Switching("db2"), cluster)
    assert switches(Switching("db3"), cluster)


@pytest.mark.parametrize(
    ("cluster", "error", "told"),
    [
        (having(replace(DB1, role="replica")), NoSingleLeader, r"0 members lead the cluster.*db1 \(running\), db2"),
        (having(replace(DB2, role="leader")), NoSingleLeader, "2 members lead"),
        (TWO_PRIMARIES, NoSingleLeader, "db1 holds the leader's key, and what takes writes by its own word is db1 and db2"),
        (having(saying(DB1, is_primary=False)), NoSingleLeader, "takes writes by its own word is nothing"),
        (having(replace(DB1, said=None)), NoSingleLeader, "REST API of db1, at http://db1:8008/patroni, does not answer"),
        (having(replace(DB1, role="standby_leader", said=replace(LEADING, is_primary=False))), NoSingleLeader, "standby cluster"),
        (replace(SOUND, is_paused=True), ClusterPaused, "patroni_maintenance with state: running"),
        (replace(SOUND, scheduled=SCHEDULED), SwitchScheduled, "at 2026-11-22T03:00:00.*flush shop switchover"),
        (Cluster((saying(DB1, followers=frozenset()),)), NotFit, "it is the only member"),
    ],
)
@pytest.mark.parametrize("wanted", [Switching(), Switching(leader="db1")])
def test_nothing_is_switched_in_a_cluster_that_is_not_sound(
    wanted: Switching, cluster: Cluster, error: type[MainstayError], told: str
) -> None:
    with pytest.raises(error, match=told):
        plan_switch(wanted, cluster)


@pytest.mark.parametrize("wanted", [Switching("db4"), Switching(leader="db4"), Switching("db1", leader="db4")])
def test_a_name_that_is_none_is_refused_even_where_nothing_would_be_done(wanted: Switching) -> None:
    with pytest.raises(NotFound, match="has no member db4: it has db1, db2 and db3"):
        plan_switch(wanted, SOUND)


@pytest.mark.parametrize("given", [{"candidate": "db 2"}, {"leader": "-"}, {"max_lag": -1}, {"max_lag": 1 << 50}])
def test_what_is_no_name_and_no_number_is_refused(given: dict[str, object]) -> None:
    with pytest.raises(InvalidInput):
        Switching(**given)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("cluster", "paused", "actions"),
    [
        (SOUND, True, ["pause"]),
        (SOUND, False, []),
        (replace(SOUND, is_paused=True), True, []),
        (replace(SOUND, is_paused=True), False, ["resume"]),
        (TWO_PRIMARIES, True, ["pause"]),
        (having(replace(DB1, role="replica", said=None), is_paused=True), False, ["resume"]),
    ],
)
def test_a_cluster_is_paused_and_resumed(cluster: Cluster, paused: bool, actions: list[str]) -> None:
    assert [step.action for step in plan_maintenance(cluster, paused=paused).steps] == actions


def test_a_cluster_with_two_that_take_writes_is_not_resumed() -> None:
    with pytest.raises(NoSingleLeader, match=r"db1 and db2 take writes.*throw away"):
        plan_maintenance(replace(TWO_PRIMARIES, is_paused=True), paused=False)


@pytest.mark.parametrize(
    ("name", "cluster", "confirm", "error"),
    [
        ("db4", SOUND, "shop/db4", NotFound),
        ("db1", SOUND, "shop/db1", NotFit),
        ("db3", having(replace(DB1, role="replica")), "shop/db3", NoSingleLeader),
        ("db3", SOUND, "", Unconfirmed),
        ("db3", SOUND, "shop/db2", Unconfirmed),
        ("db3", SOUND, "yes", Unconfirmed),
    ],
)
def test_a_member_is_not_rebuilt_that_leads_or_that_nobody_means(
    name: str, cluster: Cluster, confirm: str, error: type[MainstayError]
) -> None:
    with pytest.raises(error):
        plan_rebuild(name, cluster, confirm)


def test_a_replica_is_rebuilt_whatever_its_state_once_its_name_is_typed() -> None:
    broken = having(replace(DB3, state="start failed", said=None))
    [step] = plan_rebuild("db3", broken, "shop/db3").steps
    assert (step.subject, step.before) == ("db3", "start failed, on timeline 3")
