"""db2 follows db1, takes over under the shop's real traffic, and hands back: no confirmed order is lost, and backups follow."""

from __future__ import annotations

import itertools
import json
import re
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import customers
import fleet
import pytest

pytestmark = pytest.mark.fleet

DATA = "/var/lib/postgresql/15/main"
MOST_PAUSED_S = 60
IS_OFF = '#!/bin/sh\\n! timeout 3 bash -c "</dev/tcp/$1/22"\\n'
"""Off is whoever does not answer: good enough where the machine is a container that a test has killed."""
SERVERS = {"db1": "172.30.77.41", "db2": "172.30.77.42"}


@dataclass
class Orders:
    """Orders that the database confirmed to a client on ops1's side, each with a number of its own, and when."""

    mark: str
    confirmed: dict[int, float] = field(default_factory=dict)

    @property
    def pause(self) -> float:
        """Seconds of the longest time without a confirmation."""
        times = sorted(self.confirmed.values())
        return max((later - earlier for earlier, later in itertools.pairwise(times)), default=0.0)

    @contextmanager
    def running(self) -> Iterator[None]:
        done = threading.Event()
        writer = threading.Thread(target=self._write, args=(done,))
        writer.start()
        try:
            yield
        finally:
            done.set()
            writer.join()

    def _write(self, done: threading.Event) -> None:
        number = 0
        while not done.is_set():
            number += 1
            for host in SERVERS:
                if ordered(host, self.mark, number):
                    self.confirmed[number] = time.monotonic()
                    break
            time.sleep(0.05)

    def lost(self, host: str) -> set[int]:
        there = sql(host, f"SELECT quantity FROM orders WHERE item = '{self.mark}'").split()
        return set(self.confirmed) - {int(number) for number in there}


def sql(host: str, statement: str) -> str:
    return fleet.command("runuser", "-u", "postgres", "--", "psql", "shop", "-Atc", statement, host=host)


def ordered(host: str, mark: str, number: int) -> bool:
    with suppress(subprocess.SubprocessError):
        sql(host, f"INSERT INTO orders (item, quantity) VALUES ('{mark}', {number})")
        return True
    return False


def takes_writes(host: str) -> bool:
    with suppress(subprocess.SubprocessError):
        return sql(host, "SELECT pg_is_in_recovery()").strip() == "f"
    return False


def backups(playbook: str, host: str, **extra: object) -> None:
    """The playbook passes, and it is this server whose backups it is about."""
    ran = fleet.playbook(playbook, **extra)
    assert ran.rc == 0, ran.output
    assert f"{host} :" in ran.words.partition("PLAY RECAP")[2], ran.output


def tells_of_backups(host: str) -> bool:
    """To Prometheus."""
    return "mainstay_backup.prom" in fleet.command("ls", "/var/lib/prometheus/node-exporter", host=host)


@pytest.fixture(scope="module")
def backed_up(sandbox: None) -> None:
    """Before there is a standby, which is made ready all the same; the backup is db1's."""
    for name in ("configure_backups", "backup"):
        ran = fleet.playbook(name)
        assert ran.rc == 0, ran.output


@pytest.fixture
def replicated(calm: fleet.Snapshot) -> Iterator[None]:
    """db2 follows, with a data directory that was empty before, and is as new afterwards."""
    fleet.command("sh", "-c", f"rm -rf {DATA}/*", host="db2")
    ran = fleet.playbook("add_replica", host="db2")
    assert ran.rc == 0, ran.output
    yield
    gone = fleet.playbook("remove_replica", host="db2")
    assert gone.rc == 0, gone.output
    assert sql("db1", "SELECT count(*) FROM pg_replication_slots").strip() == "0"


def test_the_primary_is_switched_under_traffic_and_back(calm: fleet.Snapshot, backed_up: None, replicated: None) -> None:
    assert fleet.playbook("add_replica", host="db2").rc == 0, "again, it changes nothing"
    orders = Orders(f"switch {time.time():.0f}")
    with customers.shopping(100) as load, orders.running():
        for to, old in (("db2", "db1"), ("db1", "db2")):
            ran = fleet.playbook("switch_primary", to=to)
            assert ran.rc == 0, ran.output
            assert (takes_writes(to), takes_writes(old)) == (True, False)
            told = re.search(r"writes paused for ([0-9.]+) s", ran.words)
            assert told, ran.output
            print(f"to {to}: {told[0]}, {ran.seconds:.1f} s in all")
            assert float(told[1]) < MOST_PAUSED_S
            backups("check_backup", to)  # the log of all servers is in the archive, without a hole
            assert (tells_of_backups(to), tells_of_backups(old)) == (True, False)
            backups("backup", to, type="incr")  # of a full one that db1 took
    print(
        f"{len(orders.confirmed)} orders confirmed, {orders.pause:.1f} s without one at most; customers: {len(load.complaints)}"
    )
    assert len(orders.confirmed) > 20
    assert orders.lost("db1") == set()
    assert fleet.stored("lock.json") == "" or not fleet.snapshot().holder
    fleet.until(fleet.is_well, 60)


def test_a_primary_that_the_switch_cannot_reach_is_left_alone(calm: fleet.Snapshot, replicated: None) -> None:
    """Customers may still reach it, so nobody takes its place."""
    with fleet.unreachable("db1"):
        ran = fleet.playbook("switch_primary", to="db2")
        assert ran.rc != 0
        assert "db1 does not answer" in ran.words
        given_up = fleet.playbook("switch_primary", to="db2", lost="db1", confirm="development db1 is lost")
        assert given_up.rc != 0
        assert "takes writes" in given_up.words
        assert (takes_writes("db1"), takes_writes("db2")) == (True, False)


@pytest.mark.full
def test_a_switch_whose_controller_was_killed_is_run_again(calm: fleet.Snapshot, replicated: None, begin) -> None:
    """Killed when the old primary is fenced and nobody else takes writes: the next run goes on from there."""
    run = begin("switch_primary", to="db2")
    assert run.reaches("Promote"), run.output
    run.signal(signal.SIGKILL)
    run.ends()
    assert not (takes_writes("db1") and takes_writes("db2"))
    assert fleet.playbook("unlock", confirm="development").rc == 0
    for to, old in (("db2", "db1"), ("db1", "db2")):
        ran = fleet.playbook("switch_primary", to=to)
        assert ran.rc == 0, ran.output
        assert (takes_writes(to), takes_writes(old)) == (True, False)
    fleet.until(fleet.is_well, 60)


@pytest.mark.full
def test_a_switch_to_a_server_that_was_never_made_ready_says_that_nothing_is_archived(
    calm: fleet.Snapshot, backed_up: None, replicated: None
) -> None:
    fleet.command("rm", "/etc/pgbackrest/pgbackrest.conf", host="db2")
    ran = fleet.playbook("switch_primary", to="db2")
    assert (ran.rc != 0, "it was not made ready to be backed up" in ran.words) == (True, True), ran.output
    assert (takes_writes("db2"), fleet.snapshot().holder) == (True, {})

    refused = fleet.playbook("restore", host="db1", confirm="development db1")
    assert (refused.rc != 0, "db2 takes writes: db1 would be a second primary" in refused.words) == (True, True), refused.output
    backups("configure_backups", "db2")
    backups("check_backup", "db2")
    named = fleet.playbook("deploy", version=calm.next, points="true")
    assert named.rc == 0, named.output
    point = fleet.command("tail", "-1", f"{fleet.STORE}/points.jsonl", host="db2")
    assert fleet.snapshot().releases[calm.next] in point
    assert fleet.command("tail", "-1", f"{fleet.STORE}/points.jsonl", host="db1") == point
    foreseen = fleet.playbook("restore", "--check")
    assert (foreseen.rc, "[ops1 -> db2(" in foreseen.words) == (0, True), foreseen.output
    back = fleet.playbook("switch_primary", to="db1")
    assert back.rc == 0, back.output
    by_name = fleet.playbook("restore", "--check", target="name", at=json.loads(point)["name"])
    assert (by_name.rc, "[ops1 -> db1(" in by_name.words) == (0, True), by_name.output
    fleet.until(fleet.is_well, 60)


@pytest.mark.full
def test_a_primary_that_is_switched_off_is_replaced_and_comes_back_as_a_standby(
    calm: fleet.Snapshot, backed_up: None, replicated: None
) -> None:
    fleet.command("sh", "-c", f"printf '{IS_OFF}' > /usr/local/sbin/is-off && chmod 755 /usr/local/sbin/is-off", host="db2")
    lost = {
        "to": "db2",
        "lost": "db1",
        "confirm": "development db1 is lost",
        "replication_fence_command": ["/usr/local/sbin/is-off"],
    }
    assert fleet.playbook("switch_primary", **lost).rc != 0, "it is there, so nobody takes its place"
    fleet.command("docker", "kill", f"{fleet.NAME}-db1")
    ran = fleet.playbook("switch_primary", **lost)
    assert ran.rc == 0, ran.output
    fleet.until(fleet.is_well, 60)
    backups("check_backup", "db2")
    backups("backup", "db2")

    fleet.command("docker", "start", f"{fleet.NAME}-db1")
    fleet.until(lambda: takes_writes("db1"), 60)
    for name in ("backup", "check_backup"):
        refused = fleet.playbook(name)
        assert (refused.rc != 0, "both take writes" in refused.words) == (True, True), refused.output
    needed = fleet.playbook("fence_primary", host="db2", confirm="development db2")
    assert (needed.rc != 0, "db2 was promoted by mistake" in needed.words) == (True, True), needed.output
    fenced = fleet.playbook("fence_primary", host="db1", confirm="development db1")
    assert fenced.rc == 0, fenced.output
    assert not takes_writes("db1")
    added = fleet.playbook("add_replica", host="db1", confirm="development db1")
    assert added.rc == 0, added.output
    back = fleet.playbook("switch_primary", to="db1")
    assert back.rc == 0, back.output
    backups("check_backup", "db1")
    fleet.until(fleet.is_well, 60)
