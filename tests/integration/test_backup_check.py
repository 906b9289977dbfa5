"""backup_check against real servers whose backups are well, old, cut, of somebody else, or not archived any more."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._backup import pgbackrest, survey
from ansible_collections.mainstay.ops.plugins.module_utils._backup.evidence import Limits
from ansible_collections.mainstay.ops.plugins.module_utils._backup.model import Place
from ansible_collections.mainstay.ops.plugins.module_utils._backup.verdict import findings
from backup_module import called, checked, failing
from backup_server import Backed, archive_command, backed
from object_store import bucket
from ports import free_port
from prometheus_client.parser import text_string_to_metric_families

TIMED = "archive_timeout = 10\n"
DEAD = {
    "exits 1": "exit 1",
    "is not there": "exit 127",
    "is killed": "kill -9 $$",
    "hangs": "echo $$ > {root}/hanging; exec sleep 600",
}
NOTICED_S = 60


@pytest.fixture(scope="module")
def well() -> Iterator[Backed]:
    """With two backups, and a segment after them."""
    with backed(settings=TIMED) as made:
        made.backup("full")
        made.backup("incr")
        made.pgbackrest("check")
        yield made


@contextmanager
def aside(path: Path) -> Iterator[Path]:
    """The file may be changed or taken away, and comes back; its copy lies elsewhere, for the bytes are counted."""
    content, found = path.read_bytes(), path.stat()
    try:
        yield path
    finally:
        path.write_bytes(content)
        shutil.chown(path, found.st_uid, found.st_gid)
        os.utime(path, (found.st_atime, found.st_mtime))


def segments(made: Backed) -> list[Path]:
    """The segments in the repository, oldest first."""
    return sorted((made.repository / "archive" / "main" / "15-1").glob("*/*.zst"))


def test_backups_that_are_well_pass_in_words_and_numbers(well: Backed, tmp_path: Path) -> None:
    page = tmp_path / "backup.prom"
    rehearsed = checked(well, check_mode=True, metrics=str(page), probe=True)
    assert (rehearsed["verdict"], rehearsed["changed"], page.exists()) == ("pass", False, False), rehearsed
    assert "probe" not in {one["check"] for one in rehearsed["checks"]}
    told = checked(well, metrics=str(page), must_pass=True)
    assert (told["verdict"], told["changed"]) == ("pass", False), told
    read = {s.name: s.value for f in text_string_to_metric_families(page.read_text()) for s in f.samples}
    assert read["mainstay_backup_good"] == 1
    by_directory = checked(well, asks=False)
    assert by_directory["verdict"] == "inconclusive", by_directory
    assert {one["check"] for one in by_directory["checks"] if one["verdict"] != "pass"} == {"archive_mode"}
    assert {one["check"] for one in told["checks"]} - {one["check"] for one in by_directory["checks"]} == {
        "archive_timeout",
        "timeline",
    }


def test_a_probe_makes_a_segment_arrive(well: Backed) -> None:
    before = len(segments(well))
    assert failing(well, probe=True) == {}
    assert len(segments(well)) > before


def test_a_gate_fails_with_its_findings_and_tells_prometheus(well: Backed, tmp_path: Path) -> None:
    page = tmp_path / "backup.prom"
    refused = checked(well, must_pass=True, least_fulls=30, metrics=str(page))
    assert (refused["failed"], refused["error"], refused["verdict"]) == (True, "BackupsUnsafe", "fail")
    assert "repository 1, fulls: it has 1 good full backups; at least 30 are expected" in refused["msg"]
    assert 'mainstay_backup_good{stanza="main"} 0' in page.read_text()
    blind = called("backup_check", well, stanza="shop", metrics=str(page))
    assert blind["error"] == "StanzaMissing"
    assert "check_good" not in page.read_text(), "an older verdict does not stand when none can be made"


def test_a_missing_and_an_empty_segment_are_found(well: Backed) -> None:
    well.pgbackrest("check")
    missing = segments(well)[-2]
    with aside(missing):
        missing.unlink()
        assert missing.name[:24] in failing(well)["segments"]
    with aside(missing):
        missing.write_bytes(b"")
        assert "fail: missing or empty" in failing(well, asks=False)["segments"]
    assert failing(well) == {}


def test_a_last_segment_that_went_nowhere_is_found(well: Backed) -> None:
    """The server was told that it is archived, and it is not."""
    well.set("archive_command", "/bin/true")
    well.switch()
    well.sql("SELECT pg_sleep(5)")
    try:
        assert "fail: the newest segment is" in failing(well)["archived"]
        assert "fail: the newest segment is" in failing(well, asks=False)["archived"]
    finally:
        lost = well.sql("SELECT last_archived_wal FROM pg_stat_archiver")
        well.set("archive_command", archive_command(well.root))
        status = well.data / "pg_wal" / "archive_status"
        (status / f"{lost}.done").rename(status / f"{lost}.ready")
        well.pgbackrest("check")
    assert failing(well) == {}


@pytest.mark.parametrize("harm", ["empty", "cut", "gone"])
def test_a_backup_that_lost_bytes_is_found(well: Backed, harm: str) -> None:
    largest = max((well.repository / "backup" / "main").glob("*F/bundle/*"), key=lambda path: path.stat().st_size)
    with aside(largest):
        if harm == "gone":
            largest.unlink()
        else:
            with open(largest, "r+b") as file:
                file.truncate(0 if harm == "empty" else largest.stat().st_size - 1)
        assert well.labels()[0] in failing(well)["files"]


def test_a_backup_without_its_manifest_is_found(well: Backed) -> None:
    manifest = well.repository / "backup" / "main" / well.labels()[-1] / "backup.manifest"
    with aside(manifest):
        manifest.unlink()
        assert well.labels()[-1] in failing(well)["files"]


def test_an_old_backup_is_found(well: Backed) -> None:
    place = Place(**well.place)
    seen = survey.seen(place, None, pgbackrest.settings(place).repositories, None)
    for days, old in ((2, {"backup_age"}), (9, {"full_age", "backup_age"})):
        later = replace(seen, now=seen.now + days * 86400)
        assert {one.check for one in findings(later, Limits(), (1,)) if one.verdict == "fail"} == old


def test_the_backups_of_another_database_and_of_another_version_are_found(well: Backed) -> None:
    before = well.config.read_text()
    other = well.root / "other"
    (other / "global").mkdir(parents=True)
    shutil.copy(well.data / "PG_VERSION", other)
    control = (well.data / "global" / "pg_control").read_bytes()
    try:
        well.config.write_text(before.replace(f"pg1-path={well.data}", f"pg1-path={other}"))
        (other / "global" / "pg_control").write_bytes(bytes([control[0] ^ 1]) + control[1:])
        assert "and here is" in failing(well, asks=False)["cluster"]
        (other / "global" / "pg_control").write_bytes(control)
        (other / "PG_VERSION").write_text("14\n")
        assert "of PostgreSQL 14" in failing(well, asks=False)["cluster"]
    finally:
        well.config.write_text(before)
    with backed() as stranger:
        assert "fail" in failing(well, asks=False, database=stranger.server.database("postgres"))["cluster"]


def test_a_repository_that_does_not_answer_is_no_pass() -> None:
    with bucket() as store, backed(bucket=store, settings=TIMED) as made:
        made.backup(repository=1)
        made.backup(repository=2)
        assert failing(made) == {}
        made.config.write_text(made.config.read_text().replace(f"={store.port}\n", f"={free_port()}\n"))
        told = checked(made)
        assert told["verdict"] == "inconclusive", told
        assert {one["repository"] for one in told["checks"] if one["verdict"] != "pass"} == {2}
        assert checked(made, repositories=[1])["verdict"] == "pass"


def test_a_server_that_stopped_is_found(well: Backed) -> None:
    well.stop()
    try:
        assert "does not run" in failing(well, asks=False)["server"]
        asked = failing(well)
        assert "does not run" in asked["server"]
        assert asked["database"].startswith("inconclusive: could not connect")
    finally:
        well.start()


def test_a_dead_archiver_is_noticed_however_it_died_and_an_idle_server_is_left_alone() -> None:
    """All at once, each on a server of its own that writes a little and ends a segment each 10 s; one healthy one is idle."""
    with ExitStack() as stack:
        servers = {how: stack.enter_context(backed(settings=TIMED)) for how in (*DEAD, "is idle")}
        for made in servers.values():
            made.backup()
            made.pgbackrest("check")
        over = threading.Event()
        stack.callback(over.set)
        with ThreadPoolExecutor(len(servers)) as threads:
            noticed = {how: threads.submit(red_after, servers[how], command, over) for how, command in DEAD.items()}
            assert {how: told.result() <= NOTICED_S for how, told in noticed.items()} == dict.fromkeys(DEAD, True)
        print({how: round(told.result()) for how, told in noticed.items()})
        assert failing(servers["is idle"]) == {}
        assert set(failing(servers["is idle"], asks=False)) == {"archive_mode"}


def test_a_probe_finds_the_dead_archiver_of_an_idle_server(well: Backed) -> None:
    well.set("archive_command", "exit 1")
    try:
        assert "fail" in failing(well, probe=True, archive_within="3s")["probe"]
    finally:
        well.set("archive_command", archive_command(well.root))
        well.pgbackrest("check")


def red_after(made: Backed, command: str, over: threading.Event) -> float:
    """Seconds from the death of the archiver to the first check that fails for it."""
    made.set("archive_command", command.format(root=made.root))
    began = time.monotonic()
    try:
        while time.monotonic() - began < 2 * NOTICED_S and not over.is_set():
            made.sql("SELECT pg_logical_emit_message(true, 'test', 'something')")
            asked = time.monotonic()
            if failing(made).get("archiver", "").startswith("fail"):
                return asked - began
            time.sleep(1)
        return time.monotonic() - began
    finally:
        end_hanging(made)


def end_hanging(made: Backed) -> None:
    made.set("archive_command", "exit 1")
    hanging = made.root / "hanging"
    if hanging.exists():
        made.server.run("pg_ctl", "kill", "TERM", hanging.read_text().strip())
