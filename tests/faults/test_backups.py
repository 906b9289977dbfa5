"""The database of the shop is backed up, proven, destroyed and brought back, while the shop is there."""

from __future__ import annotations

import json
import os
import time

import fleet
import pytest

pytestmark = pytest.mark.fleet

DESTROYED_AFTER_S = [4.0 * number for number in range(1, 21)] if os.environ.get("MAINSTAY_FULL") else [10.0]
"""Seconds of writing since a segment was archived: all through the minute of archive_timeout, and beyond."""
CONFIRM = "development db1"
DATA = "/var/lib/postgresql/15/main"
MOST_LOST_S = 65
"""With archive_timeout at 60 s."""


@pytest.fixture(scope="module")
def backed_up(sandbox: None) -> None:
    """After the first deploy, which makes the tables that the proof asks for."""
    if not fleet.stored("ledger.jsonl"):
        assert fleet.playbook("deploy", version="v1").rc == 0
    for name in ("configure_backups", "backup", "verify_backup"):
        ran = fleet.playbook(name)
        assert ran.rc == 0, ran.output


def kept() -> list[str]:
    """Data that restores put aside."""
    return [name for name in fleet.command("ls", "/var/lib/postgresql/15", host="db1").split() if ".before-" in name]


def order(item: str) -> None:
    fleet.sql(f"INSERT INTO orders (item, quantity) VALUES ('{item}', 1)")


def orders(item: str) -> int:
    return int(fleet.sql(f"SELECT count(*) FROM orders WHERE item = '{item}'"))


def test_a_deploy_names_the_state_before_it_and_a_recovery_goes_back_to_exactly_there(
    calm: fleet.Snapshot, backed_up: None
) -> None:
    mark = f"mark {time.time():.0f}"
    order(f"{mark} before")
    ran = fleet.playbook("deploy", version=calm.next, points="true")
    assert ran.rc == 0, ran.output
    order(f"{mark} after")
    point = newest_point()
    assert fleet.snapshot().releases[calm.next] in point

    asked = fleet.playbook("restore", target="name", at=point)
    assert asked.rc != 0
    assert f"confirm='{CONFIRM}'" in asked.words
    assert orders(f"{mark} after") == 1, "nothing is touched before somebody has typed what is meant"

    ran = fleet.playbook("restore", target="name", at=point, confirm=CONFIRM)
    assert ran.rc == 0, ran.output
    assert (orders(f"{mark} before"), orders(f"{mark} after")) == (1, 0)
    fleet.until(lambda: fleet.what_hinders() == [], 60)
    again = fleet.playbook("backup")
    assert again.rc == 0, again.output

    assert kept() != []
    ran = fleet.playbook("discard_old_data", confirm=CONFIRM)
    assert ran.rc == 0, ran.output
    assert (kept(), orders(f"{mark} before")) == ([], 1)


def test_little_is_lost_with_the_primary(calm: fleet.Snapshot, backed_up: None) -> None:
    for after in DESTROYED_AFTER_S:
        mark = f"lost {after:g} {time.time():.0f}"
        last = destroyed_under_writes(mark, after)
        ran = fleet.playbook("restore", confirm=CONFIRM)
        assert ran.rc == 0, ran.output
        newest = float(fleet.sql(f"SELECT coalesce(max(extract(epoch FROM created_at)), 0) FROM orders WHERE item = '{mark}'"))
        print(f"destroyed after {after:g} s: {last - newest:.1f} s of orders are lost, recovered in {ran.seconds:.1f} s")
        assert last - newest <= MOST_LOST_S
        fleet.until(lambda: fleet.what_hinders() == [], 60)
        taken = fleet.playbook("backup")
        assert taken.rc == 0, taken.output


def test_a_repository_that_the_replica_does_not_reach_is_refused_and_not_used(calm: fleet.Snapshot, backed_up: None) -> None:
    """After a switch the backups would begin anew, with a hole behind them."""
    before = fleet.command("cat", "/etc/pgbackrest/pgbackrest.conf", host="db1")
    own = {"kind": "directory", "path": "/var/lib/postgresql/own-backups", "cipher": "a cipher of twenty signs".replace(" ", "-")}
    ran = fleet.playbook("configure_backups", pgbackrest_repositories=[own])
    assert ran.rc != 0
    assert "db2 does not find the cluster in repository 1 as db1 does" in ran.words, ran.output
    assert fleet.command("cat", "/etc/pgbackrest/pgbackrest.conf", host="db1") == before


@pytest.mark.full
def test_a_dead_archiver_is_told_within_a_minute(calm: fleet.Snapshot, backed_up: None) -> None:
    assert fleet.playbook("check_backup").rc == 0
    try:
        archive_with("/bin/false")
        order("nobody archives this")
        fleet.command("runuser", "-u", "postgres", "--", "psql", "-c", "SELECT pg_switch_wal()", host="db1")
        began = time.time()
        fleet.until(lambda: fleet.playbook("check_backup").rc != 0, 60)
        print(f"told after {time.time() - began:.0f} s")
    finally:
        archive_with("")
    fleet.until(lambda: fleet.playbook("check_backup").rc == 0, 120)


def archive_with(command: str) -> None:
    change = f"ALTER SYSTEM SET archive_command = '{command}'" if command else "ALTER SYSTEM RESET archive_command"
    fleet.command("runuser", "-u", "postgres", "--", "psql", "-c", change, "-c", "SELECT pg_reload_conf()", host="db1")


def destroyed_under_writes(mark: str, seconds: float) -> float:
    """When the last order was taken that the shop confirmed; the server and all of its data are gone then."""
    write(mark, 10.0)
    fleet.command("runuser", "-u", "postgres", "--", "psql", "-c", "SELECT pg_switch_wal()", host="db1")
    last = write(mark, seconds)
    fleet.command("sh", "-c", f"kill -9 $(head -1 {DATA}/postmaster.pid) && rm -rf {DATA}", host="db1")
    return last


def write(mark: str, seconds: float) -> float:
    ends = time.time() + seconds
    while (now := time.time()) < ends:
        order(mark)
        time.sleep(0.1)
    return now


def newest_point() -> str:
    """As the database host has written it down."""
    records = fleet.command("cat", f"{fleet.STORE}/points.jsonl", host="db1").splitlines()
    return str(json.loads(records[-1])["name"])
