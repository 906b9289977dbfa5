"""restore_point on a real server that archives; going back to one is tried with backup_restore."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from backup_server import Backed, backed
from migration_server import run


@pytest.fixture(scope="module")
def cluster() -> Iterator[Backed]:
    with backed() as made:
        yield made


def point(cluster: Backed, state: Path, *, check_mode: bool = False, **changed: Any) -> dict[str, Any]:
    database = cluster.server.database("postgres")
    asked = {"name": "before-v2", "stanza": "main", "environment": "test", "directory": str(state), "database": database}
    return run("restore_point", {**asked, **changed}, check_mode=check_mode)


def test_a_name_is_given_once(cluster: Backed, tmp_path: Path) -> None:
    assert point(cluster, tmp_path, check_mode=True)["lsn"] == ""
    made = point(cluster, tmp_path)
    assert [step["action"] for step in made["steps"]] == ["make"]
    assert cluster.sql(f"SELECT pg_current_wal_insert_lsn() >= '{made['lsn']}'::pg_lsn"), "a position that exists"
    for check_mode in (True, False):
        again = point(cluster, tmp_path, check_mode=check_mode)
        assert (again["changed"], again["lsn"]) == (False, made["lsn"])


def test_it_is_in_the_archive_where_that_is_asked_for(cluster: Backed, tmp_path: Path) -> None:
    made = point(cluster, tmp_path, archived=True)
    assert [step["action"] for step in made["steps"]] == ["make", "archive"]
    assert made["archived"]
    there = cluster.pgbackrest("repo-ls", "--recurse", "archive/main")
    assert made["segment"] in there
    assert not point(cluster, tmp_path, archived=True)["changed"]


def note(state: Path, point: dict[str, Any], *, check_mode: bool = False, **changed: Any) -> dict[str, Any]:
    asked = {"point": point, "stanza": "main", "environment": "test", "directory": str(state)}
    return run("restore_point_note", {**asked, **changed}, check_mode=check_mode)


def test_another_server_knows_what_this_one_made(cluster: Backed, tmp_path: Path) -> None:
    made = point(cluster, tmp_path / "one")
    foreseen = note(tmp_path / "two", made["point"], check_mode=True)
    assert (foreseen["changed"], (tmp_path / "two").exists()) == (True, False)
    done = note(tmp_path / "two", made["point"])
    assert (done["changed"], done["steps"]) == (True, foreseen["steps"])
    assert not note(tmp_path / "two", made["point"])["changed"]
    known = point(cluster, tmp_path / "two", check_mode=True)
    assert (known["changed"], known["lsn"], known["time"]) == (False, made["lsn"], made["time"])


def test_a_name_that_is_known_for_another_place_is_refused(cluster: Backed, tmp_path: Path) -> None:
    made = point(cluster, tmp_path)
    other = note(tmp_path, {**made["point"], "lsn": "0/1"})
    assert (other["error"], made["lsn"] in other["msg"]) == ("InvalidInput", True), other["msg"]
    assert not note(tmp_path, made["point"])["changed"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "../x"},
        {"lsn": "here"},
        {"segment": "1"},
        {"system_id": "one"},
        {"system_id": "²"},
        {"system_id": "9" * 30},
        {"at": float("inf")},
        {"at": float("nan")},
        {"at": -1},
    ],
    ids=str,
)
def test_what_restore_point_would_not_return_is_not_written(tmp_path: Path, wrong: dict[str, Any]) -> None:
    place = {"lsn": "0/3000148", "segment": "000000010000000000000003", "at": 1777818598.25, "system_id": "7710879463839285759"}
    refused = note(tmp_path, {"name": "before-v2", **place, **wrong})
    assert (refused["failed"], refused["error"]) == (True, "InvalidInput"), refused
    assert list(tmp_path.iterdir()) == []


def test_an_archive_that_takes_nothing_is_told(cluster: Backed, tmp_path: Path) -> None:
    cluster.set("archive_command", "false")
    late = point(cluster, tmp_path, name="late", archived=True, within="1s")
    assert late["error"] == "TimedOut"
    assert "archive_command" in late["msg"]


def test_a_role_without_the_right_is_told_which(cluster: Backed, tmp_path: Path) -> None:
    cluster.sql("CREATE ROLE weak LOGIN")
    refused = point(cluster, tmp_path, name="weak", database={**cluster.server.database("postgres"), "user": "weak"})
    assert "permission denied for function pg_create_restore_point" in refused["msg"]
