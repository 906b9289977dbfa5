"""backup_take against real pgBackRest and a real PostgreSQL: two repositories, one a directory, one S3."""

from __future__ import annotations

import fcntl
import os
import random
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from backup_module import called, kill
from backup_server import PASSPHRASE, Backed, backed
from migration_server import start
from object_store import SECRET, bucket
from ports import free_port

KILLS = 10 if os.environ.get("MAINSTAY_FULL") else 3


@pytest.fixture(scope="module")
def both() -> Iterator[Backed]:
    with bucket() as store, backed(bucket=store, options="archive-async=y\n") as made:
        yield made


@pytest.fixture(scope="module")
def one() -> Iterator[Backed]:
    with backed() as made:
        yield made


@contextmanager
def configured(made: Backed, old: str, new: str) -> Iterator[None]:
    """Another configuration for a while."""
    before = made.config.read_text()
    assert old in before
    made.config.write_text(before.replace(old, new))
    try:
        yield
    finally:
        made.config.write_text(before)


def test_a_backup_goes_into_every_repository_and_is_proven(both: Backed) -> None:
    predicted = called("backup_take", both, check_mode=True)
    assert [(step["subject"], step["after"]) for step in predicted["steps"]] == [
        ("repo1", "a new full backup"),
        ("repo2", "a new full backup"),
    ]
    assert (predicted["changed"], both.labels(1), both.labels(2)) == (True, [], [])
    taken = called("backup_take", both, annotations={"release": "v1.4.0"})
    assert taken["steps"] == predicted["steps"]
    assert [(b["repository"], b["type"], b["annotations"]) for b in taken["backups"]] == [
        (1, "full", {"release": "v1.4.0"}),
        (2, "full", {"release": "v1.4.0"}),
    ]
    assert [b["label"] for b in taken["backups"]] == both.labels(1) + both.labels(2)
    assert all(b["bytes_per_second"] == pytest.approx(b["copied"] / b["seconds"], rel=0.01) for b in taken["backups"])
    assert called("backup_take", both, check_mode=True)["steps"][0]["after"] == "a new incr backup"
    again = called("backup_take", both, between="diff")
    assert [(b["repository"], b["type"]) for b in again["backups"]] == [(1, "diff"), (2, "diff")]
    listed = called("backup_info", both)
    assert len(listed["backups"]) == 4
    assert (listed["changed"], listed["busy"]) == (False, False)
    assert [(one["type"], one["cipher"], one["status"]) for one in listed["repositories"]] == [
        ("posix", "aes-256-cbc", "ok"),
        ("s3", "aes-256-cbc", "ok"),
    ]
    assert not [secret for secret in (PASSPHRASE, SECRET) if secret in f"{taken}{listed}"]


def test_a_repository_that_is_gone_leaves_the_other_its_backup(both: Backed) -> None:
    """Archiving waits many times ``io-timeout`` for the one that is gone, before the other gets a segment."""
    port = next(line for line in both.config.read_text().splitlines() if "storage-port" in line)
    before = both.labels(1)
    with configured(both, port, f"repo2-storage-port={free_port()}\nio-timeout=1"):
        refused = called("backup_take", both, type="incr")
    assert (refused["failed"], refused["error"]) == (True, "Unavailable"), refused
    assert "repository 2 cannot be read" in refused["msg"]
    assert "A good backup was taken into repository 1" in refused["msg"]
    assert [b["label"] for b in refused["backups"]] == both.labels(1)[len(before) :]
    assert len(both.labels(1)) == len(before) + 1


def test_older_ones_go_only_after_a_good_one(one: Backed) -> None:
    with configured(one, "repo1-retention-full=4", "repo1-retention-full=1"):
        first = called("backup_take", one, type="full")["backups"][0]["label"]
        second = called("backup_take", one, type="full")["backups"][0]["label"]
        assert one.labels() == [second] != [first]
        one.set("archive_command", "exit 1")
        with configured(one, "[main]", "archive-timeout=3\n[main]"):
            refused = called("backup_take", one, type="full")
        one.set("archive_command", f"pgbackrest --config={one.config} --stanza=main archive-push %p")
        assert (refused["failed"], refused["error"]) == (True, "PgBackRestFailed")
        assert "archive_command" in refused["msg"]
        assert one.labels() == [second]


def test_two_at_once_do_not_mix(one: Backed) -> None:
    path = one.root / "lock" / "main-backup.lock"
    with open(path, "a") as lock:
        shutil.chown(path, "postgres")
        fcntl.flock(lock, fcntl.LOCK_EX)
        refused = called("backup_take", one)
    assert (refused["failed"], refused["error"]) == (True, "StanzaBusy")
    assert "run again" in refused["msg"]
    shutil.chown(path, "root")
    denied = called("backup_take", one)
    path.unlink()
    assert (denied["error"], "whose the file is" in denied["msg"]) == ("PgBackRestFailed", True)


def test_what_would_be_no_backup_is_refused_in_check_mode_too(one: Backed) -> None:
    with configured(one, "repo1-retention-full=4", "repo1-retention-full=0"):
        assert called("backup_take", one, check_mode=True)["error"] == "KeepsTooLittle"
    one.stop()
    (one.data / "standby.signal").touch()
    try:
        stopped = called("backup_take", one, check_mode=True)
        assert (stopped["error"], "does not run" in stopped["msg"]) == ("WrongCluster", True)
        one.start()
        standby = called("backup_take", one, check_mode=True)
        assert (standby["error"], "standby" in standby["msg"]) == ("WrongCluster", True)
        one.stop()
    finally:
        (one.data / "standby.signal").unlink()
        one.start()
    missing = called("backup_take", one, check_mode=True, stanza="shop")
    assert (missing["error"], "[shop]" in missing["msg"]) == ("StanzaMissing", True)


def test_the_repository_of_another_cluster_is_refused(one: Backed) -> None:
    with backed() as other, configured(one, f"pg1-path={one.data}", f"pg1-path={other.data}"):
        refused = called("backup_take", one, check_mode=True)
    assert (refused["error"], "stanza-upgrade" in refused["msg"]) == ("WrongCluster", True)


def test_a_backup_that_is_killed_is_never_listed_as_good(one: Backed) -> None:
    """At random points of its time; what is listed afterwards has every byte, and the next one succeeds."""
    chance = random.Random(4)
    one.sql("CREATE TABLE filled AS SELECT g, repeat(md5(g::text), 20) FROM generate_series(1, 60000) g")
    began = time.monotonic()
    taken = called("backup_take", one, type="full")
    assert not taken.get("failed"), taken["msg"]
    whole = time.monotonic() - began
    left = []
    for _ in range(KILLS):
        before = one.labels()
        process = start("backup_take", {**one.place, "type": "full"})
        time.sleep(chance.uniform(0.1, 0.7) * whole)
        kill(process.pid)
        process.communicate(timeout=30)
        left.append(one.labels() != before)
        cut = [
            c["told"]
            for c in called("backup_check", one, must_pass=False)["checks"]
            if c["check"] in {"files", "pages"} and c["verdict"] != "pass"
        ]
        assert cut == []
    assert False in left, "some were killed before they were done"
    assert called("backup_take", one)["backups"][0]["label"] == one.labels()[-1]
    assert "ERROR" not in one.pgbackrest("verify", "--output=text")
