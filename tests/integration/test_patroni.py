"""patroni_info, patroni_switchover, patroni_maintenance and patroni_reinitialize on three members of Debian's Patroni."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from ansible_module import run_module
from migration_server import eventually, result, run, start
from patroni_cluster import PASSWORD, SCOPE, Patroni, patroni, writing
from ports import free_port

WRONG = "a-wrong-password-of-a-test"


@pytest.fixture(scope="module")
def running() -> Iterator[Patroni]:
    with patroni() as made:
        yield made


@pytest.fixture
def cluster(running: Patroni) -> Patroni:
    """At rest, whatever the test before did."""
    running.calm()
    return running


def switchover(cluster: Patroni, *, check_mode: bool = False, **given: Any) -> dict[str, Any]:
    return run("patroni_switchover", {"patroni": cluster.option(), **given}, check_mode=check_mode)


def maintenance(cluster: Patroni, state: str, *, check_mode: bool = False) -> dict[str, Any]:
    return run("patroni_maintenance", {"patroni": cluster.option(), "state": state}, check_mode=check_mode)


def info(cluster: Patroni, *names: str) -> dict[str, Any]:
    return run("patroni_info", {"patroni": cluster.option(*names, password=None, username=None)})


def test_who_leads_and_how_far_the_others_are_is_told_without_a_login(cluster: Patroni) -> None:
    told = info(cluster)
    assert (told["leader"], told["scope"], told["paused"], told["synchronous"]) == (cluster.leader(), SCOPE, False, True)
    assert {one["name"]: one["role"] for one in told["members"]} == cluster.roles()
    assert all(one["answers"] and one["state"] == "running" and one["timeline"] >= 1 for one in told["members"])
    assert all(one["lag"] is None if one["role"] == "leader" else one["lag"] >= 0 for one in told["members"])
    assert told["members"][2]["tags"] == {"nofailover": True}
    assert told["configuration"]["synchronous_mode"] is True
    assert told["findings"] == []
    assert not told["changed"]


def test_a_switch_under_load_loses_no_commit_and_tells_the_pause(cluster: Patroni) -> None:
    old, new = cluster.leader(), cluster.standby()
    before = info(cluster)["members"][0]["timeline"]
    with writing(cluster) as writer:
        planned = switchover(cluster, candidate=new, check_mode=True)
        assert (planned["changed"], planned["switched"], cluster.leader()) == (True, False, old)
        done = switchover(cluster, candidate=new)
        assert (done.get("switched"), done["leader"], done["old_leader"]) == (True, new, old), done
        assert done["timeline"] == before + 1
    assert done["steps"] == planned["steps"] == [
        {"action": "switch", "subject": SCOPE, "before": f"{old} leads", "after": f"{new} leads"}
    ]  # fmt: skip
    print(f"pause: {done['pause']} s by the REST APIs, {writer.pause:.2f} s for a client, {len(writer.acknowledged)} rows")
    assert 0 < done["pause"] < 30
    assert writer.lost() == []
    for check_mode in (True, False):
        again = switchover(cluster, candidate=new, check_mode=check_mode)
        assert (again["changed"], again["switched"], again["leader"], again["pause"]) == (False, False, new, None)


def test_the_fittest_takes_over_from_a_leader_that_is_to_go_and_only_once(cluster: Patroni) -> None:
    old, new = cluster.leader(), cluster.standby()
    done = switchover(cluster, leader=old)
    assert (done.get("switched"), done["leader"]) == (True, new), done
    again = switchover(cluster, leader=old)
    assert (again["changed"], again["leader"]) == (False, new)


def refusal(cluster: Patroni, error: str, **given: Any) -> str:
    """What is said, in check mode and without; nothing changes."""
    leader = cluster.leader()
    answers = [switchover(cluster, check_mode=check_mode, **given) for check_mode in (True, False)]
    assert [one.get("error") for one in answers] == [error, error], answers
    assert cluster.leader() == leader
    said: str = answers[1]["msg"]
    return said


def test_a_member_that_must_not_lead_or_is_none_is_refused(cluster: Patroni) -> None:
    said = refusal(cluster, "NotFit", candidate="db3")
    assert "tagged never to lead (nofailover) and commits do not wait for it" in said
    assert "has no member db4: it has db1, db2 and db3" in refusal(cluster, "NotFound", candidate="db4")


def test_a_candidate_that_lags_is_refused(cluster: Patroni) -> None:
    """Its replay waits for a reader. It cannot be paused: Patroni resumes it."""
    new, leader = cluster.standby(), cluster.nodes[cluster.leader()]
    leader.sql("CREATE TABLE IF NOT EXISTS bulk (text text)")
    with cluster.nodes[new].connect() as reader:
        assert eventually(lambda: _reads(reader), 10)
        leader.sql("TRUNCATE bulk")
        leader.sql("INSERT INTO bulk SELECT repeat(md5(n::text), 20) FROM generate_series(1, 5000) n")
        said = refusal(cluster, "NotFit", candidate=new)
        assert "bytes behind, and 1048576 are allowed" in said
        assert f"no member can take over from {leader.name}: " in refusal(cluster, "NotFit")
        told = run("patroni_info", {"patroni": cluster.option(), "max_lag": 1000000})
        assert [one for one in told["findings"] if one.startswith(f"{new} is ") and one.endswith(" bytes behind")]


def _reads(reader: psycopg.Connection[Any]) -> bool:
    """Begin a transaction that looks at the table, once it is there."""
    try:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM bulk")
    except psycopg.errors.UndefinedTable:
        reader.execute("ROLLBACK")
        return False
    return True


def test_a_paused_cluster_is_left_alone_until_it_is_resumed(cluster: Patroni) -> None:
    steps = []
    for state in ("paused", "running"):
        planned = maintenance(cluster, state, check_mode=True)
        done = maintenance(cluster, state)
        assert (done.get("paused"), done["silent"]) == (state == "paused", []), done
        assert planned["steps"] == done["steps"]
        steps += done["steps"]
        for check_mode in (True, False):
            assert not maintenance(cluster, state, check_mode=check_mode)["changed"]
        if state == "paused":
            assert "patroni_maintenance with state: running" in refusal(cluster, "ClusterPaused", candidate=cluster.standby())
            assert "the cluster is paused: if the leader fails, nobody takes over" in info(cluster)["findings"]
            assert not switchover(cluster, candidate=cluster.leader())["changed"]
    assert [step["action"] for step in steps] == ["pause", "resume"]
    assert info(cluster)["findings"] == []


def test_a_switch_that_is_scheduled_is_not_crossed(cluster: Patroni) -> None:
    leader = cluster.leader()
    assert cluster.asked("POST", "/switchover", {"leader": leader, "scheduled_at": "2099-01-01T00:00:00+00:00"}) == 202
    try:
        assert "patronictl flush shop switchover" in refusal(cluster, "SwitchScheduled", candidate=cluster.standby())
        assert info(cluster)["scheduled_switchover"] == {"at": "2099-01-01T00:00:00+00:00", "from": leader}
    finally:
        assert cluster.asked("DELETE", "/switchover") == 200


@pytest.mark.parametrize("password", [WRONG, None])
def test_a_wrong_password_or_none_changes_nothing_and_is_shown_nowhere(cluster: Patroni, password: str | None) -> None:
    option = cluster.option(password=password, username="operator" if password else None)
    leader, new = cluster.leader(), cluster.standby()
    for module, given in (("patroni_switchover", {"candidate": new}), ("patroni_maintenance", {"state": "paused"})):
        found = run_module(module, "-vvv", patroni=option, **given)
        assert found["error"] == "LoginRefused", found
        assert "answered 401" in found["msg"]
        assert "restapi.authentication" in found["msg"]
        assert WRONG not in json.dumps(found)
    assert cluster.leader() == leader
    assert not info(cluster)["paused"]


def test_the_right_password_is_shown_nowhere(cluster: Patroni) -> None:
    found = run_module("patroni_switchover", "-vvv", "--check", "--diff", patroni=cluster.option(), candidate=cluster.standby())
    assert found["changed"]
    assert PASSWORD not in json.dumps(found)


def test_any_member_may_be_asked_and_where_none_answers_all_are_named(cluster: Patroni) -> None:
    dead = [f"http://127.0.0.1:{free_port()}" for _ in range(2)]
    alive = run("patroni_info", {"patroni": {"urls": [*dead, cluster.nodes["db3"].url]}})
    assert alive["leader"] == cluster.leader()
    etcd = f"http://127.0.0.1:{cluster.etcd}"
    found = run("patroni_switchover", {"patroni": {"urls": [*dead, etcd]}, "candidate": "db2"})
    assert found["error"] == "Unavailable"
    for url in (*dead, etcd):
        assert url.removeprefix("http://") in found["msg"]


def test_a_replica_that_is_dead_is_told_and_does_not_hinder_a_switch(cluster: Patroni) -> None:
    cluster.nodes["db3"].kill()
    old, new = cluster.leader(), cluster.standby()
    told = info(cluster)
    assert "the REST API of db3 does not answer" in told["findings"][0]
    done = switchover(cluster, candidate=new)
    assert (done.get("switched"), done["leader"], done["old_leader"]) == (True, new, old), done


def test_a_dead_candidate_and_a_dead_leader_are_refused(cluster: Patroni) -> None:
    old, new = cluster.leader(), cluster.standby()
    cluster.nodes[new].kill()
    assert "its own REST API does not answer" in refusal(cluster, "NotFit", candidate=new)
    cluster.calm()
    cluster.nodes[old].kill()
    said = switchover(cluster, candidate=new)
    assert said["error"] == "NoSingleLeader", said
    assert eventually(lambda: cluster.leader() == new, 90), cluster.logs()
    cluster.nodes[old].start()


def test_an_old_leader_that_does_not_come_back_is_a_failure_that_says_who_leads(cluster: Patroni) -> None:
    """It was asked to switch itself, so nobody answers either."""
    old, new = cluster.leader(), cluster.standby()
    given = {"patroni": cluster.option(old, new, "db3"), "candidate": new, "deadline": "30s"}

    def kill() -> None:
        if eventually(lambda: cluster.leader() == new, 60):
            cluster.nodes[old].kill()

    process = start("patroni_switchover", given)
    killer = threading.Thread(target=kill)
    killer.start()
    found = result(process)
    killer.join()
    assert found.get("error") == "TimedOut", found
    assert f"{new} leads, but within 30 s {old} does not stream from it" in found["msg"]
    assert (found["leader"], cluster.leader()) == (new, new)


def test_a_hung_candidate_is_refused_although_the_cluster_calls_it_running(cluster: Patroni) -> None:
    new = cluster.standby()
    process = cluster.nodes[new].process
    assert process
    process.send_signal(signal.SIGSTOP)
    try:
        option = cluster.option(cluster.leader(), timeout="5s")
        found = run("patroni_switchover", {"patroni": option, "candidate": new})
        assert found.get("error") == "NotFit", found
        assert "its own REST API does not answer" in found["msg"]
    finally:
        process.send_signal(signal.SIGCONT)


def test_a_replica_is_built_anew_once_its_name_is_typed(cluster: Patroni) -> None:
    def rebuild(member: str, confirm: str, *, check_mode: bool = False) -> dict[str, Any]:
        return run(
            "patroni_reinitialize", {"patroni": cluster.option(), "member": member, "confirm": confirm}, check_mode=check_mode
        )

    mark = cluster.nodes["db3"].data / "of-before"
    mark.write_text("")
    asked = rebuild("db3", "")
    assert (asked["error"], asked["confirm"]) == ("Unconfirmed", "shop/db3")
    assert rebuild(cluster.leader(), f"shop/{cluster.leader()}")["error"] == "NotFit"
    assert rebuild("db3", "shop/db3", check_mode=True)["changed"]
    assert mark.exists()
    done = rebuild("db3", "shop/db3")
    assert (done.get("changed"), done["member"]["state"]) == (True, "running"), done
    assert not mark.exists()


def played(cluster: Patroni, playbook: str, inventory: Path, *arguments: str) -> str:
    variables = {
        "mainstay_environment": "patroni-test",
        "mainstay_application": "shop",
        "mainstay_patroni": {"api": cluster.option()},
    }
    hosts = {"localhost": {"ansible_connection": "local"}}
    inventory.write_text(json.dumps({"operations": {"hosts": hosts, "vars": variables}}))
    command = ["ansible-playbook", f"mainstay.ops.{playbook}", "-i", str(inventory), *arguments]
    environment = {**os.environ, "ANSIBLE_NOCOLOR": "1", "ANSIBLE_CALLBACK_RESULT_FORMAT": "json"}
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, env=environment, check=False)
    return f"{done.returncode} {' '.join(done.stdout.split())} {done.stderr}"


def test_the_playbooks_say_who_leads_and_what_they_would_do(cluster: Patroni, tmp_path: Path) -> None:
    leader, new = cluster.leader(), cluster.standby()
    shown = played(cluster, "show_patroni", tmp_path / "hosts.json")
    assert shown.startswith("0 "), shown
    assert f'"leader": "{leader}"' in shown
    planned = played(cluster, "switch_patroni_primary", tmp_path / "hosts.json", "--check", "-e", f"candidate={new}")
    assert planned.startswith("0 "), planned
    assert f"{leader} leads shop on timeline" in planned
    assert PASSWORD not in shown + planned
    paused = played(cluster, "pause_patroni", tmp_path / "hosts.json", "--check")
    assert paused.startswith("0 "), paused
    around = played(
        cluster, "switch_patroni_primary", tmp_path / "hosts.json", "-e", '{"mainstay_replication": {"manager": "none"}}'
    )
    assert "mainstay_replication.manager says that Patroni does not manage this environment's cluster" in around
