"""backup_restore against a real cluster and a real repository: goes where it says, loses nothing, refuses what it must."""

from __future__ import annotations

import os
import random
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from backup_server import Backed, backed
from migration_server import eventually, run, start

FULL = bool(os.environ.get("MAINSTAY_FULL"))
WORD = "test db1"
AS_THE_ROLE = "archive-async=y\n[global:restore]\ndelta=y\n"
NOW = "SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.USZ')"


@dataclass
class History:
    """A cluster that is stopped, its rows, and for each row targets that lie just behind it."""

    cluster: Backed
    state: Path
    file: str = ""
    targets: dict[int, list[dict[str, Any]]] = field(default_factory=dict)

    @property
    def last(self) -> int:
        return max(self.targets)

    def restore(self, *, check_mode: bool = False, **changed: Any) -> dict[str, Any]:
        return run("backup_restore", {**self.asked, **changed}, check_mode=check_mode)

    @property
    def asked(self) -> dict[str, Any]:
        return {**self.cluster.place, "environment": "test", "host": "db1", "directory": str(self.state), "confirm": WORD}

    def lies_beside(self) -> list[str]:
        """What is there of restores, without the old data that they keep and the journal."""
        data = self.cluster.data
        found = {path.name for path in data.parent.glob(f"{data.name}.*")} - {f"{data.name}.restore.json"}
        return sorted(name for name in found if ".before-" not in name)


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Iterator[History]:
    with backed(options=AS_THE_ROLE) as cluster:
        cluster.sql("CREATE TABLE marks (id int PRIMARY KEY)")
        file = str(cluster.sql("SELECT relfilenode FROM pg_class WHERE relname = 'marks'"))
        made = History(cluster, tmp_path_factory.mktemp("state"), file)
        cluster.backup()
        for number in range(1, 61 if FULL else 13):
            made.targets[number] = [*_marked(made, number)]
        cluster.stop()
        yield made


def _marked(made: History, number: int) -> Iterator[dict[str, Any]]:
    cluster = made.cluster
    cluster.sql(f"INSERT INTO marks VALUES ({number})")
    yield {"target": "time", "at": str(cluster.sql(NOW))}
    yield {"target": "lsn", "at": str(cluster.sql("SELECT pg_current_wal_insert_lsn()"))}
    if number % 3 == 0:
        asked = {"name": f"mark-{number}", "stanza": "main", "environment": "test", "directory": str(made.state)}
        assert run("restore_point", {**asked, "database": cluster.server.database("postgres")})["changed"]
        yield {"target": "name", "at": f"mark-{number}"}
    if number % 4 == 0:
        cluster.switch()


@contextmanager
def apart(cluster: Backed) -> Iterator[None]:
    """The service on the data, which archives nothing, so that there is no new timeline for the next test."""
    cluster.server.run(
        "pg_ctl", "-D", str(cluster.data), "-o", "-c archive_mode=off", "-l", f"{cluster.data.parent}/log", "-w", "start"
    )
    try:
        yield
    finally:
        cluster.stop()


def marks(cluster: Backed) -> list[int]:
    return list(cluster.sql("SELECT coalesce(array_agg(id ORDER BY id), '{}') FROM marks"))


def test_check_mode_says_what_a_restore_does_and_a_second_one_does_nothing(history: History) -> None:
    aim: dict[str, Any] = {"target": "name", "at": "mark-6"}
    predicted = history.restore(check_mode=True, **aim)
    assert predicted["confirm"] == WORD
    assert (predicted["prospect"]["missing"], history.lies_beside()) == ("", [])
    (history.cluster.data / "pg_hba.conf").open("a").write("# the operator's\n")
    done = history.restore(**aim, checks=[{"name": "six", "query": "SELECT max(id) FROM marks", "expect": "6"}])
    assert [one["verdict"] for one in done["checks"]] == ["pass", "pass"], done
    assert [step["action"] for step in done["steps"]] == ["restore", "recover", "check", "swap"]
    assert [step["action"] for step in predicted["steps"]] == ["restore", "recover", "check", "swap"]
    assert not history.restore(check_mode=True, **aim)["changed"]
    assert not history.restore(**aim)["changed"]
    assert (history.cluster.data / "pg_hba.conf").read_text().endswith("# the operator's\n")
    assert len(done["kept"]) == 1
    assert history.restore(check_mode=True, **aim, backup=history.cluster.labels()[0])["changed"] is False
    with apart(history.cluster):
        assert marks(history.cluster) == list(range(1, 7))
        assert history.restore(**aim)["error"] == "ServerRuns"


@pytest.mark.parametrize("seed", range(50 if FULL else 3))
def test_every_row_before_the_target_is_there_and_none_after(history: History, seed: int) -> None:
    chosen = random.Random(seed)
    number = chosen.randint(1, history.last - 1)
    aim = chosen.choice(history.targets[number])
    foreseen = history.restore(check_mode=True, **aim)["prospect"]["seconds"]
    began = time.monotonic()
    done = history.restore(**aim)
    assert done.get("changed"), (aim, done)
    print(f"foreseen {foreseen} s, measured {done['measured']}, in all {time.monotonic() - began:.1f} s")
    assert history.lies_beside() == []
    with apart(history.cluster):
        assert marks(history.cluster) == list(range(1, number + 1)), aim


def test_kept_data_is_used_up_for_another_restore(history: History) -> None:
    data = history.cluster.data
    was = data.stat().st_ino
    history.restore(**history.targets[2][0])
    aim = history.targets[5][0]
    kept = history.restore(check_mode=True, **aim)["kept"][-1]
    assert Path(kept).stat().st_ino == was
    (table,) = Path(kept).glob(f"base/*/{history.file}")
    table.write_bytes(bytes(8192))
    Path(kept, "stranger").touch()
    predicted = history.restore(check_mode=True, **aim, reuse=kept)
    assert Path(kept, "stranger").exists()
    done = history.restore(**aim, reuse=kept)
    assert done.get("changed"), done
    assert predicted["steps"][0]["before"] == done["steps"][0]["before"] == f"the data kept as {kept}"
    assert not history.restore(**aim, reuse=kept)["changed"]
    assert data.stat().st_ino == was, "the directory that was kept is the data now"
    assert not (data / "stranger").exists()
    assert (Path(kept).exists(), len(done["kept"]) > 0) == (False, True)
    assert history.restore(**history.targets[3][0], reuse=kept)["error"] == "NotOurData"
    with apart(history.cluster):
        assert marks(history.cluster) == list(range(1, 6))


def test_kept_data_over_which_a_restore_was_killed_is_not_missed(history: History) -> None:
    history.restore(**history.targets[2][0])
    aim = history.targets[4][0]
    kept = history.restore(**aim)["kept"][-1]
    slow = {"name": "slow", "query": "SELECT pg_sleep(30), 1", "expect": ""}
    process = start("backup_restore", {**history.asked, **history.targets[6][0], "reuse": kept, "checks": [slow]})
    assert eventually(lambda: not Path(kept).exists(), 60)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    again = history.restore(**history.targets[6][0], reuse=kept)
    assert [step["action"] for step in again["steps"]] == ["clean", "restore", "recover", "check", "swap"], again
    assert history.lies_beside() == []
    with apart(history.cluster):
        assert marks(history.cluster) == list(range(1, 7))


def test_old_data_goes_when_it_is_told_to(history: History) -> None:
    kept = history.restore(check_mode=True, state="discarded")["kept"]
    assert kept
    assert history.restore(state="discarded", confirm="yes")["error"] == "Unconfirmed"
    assert all(Path(path).exists() for path in kept)
    assert history.restore(state="discarded")["changed"]
    assert not any(Path(path).exists() for path in kept)
    assert not history.restore(state="discarded")["changed"]


@pytest.mark.parametrize("seed", range(30 if FULL else 2))
def test_a_restore_that_is_killed_loses_nothing(history: History, seed: int) -> None:
    chosen = random.Random(seed)
    number = chosen.randint(1, history.last - 1)
    aim = {**history.targets[number][0], "checks": [{"name": "slow", "query": "SELECT pg_sleep(0.3), 1", "expect": ""}]}
    process = start("backup_restore", {**history.asked, **aim})
    time.sleep(chosen.uniform(0.6, 3.5))
    process.send_signal(signal.SIGKILL)
    process.communicate()
    if FULL:
        with apart(history.cluster):
            assert marks(history.cluster)[-1] >= 1, "whole, old or new"
    again = history.restore(**history.targets[number][0])
    assert not again.get("failed"), again
    assert history.lies_beside() == []
    with apart(history.cluster):
        assert marks(history.cluster) == list(range(1, number + 1))


def test_one_that_is_killed_between_the_two_renames_is_finished(history: History) -> None:
    aim = history.targets[4][0]
    assert history.restore(**aim)["changed"]
    journal = history.cluster.data.with_name("data.restore.json")
    text = journal.read_text()
    before, beside = (text.split(f'"{name}": "')[1].split('"')[0] for name in ("before", "beside"))
    Path(before).rename(beside)
    journal.write_text(text.replace('"done"', '"ready"'))
    finished = history.restore(**aim)
    assert [step["action"] for step in finished["steps"]] == ["swap"], finished
    assert Path(before).exists()
    assert history.lies_beside() == []


def test_data_that_does_not_pass_is_not_put_in(history: History) -> None:
    was = history.cluster.data.stat().st_ino
    refused = history.restore(
        **history.targets[2][0], checks=[{"name": "many", "query": "SELECT count(*) FROM marks", "least": 50}]
    )
    assert (refused["error"], history.cluster.data.stat().st_ino) == ("RestoreUnfit", was)
    assert "many: '2', wanted at least 50" in refused["msg"]
    cleaned = history.restore(check_mode=True, **history.targets[3][0])
    assert cleaned["steps"][0]["action"] == "clean"
    assert "left by a restore to time" in cleaned["steps"][0]["before"]


@pytest.mark.parametrize(
    ("changed", "error", "words"),
    [
        ({"target": "time", "at": "2020-01-01T00:00:00Z"}, "Refused", "no backup is old enough"),
        ({"target": "time", "at": "2099-01-01T00:00:00Z"}, "InvalidInput", "lies in the future"),
        ({"target": "time", "at": "2026-01-01T00:00:00"}, "InvalidInput", "date, time and zone"),
        ({"target": "lsn", "at": "FF/0"}, "OutOfReach", "the target latest recovers all"),
        ({"target": "name", "at": "nobody-made-it"}, "Refused", "nothing is written down here"),
        ({"backup": "20200101-000000F"}, "NotFound", "there is no good backup"),
        ({"timeline": 7}, "Refused", "timeline 7 does not go on"),
        ({"data": "/tmp"}, "NotOurData", "not /tmp"),
        ({"stanza": "other"}, "StanzaMissing", "other"),
        ({"confirm": "test db2"}, "Unconfirmed", 'give confirm: "test db1"'),
    ],
)
def test_what_cannot_or_must_not_be_is_refused(history: History, changed: dict[str, Any], error: str, words: str) -> None:
    was = history.cluster.data.stat().st_ino
    refused = history.restore(**changed)
    assert (refused.get("error"), history.cluster.data.stat().st_ino) == (error, was), refused
    assert words in refused["msg"]


def test_another_cluster_and_a_strange_directory_are_refused(history: History) -> None:
    data = history.cluster.data
    ours = data.with_name("ours")
    data.rename(ours)
    try:
        history.cluster.server.run("initdb", "-D", str(data), "-A", "trust", "-N", "--no-instructions")
        assert "holds another cluster" in history.restore()["msg"]
        shutil.rmtree(data)
        data.mkdir()
        (data / "precious").write_text("somebody's")
        assert "holds no data of PostgreSQL" in history.restore()["msg"]
        assert (data / "precious").exists()
    finally:
        shutil.rmtree(data)
        ours.rename(data)


def test_a_destroyed_cluster_comes_back_and_goes_on(history: History) -> None:
    """Also its archive: what it writes then can be recovered along the new timeline."""
    cluster = history.cluster
    shutil.rmtree(cluster.data)
    done = history.restore(confirm="")
    assert done.get("changed"), done
    cluster.start()
    assert marks(cluster) == list(range(1, history.last + 1))
    cluster.sql("INSERT INTO marks VALUES (1000)")
    cluster.switch()
    cluster.stop()
    again = history.restore()
    assert again["prospect"]["timeline"] == 2
    cluster.start()
    assert marks(cluster)[-1] == 1000
    cluster.stop()


def test_a_missing_segment_says_how_far_it_goes(history: History) -> None:
    cluster = history.cluster
    segments = sorted(cluster.repository.glob("archive/main/15-1/00000001*/00000001*.zst"))
    gone = segments[-2]
    hidden = cluster.root / gone.name
    gone.rename(hidden)
    try:
        refused = history.restore(timeline=1)
        assert (refused["error"], refused["missing"]) == ("OutOfReach", gone.name[:24]), refused
        assert refused["latest"]
        late = history.restore(**history.targets[history.last - 1][0], timeline=1)
        assert late["error"] == "OutOfReach"
        assert f"the segment {gone.name[:24]} is missing" in late["msg"]
        assert history.restore(check_mode=True, **history.targets[1][0], timeline=1)["changed"]
    finally:
        hidden.rename(gone)
