"""The playbooks migrate and repair_migrations on a real PostgreSQL: what is shown, what is asked for, what is done."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from migration_server import Server, server
from migration_shop import MEANT, ORDERS, Shop, created

TWO = f"-- mainstay: no-transaction\nCREATE TABLE one ();\n{MEANT.format('ban-drop-table')}DROP TABLE nope;\n"
BUILD = "-- mainstay: no-transaction\nCREATE INDEX CONCURRENTLY orders_nope ON orders (nope);\n"
DROP = "-- mainstay: accept ban-drop-column because no code reads it\nALTER TABLE orders DROP COLUMN note;\n"


@pytest.fixture(scope="module")
def postgres() -> Iterator[Server]:
    with server() as started:
        yield started


@pytest.fixture
def inherited(postgres: Server) -> Shop:
    shop = Shop(postgres, created(postgres))
    with shop.connect() as connection:
        connection.execute(b"CREATE TABLE orders (id bigint PRIMARY KEY, note text)")
    return shop


def played(shop: Shop, directory: Path, playbook: str, *arguments: str, **described: str) -> str:
    """The exit code, and what the playbook told."""
    migration = {"kind": "sql", "src": str(directory), "database": shop.server.database(shop.name), **described}
    variables = {"mainstay_environment": "migration-test", "mainstay_application": "shop", "mainstay_migration": migration}
    hosts = {"localhost": {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}}
    inventory = directory.parent / "hosts.json"
    inventory.write_text(json.dumps({"operations": {"hosts": hosts, "vars": variables}}))
    command = [f"{Path(sys.executable).parent}/ansible-playbook", f"mainstay.ops.{playbook}", "-i", str(inventory), *arguments]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=120, env={**os.environ, "ANSIBLE_NOCOLOR": "1"}, check=False
    )
    return f"{done.returncode} {' '.join(done.stdout.split())} {done.stderr}"


def written(directory: Path, **files: str) -> Path:
    directory.mkdir(exist_ok=True)
    for name, text in {**ORDERS, **{f"{name.lstrip('m')}.up.sql": text for name, text in files.items()}}.items():
        (directory / name).write_text(text)
    return directory


def test_a_schema_is_taken_over_then_migrated_and_what_is_meant_is_told(inherited: Shop, tmp_path: Path) -> None:
    directory = written(tmp_path / "migrations", m0002_drop=DROP)
    taken = played(inherited, directory, "migrate", "-e", "version=v1", "-e", "baseline=0001")
    assert taken.startswith("0 "), taken
    assert [row["note"] for row in inherited.info(ORDERS)["history"]] == ["baseline"]
    done = played(inherited, directory, "migrate", "-e", "version=v2")
    assert done.startswith("0 "), done
    assert "0002_drop.up.sql line 2 breaks ban-drop-column on purpose: no code reads it" in done
    assert not inherited.has_column("note")


def test_what_is_wrong_is_shown_and_repaired_by_typed_words_only(inherited: Shop, tmp_path: Path) -> None:
    directory = written(tmp_path / "migrations", m0002_two=TWO)
    files = {path.name: path.read_text() for path in directory.iterdir()}
    inherited.migrate(files, baseline="0001")
    assert inherited.migrate(files)["error"] == "StatementFailed"
    shown = played(inherited, directory, "repair_migrations")
    assert shown.startswith("0 "), shown
    assert "0002_two (failed): it began at" in shown
    assert "Proposed: forget; possible: forget, applied" in shown
    found = re.search(r'"?seen\\*"?: \\*"([0-9a-f]{12})', shown)
    assert found, shown
    choice = {"repairs": {"0002_two": "forget"}, "seen": found[1]}
    untyped = played(inherited, directory, "repair_migrations", "-e", json.dumps(choice))
    assert untyped.startswith("2 "), untyped
    assert "migration-test 127.0.0.1" in untyped
    assert inherited.info(files)["dirty"] == ["0002_two"]
    stranger = played(inherited, directory, "repair_migrations", expect_system_identifier="7000000000000000000")
    assert stranger.startswith("2 "), stranger
    assert "another cluster" in stranger
    typed = json.dumps({**choice, "confirm": "migration-test 127.0.0.1"})
    foreseen = played(inherited, directory, "repair_migrations", "-e", typed, "--check")
    assert foreseen.startswith("0 "), foreseen
    assert inherited.info(files)["dirty"] == ["0002_two"]
    done = played(inherited, directory, "repair_migrations", "-e", typed)
    assert done.startswith("0 "), done
    assert inherited.info(files)["dirty"] == []
    assert "nothing needs a repair" in played(inherited, directory, "repair_migrations")


def test_what_the_next_run_goes_on_with_is_not_proposed_for_repair(inherited: Shop, tmp_path: Path) -> None:
    directory = written(tmp_path / "migrations", m0002_build=BUILD)
    files = {path.name: path.read_text() for path in directory.iterdir()}
    inherited.migrate(files, baseline="0001")
    assert inherited.migrate(files)["error"] == "StatementFailed"
    shown = played(inherited, directory, "repair_migrations")
    assert shown.startswith("0 "), shown
    assert "0002_build (failed): it began at" in shown
    assert "Proposed: nothing; possible: forget, applied" in shown
    assert "nothing was done, and nothing is proposed" in shown
    assert "Choose what" not in shown
