"""When a switch is over, and what is wrong with a cluster."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._patroni import described
from ansible_collections.mainstay.ops.plugins.module_utils._patroni.findings import findings
from ansible_collections.mainstay.ops.plugins.module_utils._patroni.model import Cluster
from ansible_collections.mainstay.ops.plugins.module_utils._patroni.ready import has_switched, heeds, is_led_elsewhere, is_rebuilt
from ansible_collections.mainstay.ops.plugins.module_utils._patroni.told import cluster_told, masked

from tests.unit.patroni.patroni_found import DB1, DB2, DB3, FOLLOWING, LEADING, SOUND, WRITTEN, having, saying

NEW = replace(DB2, role="leader", said=replace(LEADING, timeline=4, followers=frozenset({"db1", "db3"})))
OLD = replace(DB1, role="replica", said=replace(FOLLOWING, timeline=4))
SWITCHED = having(NEW, OLD)


@pytest.mark.parametrize(
    ("cluster", "over"),
    [
        (SWITCHED, True),
        (SOUND, False),
        (having(NEW, replace(OLD, role="leader")), False),
        (having(NEW, saying(OLD, is_primary=True)), False),
        (having(saying(NEW, is_primary=False), OLD), False),
        (having(NEW, saying(OLD, timeline=3)), False),
        (having(NEW, saying(OLD, state="starting")), False),
        (having(NEW, replace(OLD, said=None)), False),
        (having(saying(NEW, followers=frozenset({"db3"})), OLD), False),
        (having(NEW, OLD, saying(DB3, is_primary=True)), False),
    ],
)
def test_a_switch_is_over_when_one_leads_and_the_old_one_follows(cluster: Cluster, over: bool) -> None:
    assert has_switched(cluster, "db1", "db2") is over


def test_a_third_that_leads_ends_the_wait() -> None:
    assert is_led_elsewhere(having(replace(DB1, role="replica"), replace(DB3, role="leader")), "db1", "db2")
    assert not is_led_elsewhere(having(replace(DB1, role="replica")), "db1", "db2")


def test_a_pause_is_heeded_when_all_that_answer_have_seen_it() -> None:
    seen = [saying(one, is_paused=True) for one in SOUND.members]
    assert heeds(having(*seen, is_paused=True), paused=True)
    assert heeds(having(*seen[:2], replace(DB3, said=None), is_paused=True), paused=True)
    assert not heeds(having(*seen[:2], is_paused=True), paused=True)
    assert not heeds(having(*seen), paused=True)


def test_a_replica_is_rebuilt_once_it_follows_with_a_server_that_began_since() -> None:
    assert not is_rebuilt(SOUND, "db3", "db1", "monday")
    assert is_rebuilt(SOUND, "db3", "db1", "sunday")
    assert not is_rebuilt(having(saying(DB3, timeline=2)), "db3", "db1", "sunday")


@pytest.mark.parametrize(
    ("cluster", "told"),
    [
        (SOUND, []),
        (having(replace(DB1, role="replica")), ["no member leads the cluster"]),
        (having(saying(DB2, is_primary=True)), ["db1 and db2 take writes, each by its own word"]),
        (having(saying(DB1, is_primary=False)), ["db1 leads, and takes no writes by its own word"]),
        (having(replace(DB2, said=None)), ["the REST API of db2 does not answer at http://db2:8008/patroni"]),
        (having(replace(DB2, state="creating replica")), ["db2 is creating replica"]),
        (having(saying(DB2, replayed=WRITTEN - 11)), ["db2 is 11 bytes behind"]),
        (having(saying(DB1, followers=frozenset({"db2"}))), ["db3 does not stream from db1"]),
        (having(saying(DB2, timeline=2)), ["db2 is on timeline 2, and db1 on 3"]),
        (having(replace(DB2, pending_restart=True)), ["db2 waits for a restart, so that changed settings take effect"]),
        (replace(SOUND, is_paused=True), ["the cluster is paused: if the leader fails, nobody takes over"]),
        (
            having(*(replace(one, tags={"nofailover": True}) for one in (DB2, DB3))),
            ["fewer than two members that answer may lead: if the leader fails, nobody takes over"],
        ),
    ],
)
def test_what_is_wrong_is_said(cluster: Cluster, told: list[str]) -> None:
    assert findings(cluster, 10) == told


SENDERS = [{"application_name": "db2", "state": "streaming"}, {"application_name": "db3", "state": "catchup"}]
OF_30 = {"state": "running", "role": "master", "timeline": 3, "xlog": {"location": 7}, "replication": SENDERS,
         "patroni": {"version": "3.0.2", "scope": "shop"}}  # fmt: skip
OF_40: dict[str, Any] = {**OF_30, "role": "primary"}
REPLICA = {"state": "running", "role": "replica", "timeline": 3, "xlog": {"received_location": 9, "replayed_location": 8},
           "patroni": {"version": "3.3.1", "scope": "shop"}, "replication_state": "streaming", "pause": True}  # fmt: skip


def test_the_words_of_old_and_new_versions_mean_the_same() -> None:
    assert described.said(OF_30) == described.said(OF_40)
    assert (described.said(OF_30).is_primary, described.said(OF_30).followers) == (True, frozenset({"db2"}))
    assert not described.said({**OF_30, "state": "stopping"}).is_primary
    replica = described.said(REPLICA)
    assert (replica.is_primary, replica.received, replica.replayed, replica.is_streaming, replica.is_paused) == (
        False,
        9,
        8,
        True,
        True,
    )


def test_a_cluster_is_understood_with_what_may_be_missing() -> None:
    document = {
        "members": [
            {"name": "db2", "role": "replica", "state": "creating replica", "lag": "unknown"},
            {
                "name": "db1",
                "role": "leader",
                "state": "running",
                "api_url": "http://db1:8008/patroni",
                "port": 5432,
                "timeline": 3,
            },
        ],
        "scheduled_switchover": {"at": "later"},
    }
    found = described.cluster(document)
    assert [(one.name, one.timeline, one.port) for one in found.members] == [("db1", 3, 5432), ("db2", 0, 0)]
    assert found.scheduled == {"at": "later"}


@pytest.mark.parametrize(
    ("setting", "shown"),
    [
        ({"ttl": 30, "pause": None, "loop": [1, "a"]}, {"ttl": 30, "pause": None, "loop": [1, "a"]}),
        (
            {"postgresql": {"authentication": {"password": "geheim"}}},
            {"postgresql": {"authentication": {"password": "********"}}},
        ),
        ({"primary_conninfo": "host=db0 password=geheim user=a"}, {"primary_conninfo": "host=db0 password=******** user=a"}),
        ({"primary_conninfo": "password = 'ge heim' user=a"}, {"primary_conninfo": "password = ******** user=a"}),
        ({"restore_command": "get postgres://u:geheim@h/d %f"}, {"restore_command": "get postgres://u:********@h/d %f"}),
        (
            {"archive_command": "AWS_SECRET_ACCESS_KEY=geheim push %p"},
            {"archive_command": "AWS_SECRET_ACCESS_KEY=******** push %p"},
        ),
    ],
)
def test_secrets_in_settings_are_hidden(setting: dict[str, Any], shown: dict[str, Any]) -> None:
    assert masked(setting) == shown
    assert cluster_told(replace(SOUND, configuration=setting), {})["configuration"] == shown
