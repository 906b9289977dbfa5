"""Whose backups are taken: a table of what the members say, and who it is."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.mainstay.ops.plugins.filter import cluster
from ansible_collections.mainstay.ops.plugins.filter.cluster import writers
from ansible_collections.mainstay.ops.plugins.module_utils._replication.writer import (
    Member,
    NoOneWriter,
    StillNeeded,
    words_to_fence,
    writer,
)


def member(name: str, role: str, system_id: str = "7", timeline: int = 1) -> Member:
    return Member(name, role, system_id, timeline)


def primary(name: str, system_id: str = "7", timeline: int = 1) -> Member:
    return member(name, "primary", system_id, timeline)


def standby(name: str, timeline: int = 1) -> Member:
    return member(name, "standby", timeline=timeline)


@pytest.mark.parametrize(
    ("members", "name"),
    [
        ([primary("db1")], "db1"),
        ([primary("db1"), standby("db2")], "db1"),
        ([standby("db1"), primary("db2")], "db2"),
        ([standby("db1", 2), primary("db2", timeline=3)], "db2"),
        ([Member("db1"), primary("db2")], "db2"),
        ([primary("db1"), Member("db2"), standby("db3")], "db1"),
        ([primary("db1"), Member("db2", "none")], "db1"),
        # a server of its own, made when PostgreSQL was installed, among the replicas or where the primary was
        ([primary("db1"), primary("db2", "8")], "db1"),
        ([primary("db1", "8"), primary("db2", timeline=2)], "db2"),
        ([primary("db1", "8", 9), primary("db2", timeline=2), standby("db3", 2)], "db2"),
        # nobody is known to take writes, and the usual one may: whoever works on it says what is wrong
        ([Member("db1"), Member("db2")], "db1"),
        ([Member("db1"), standby("db2")], "db1"),
        ([Member("db1", "none"), standby("db2")], "db1"),
        ([member("db1", "stopped primary"), standby("db2")], "db1"),
    ],
)
def test_the_one_that_takes_writes_is_meant(members: list[Member], name: str) -> None:
    assert writer(members, "db1") == name


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ([primary("db1"), primary("db2")], "db1 and db2 both take writes"),
        ([Member("db1"), primary("db2"), primary("db3")], "db2 and db3 both take writes"),
        ([primary("db1"), standby("db2", 2)], "db1 takes writes on timeline 1, but db2 is standby on timeline 2"),
        ([primary("db1"), member("db2", "stopped primary", timeline=2)], "fence the other: fence_primary -e host=db1"),
        ([primary("db1"), member("db2", "fenced", timeline=2)], "promoted by mistake, have it follow: add_replica -e host=db2"),
        ([standby("db1"), Member("db2")], "db1 is standby and db2 does not answer"),
        ([member("db1", "fenced"), standby("db2")], "nobody is known to take writes"),
        ([member("db1", "stopped standby"), primary("db2", "8")], "nobody is known to take writes"),
    ],
)
def test_where_nobody_can_say_who_rightly_does_nobody_is(members: list[Member], words: str) -> None:
    with pytest.raises(NoOneWriter, match=words):
        writer(members, "db1")


def test_a_restore_may_be_of_a_server_that_does_not_take_writes_yet() -> None:
    assert writer([member("db1", "fenced"), standby("db2")], "db1", needed=False) == "db1"


STOPPED = member("db1", "stopped primary")
OVER = primary("db2", timeline=2)
USUAL, MISTAKE = "production db1", "production db1 was promoted by mistake"


def fenced(role: str, *, removed: bool = False) -> Member:
    return Member("db1", role, "7", 1, fenced=True, removed=removed)


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ([primary("db1"), OVER], USUAL),
        ([STOPPED, OVER, member("db3", "fenced", timeline=9)], USUAL),
        ([primary("db1", timeline=2), OVER], USUAL),
        ([primary("db1"), Member("db3"), OVER], USUAL),
        ([primary("db1"), OVER, primary("db3")], USUAL),
        # whoever took its place is stopped, or cannot be asked, and others follow it
        ([primary("db1"), member("db2", "stopped primary", timeline=2)], USUAL),
        ([primary("db1"), Member("db2"), standby("db3", 2)], USUAL),
        ([primary("db1", timeline=3), OVER], MISTAKE),
        ([primary("db1", timeline=3), OVER, primary("db3", timeline=4)], MISTAKE),
        # half of the fence may be missing
        ([fenced("fenced"), OVER], ""),
        ([fenced("standby"), OVER], ""),
        ([fenced("fenced"), standby("db2")], ""),
        ([fenced("primary"), OVER], USUAL),
    ],
)
def test_these_words_fence_a_primary_that_came_back(members: list[Member], words: str) -> None:
    assert words_to_fence(members, "db1", "production") == words


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ([primary("db1"), standby("db2")], "nobody else is known to have taken the place of db1 .* switch_primary -e to="),
        ([primary("db1"), Member("db2")], "db2 does not answer"),
        ([primary("db1"), member("db2", "fenced", timeline=2)], "db2 is fenced"),
        ([primary("db1", "8"), primary("db2"), standby("db3")], "db1 has a cluster of its own"),
        ([primary("db1"), primary("db2", "8", 9)], "db1 has a cluster of its own"),
        ([primary("db1")], "nobody else is known"),
        ([standby("db1"), OVER], "db1 is standby: only a server that takes writes"),
        ([Member("db1"), OVER], "db1 does not answer"),
        ([OVER], "db1 does not answer"),
        ([fenced("fenced", removed=True), OVER], "db1 is fenced: only a server that takes writes"),
    ],
)
def test_whoever_is_needed_is_not_fenced(members: list[Member], words: str) -> None:
    with pytest.raises(StillNeeded, match=words):
        words_to_fence(members, "db1", "production")


def test_the_filters_take_what_the_servers_said() -> None:
    found = [
        {"item": "db1", "role": "primary", "system_id": "7", "timeline": 1},
        {"item": "db2", "role": "primary", "system_id": "7", "timeline": 2},
        {"item": "db3", "role": "standby", "system_id": "7", "timeline": 2},
        {"item": "db4", "role": "standby", "system_id": "8", "timeline": 2},
        {"item": "db5", "unreachable": True},
    ]
    assert cluster.words_to_fence(found, "db1", "test") == "test db1"
    assert cluster.followers(found, ["db1"]) == ["db3"]
    assert cluster.followers([{"skipped": True, "item": "db1"}], ["db1"]) == []
    with pytest.raises(AnsibleFilterError, match="db3 is standby"):
        cluster.words_to_fence(found, "db3", "test")


def test_an_environment_has_one_cluster() -> None:
    assert writers([], ["db1", "db2"]) == ["db1", "db2"]
    assert writers([{"skipped": True, "item": "db1"}], ["db1"]) == ["db1"]
    with pytest.raises(AnsibleFilterError, match="must have one"):
        writers([{"item": "db1", "role": "primary", "system_id": "7", "timeline": 1}], ["db1", "db3"])


def test_what_did_not_answer_has_no_role() -> None:
    found = [{"item": "db1", "unreachable": True}, {"item": "db2", "role": "primary", "system_id": "7", "timeline": 2}]
    assert writers(found, ["db1"]) == ["db2"]
