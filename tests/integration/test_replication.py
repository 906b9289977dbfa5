"""replication_info, replication_standby and replication_primary on real servers.

Nothing that was acknowledged is lost, and never two take writes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from migration_server import eventually
from replication_server import ACCOUNT, Load, Node, initialised, killed, nodes


@pytest.fixture
def pair() -> Iterator[tuple[Node, Node]]:
    """A primary and a standby of it."""
    with nodes(2) as (first, second):
        made = second.standby(first)
        assert made.get("role") == "standby", made
        yield first, second


def test_a_standby_is_made_kept_and_taken_away() -> None:
    with nodes(2) as (first, second):
        foreseen = second.standby(first, check_mode=True)
        assert [step["action"] for step in foreseen["steps"]] == ["slot", "copy", "configure", "swap", "start", "await"], foreseen
        assert not second.data.exists()
        made = second.standby(first)
        assert (made["role"], made["changed"]) == ("standby", True), made
        assert second.standby(first)["changed"] is False
        first.sql("INSERT INTO written (writer, number) VALUES (9, 9)")
        seen = first.info()
        print(seen)
        assert [slot["name"] for slot in seen["slots"]] == ["db2"]
        assert second.info()["role"] == "standby"
        gone = second.standby(first, state="absent")
        assert [step["action"] for step in gone["steps"]] == ["stop", "fence", "drop"], gone
        assert second.standby(first, state="absent")["changed"] is False
        assert first.info()["slots"] == []


def test_the_primary_is_switched_under_load_and_back(pair: tuple[Node, Node]) -> None:
    first, second = pair
    with Load(pair).running() as load:
        for old, new in ((first, second), (second, first)):
            switch(old, new)
    assert load.lost(first) == set()
    print(f"{len(load.acknowledged)} writes acknowledged, none lost; no write for {load.pause:.2f} s at most")
    assert load.pause < 30


def switch(old: Node, new: Node) -> None:
    fenced = old.primary("fenced", slot=new.name)
    assert fenced.get("proof"), fenced
    promoted = new.primary("promoted", proof=fenced["proof"], primary=old.login)
    assert promoted.get("role") == "primary", promoted
    print(f"writes paused for {promoted['at'] - fenced['at']:.2f} s")
    back = old.standby(new, state="rejoined")
    assert back.get("role") == "standby", back


def test_a_candidate_that_lags_does_not_stop_the_primary(pair: tuple[Node, Node]) -> None:
    first, second = pair
    second.sql("SELECT pg_wal_replay_pause()")
    first.sql("INSERT INTO written (writer, number) SELECT 7, n FROM generate_series(1, 50000) n")
    refused = first.primary("fenced", slot="db2", lag_bytes=100_000)
    assert (refused["failed"], refused["error"]) == (True, "ReplicaTooFarBehind"), refused
    assert first.takes_writes()
    second.sql("SELECT pg_wal_replay_resume()")


def test_nobody_is_promoted_who_has_not_replayed_all_and_the_old_one_can_go_on(pair: tuple[Node, Node]) -> None:
    first, second = pair
    second.sql("SELECT pg_wal_replay_pause()")
    first.sql("INSERT INTO written (writer, number) VALUES (8, 8)")
    fenced = first.primary("fenced", slot="db2")
    refused = second.primary("promoted", proof=fenced["proof"], primary=first.login, within="2s")
    assert refused["error"] == "ReplicaTooFarBehind", refused
    first.start()  # whoever starts it past everything gets a standby
    assert not first.takes_writes()
    first.stop()
    back = first.primary("resumed", peers=[second.login])
    assert back.get("role") == "primary", back
    assert first.takes_writes()
    assert first.primary("resumed", peers=[second.login])["changed"] is False
    second.sql("SELECT pg_wal_replay_resume()")


def test_a_fenced_primary_whose_host_was_restarted_before_there_was_a_proof_goes_on(pair: tuple[Node, Node]) -> None:
    first, second = pair
    fenced = first.primary("fenced", slot="db2")
    first.record.write_text(json.dumps({"stage": "fenced", "at": fenced["at"], "proof": None}))
    first.start()
    seen = first.info()
    assert (seen["role"], seen["fenced"], seen["proof"]) == ("standby", True, {}), seen
    again = first.primary("fenced", slot="db2")
    assert (again["proof"], [step["action"] for step in again["steps"]]) == (fenced["proof"], ["stop", "prove"]), again
    first.start()
    back = first.primary("resumed", peers=[second.login])
    assert (back.get("role"), [step["action"] for step in back["steps"]]) == ("primary", ["stop", "release", "start"]), back
    assert (first.info()["fenced"], first.takes_writes()) == (False, True)


def test_a_proof_that_the_log_does_not_bear_out_is_none(pair: tuple[Node, Node]) -> None:
    first, second = pair
    seen = first.info()
    first.sql("CHECKPOINT")
    made_up = {"system_id": seen["system_id"], "timeline": 1, "checkpoint": "0/3000060"}
    for proof, error in (
        (made_up, "NotFenced"),
        ({**made_up, "system_id": "1"}, "NotThisCluster"),
        ({**made_up, "checkpoint": "FF/0"}, "ReplicaTooFarBehind"),
        ({**made_up, "checkpoint": "nowhere"}, "InvalidInput"),
        (None, "NotFenced"),
    ):
        refused = second.primary("promoted", proof=proof, within="1s")
        assert refused.get("error") == error, refused
    refused = second.primary("promoted", proof=made_up, primary=first.login, within="1s")
    assert refused["error"] == "PrimaryRuns", refused
    assert (first.info()["role"], second.info()["role"]) == ("primary", "standby")


def test_a_partitioned_primary_is_fenced_from_outside_or_nobody_is_promoted(pair: tuple[Node, Node], tmp_path: Path) -> None:
    """The switch cannot reach it, but customers can: as long as it takes writes nobody else does."""
    first, second = pair
    proof = tmp_path / "fence"
    proof.write_text(f"#!/bin/sh\nkill -9 $(head -1 {first.data}/postmaster.pid)\n")
    proof.chmod(0o755)
    lost: dict[str, Any] = {"lost": "db1", "primary": {**first.login, "host": "127.0.0.1", "port": 1}}
    word: dict[str, Any] = {"confirm": "test db1 is lost"}
    for given, error in (
        ({}, "NotFenced"),
        (lost, "NotFenced"),
        ({**lost, "fence_command": [str(proof)]}, "NotConfirmed"),
        ({**lost, **word, "fence_command": ["/bin/false"]}, "NotFenced"),
        ({**lost, **word, "fence_command": ["/bin/true"], "primary": first.login}, "PrimaryRuns"),
    ):
        refused = second.primary("promoted", **given)
        assert refused.get("error") == error, refused
        assert first.takes_writes()
        assert not second.takes_writes()
    first.sql("INSERT INTO written (writer, number) VALUES (5, 5)")
    promoted = second.primary("promoted", **lost, **word, fence_command=[str(proof)])
    assert promoted.get("role") == "primary", promoted
    assert not first.takes_writes()
    assert second.takes_writes()


def test_a_primary_that_diverged_is_rewound(pair: tuple[Node, Node]) -> None:
    first, second = pair
    second.stop()
    first.sql("INSERT INTO written (writer, number) VALUES (6, 6)")  # nobody else ever gets this
    first.stop("immediate")
    second.start()
    promoted = second.primary("promoted", lost="db1", fence_command=["/bin/true"], confirm="test db1 is lost")
    assert promoted.get("role") == "primary", promoted
    second.sql("INSERT INTO written (writer, number) VALUES (4, 4)")

    first.start()
    refused = first.standby(second, state="rejoined")
    assert refused["error"] == "PrimaryRuns", refused
    stray = first.primary("fenced", confirm="test db1")
    assert stray.get("role") == "fenced", stray
    foreseen = first.standby(second, state="rejoined", check_mode=True)
    assert "rewind" in [step["action"] for step in foreseen["steps"]], foreseen
    back = first.standby(second, state="rejoined")
    assert back.get("role") == "standby", back
    assert first.sql("SELECT count(*) FROM written WHERE writer = 6") == 0
    assert first.sql("SELECT count(*) FROM written WHERE writer = 4") == 1
    assert first.standby(second, state="rejoined")["changed"] is False


def test_a_switch_that_was_killed_goes_on(pair: tuple[Node, Node]) -> None:
    first, second = pair
    with Load(pair).running() as load:
        assert eventually(lambda: len(load.acknowledged) > 100, 30)
        killed(first.begin_primary("fenced", slot="db2"), first.record.exists)
        fenced = first.primary("fenced", slot="db2")
        assert fenced.get("proof"), fenced
        killed(second.begin_primary("promoted", proof=fenced["proof"]), second.record.exists)
        promoted = second.primary("promoted", proof=fenced["proof"])
        assert promoted.get("role") == "primary", promoted
        assert first.primary("resumed", peers=[second.login]).get("error") == "PrimaryRuns"
        before = len(load.acknowledged)
        assert eventually(lambda: len(load.acknowledged) > before + 100, 30)
    assert load.lost(second) == set()
    assert not first.takes_writes()


def test_a_copy_that_was_killed_is_made_anew() -> None:
    with nodes(2) as (first, second):
        first.sql("INSERT INTO written (writer, number) SELECT 7, n FROM generate_series(1, 400000) n")
        killed(
            second.begin_standby(first), lambda: any(second.root.glob("data.standby-*/global/pg_control")) or second.data.exists()
        )
        assert not second.data.exists()
        made = second.standby(first)
        assert made.get("role") == "standby", made
        assert "clean" in [step["action"] for step in made["steps"]]
        assert list(second.root.glob("data.standby-*")) == []


def test_others_follow_the_new_primary_and_a_standby_is_never_taken_for_one() -> None:
    with nodes(3) as (first, second, third):
        for node in (second, third):
            assert node.standby(first).get("role") == "standby"
        assert third.standby(second).get("error") == "NotThisCluster"
        switch(first, second)
        moved = third.standby(second)
        assert [step["action"] for step in moved["steps"]] == ["slot", "configure", "await"], moved
        second.sql("INSERT INTO written (writer, number) VALUES (3, 3)")
        assert eventually(lambda: bool(third.sql("SELECT count(*) FROM written WHERE writer = 3")), 20)
        assert {one["name"] for one in second.info()["standbys"]} == {"db1", "db3"}
        third.stop()
        assert first.standby(second, state="forgotten", slot="db1")["error"] == "SlotInUse"
        gone = first.standby(second, state="forgotten", slot="db3")
        assert [step["action"] for step in gone["steps"]] == ["drop"], gone


def test_what_is_not_a_standby_of_this_cluster_is_refused() -> None:
    with nodes(2) as (first, second):
        initialised(second)
        assert second.standby(first)["error"] == "NotThisCluster"
        assert second.standby(first, state="rejoined")["error"] == "NotThisCluster"
        second.start()
        second.sql(ACCOUNT)
        assert second.standby(first)["error"] == "PrimaryRuns"
        assert first.standby(second, state="absent")["error"] == "PrimaryRuns"
        for given, error in (
            ({"managed_by": "patroni"}, "ManagedElsewhere"),
            ({"slot": "DB 2"}, "InvalidInput"),
            ({"data": "relative"}, "InvalidInput"),
            ({"within": "soon"}, "InvalidInput"),
            ({"primary": {**first.login, "host": ""}}, "InvalidInput"),
            ({"primary": {**first.login, "port": 1}}, "Unavailable"),
        ):
            refused = second.standby(first, **given)
            assert refused.get("error") == error, refused
        assert first.primary("fenced", slot="db2", managed_by="patroni")["error"] == "ManagedElsewhere"
        assert first.takes_writes()


def test_a_former_primary_comes_back_without_rewinding_after_two_switches(pair: tuple[Node, Node]) -> None:
    """pg_rewind compares by control files, and a checkpoint after each promotion writes the timeline into them."""
    first, second = pair
    first.sql("SELECT pg_create_physical_replication_slot('stranger')")
    switch(first, second)
    assert [slot["name"] for slot in first.info()["slots"]] == ["stranger"], "a standby keeps no log for those who followed it"
    assert (first.info()["fenced"], first.record.exists()) == (False, False)
    fenced = second.primary("fenced", slot=first.name)
    promoted = first.primary("promoted", proof=fenced["proof"])
    assert [step["action"] for step in promoted["steps"]] == ["promote", "settle"], promoted
    foreseen = second.standby(first, state="rejoined", check_mode=True)
    assert [step["action"] for step in foreseen["steps"]] == ["slot", "configure", "start", "tidy", "await"], foreseen
    assert second.standby(first, state="rejoined").get("role") == "standby"
