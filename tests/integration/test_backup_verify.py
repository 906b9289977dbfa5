"""backup_verify against a real cluster, and repositories in which bits are flipped."""

from __future__ import annotations

import json
import os
import random
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._backup.archive import archived
from ansible_collections.mainstay.ops.plugins.module_utils._backup.model import Place
from ansible_collections.mainstay.ops.plugins.module_utils._backup.prospect import look
from ansible_collections.mainstay.ops.plugins.module_utils._backup.repository import gaps, reading, sound
from ansible_collections.mainstay.ops.plugins.module_utils._backup.wal import SEGMENT_SIZE
from ansible_collections.mainstay.ops.plugins.module_utils._core.errors import MainstayError
from backup_server import STANZA, Backed, backed
from migration_server import eventually, run, start

FULL = bool(os.environ.get("MAINSTAY_FULL"))


@pytest.fixture(scope="module")
def cluster() -> Iterator[Backed]:
    with backed(options="archive-async=y\n") as made:
        made.sql("CREATE TABLE orders AS SELECT i AS id, repeat('x', 100) AS what FROM generate_series(1, 1000) i")
        made.sql("CREATE UNIQUE INDEX ON orders (id)")
        made.backup()
        yield made


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("state")


def asked(cluster: Backed, state: Path, **changed: Any) -> dict[str, Any]:
    canary = {"database": cluster.server.database("postgres"), "switch_wal": True, "within": "30s"}
    return {**cluster.place, "environment": "test", "directory": str(state), "canary": canary, **changed}


def left(cluster: Backed) -> list[str]:
    return sorted(path.name for path in cluster.data.parent.glob("mainstay-verify-*"))


def verdicts(seen: dict[str, Any]) -> dict[str, str]:
    return {one["name"]: one["verdict"] for one in seen["checks"]}


def test_a_configuration_that_fetches_nothing_ahead_will_do(tmp_path: Path) -> None:
    with backed() as made:
        made.backup()
        seen = run("backup_verify", asked(made, tmp_path))
        assert seen.get("verdict") == "pass", seen


def test_a_backup_is_restored_asked_and_thrown_away(cluster: Backed, state: Path) -> None:
    checks = [{"name": "orders", "query": "SELECT count(*) FROM orders", "least": 1000}]
    wanted = asked(cluster, state, checks=checks, counts=[{"database": "postgres", "table": "orders"}])
    predicted = run("backup_verify", wanted, check_mode=True)
    assert [step["action"] for step in predicted["steps"]] == ["plant", "verify"]
    assert predicted["prospect"]["seconds"] is None, "nothing was measured yet"
    seen = run("backup_verify", wanted)
    assert (seen.get("verdict"), set(verdicts(seen).values())) == ("pass", {"pass"}), seen
    assert {"canary", "orders", "amcheck", "checksums", "rows of postgres.public.orders", "rpo", "rto"} <= set(verdicts(seen))
    assert left(cluster) == []
    [record] = [json.loads(line) for line in (state / "test" / "recoveries.jsonl").read_text().splitlines()]
    assert (record["verdict"], record["rpo_s"], record["against"]) == ("pass", seen["rpo_s"], [])
    again = run("backup_verify", wanted, check_mode=True)
    assert again["prospect"]["seconds"] == pytest.approx(seen["rto_s"], rel=0.6)


def test_what_the_application_misses_and_targets_that_are_not_met_fail_it(cluster: Backed, state: Path) -> None:
    cluster.sql("CREATE TABLE broken AS SELECT 1 AS id")
    checks = [
        {"name": "too-few", "query": "SELECT count(*) FROM orders", "least": 9999},
        {"name": "no-table", "query": "SELECT 1 FROM nothing", "expect": "1"},
        {"name": "writes", "query": "DROP TABLE orders", "expect": "1"},
    ]
    seen = run("backup_verify", asked(cluster, state, checks=checks, files=False, rto="1s"))
    assert (seen["error"], seen["verdict"]) == ("BackupNotSound", "fail"), seen
    bad = {name for name, verdict in verdicts(seen).items() if verdict == "fail"}
    assert {"too-few", "no-table", "writes"} <= bad <= {"too-few", "no-table", "writes", "rto"}
    assert left(cluster) == []


def test_a_canary_that_never_reaches_the_archive_is_told(cluster: Backed, state: Path) -> None:
    command = cluster.sql("SHOW archive_command")
    cluster.set("archive_command", "false")
    try:
        late = run("backup_verify", asked(cluster, state, canary={**asked(cluster, state)["canary"], "within": "1s"}))
        assert late["error"] == "TimedOut"
        assert "archive_command" in late["msg"]
    finally:
        cluster.set("archive_command", str(command))


def test_what_a_killed_verification_left_is_removed_and_nothing_else(cluster: Backed, state: Path) -> None:
    somebody = cluster.data.parent / "mainstay-verify-main.somebody"
    somebody.mkdir()
    checks = [{"name": "slow", "query": "SELECT pg_sleep(30)", "expect": ""}]
    process = start("backup_verify", asked(cluster, state, checks=checks, files=False))
    assert eventually(lambda: any(cluster.data.parent.glob("mainstay-verify-main.*/data/backup_label.old")), 30)
    [dead] = set(left(cluster)) - {somebody.name}
    pid = int((cluster.data.parent / dead / "data" / "postmaster.pid").read_text().split()[0])
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert eventually(lambda: not Path(f"/proc/{pid}").exists() or _is_zombie(pid), 20), "the server ends with its run"
    predicted = run("backup_verify", asked(cluster, state, files=False), check_mode=True)
    assert [step["action"] for step in predicted["steps"]] == ["remove", "plant", "verify"]
    assert run("backup_verify", asked(cluster, state, files=False))["verdict"] == "pass"
    assert left(cluster) == [somebody.name]
    somebody.rmdir()


def _is_zombie(pid: int) -> bool:
    return ") Z " in Path(f"/proc/{pid}/stat").read_text()


@pytest.mark.parametrize("seed", range(200) if FULL else (0, 1, 2, 4, 5))
def test_a_flipped_bit_anywhere_in_the_repository_is_found(cluster: Backed, seed: int) -> None:
    """Chosen by size in most cases, so mostly data; else any file with the same chance."""
    chosen = random.Random(seed)
    files = sorted(path for path in cluster.repository.rglob("*") if path.is_file() and path.stat().st_size)
    weights = [path.stat().st_size if seed % 2 else 1 for path in files]
    [path] = chosen.choices(files, weights)
    content = path.read_bytes()
    bit = chosen.randrange(len(content) * 8)
    flipped = bytearray(content)
    flipped[bit // 8] ^= 1 << bit % 8
    path.write_bytes(flipped)
    try:
        assert damage(cluster), f"bit {bit} of {path.relative_to(cluster.repository)}"
    finally:
        path.write_bytes(content)


def test_a_repository_that_nobody_damaged_is_sound(cluster: Backed) -> None:
    assert damage(cluster) == []


def damage(cluster: Backed) -> list[str]:
    """What the part of a verification says that looks at files."""
    place = Place(STANZA, str(cluster.config))
    try:
        stanza = look(place)
        with reading(place, stanza) as recorded:
            found = [*sound(place, recorded, 60), gaps(stanza, archived(place, stanza, SEGMENT_SIZE))]
        return [f"{one.name}: {one.message}" for one in found if one.verdict != "pass"]
    except MainstayError as error:
        return [error.message]


def test_a_missing_segment_is_a_gap(cluster: Backed) -> None:
    for _number in range(2):
        cluster.switch()
    cluster.pgbackrest("check")
    segments = sorted(cluster.repository.glob("archive/main/15-1/*/*.zst"))
    hidden = cluster.root / "hidden"
    segments[-2].rename(hidden)
    try:
        assert [one for one in damage(cluster) if segments[-2].name[:24] in one and "write-ahead log" in one]
    finally:
        hidden.rename(segments[-2])
