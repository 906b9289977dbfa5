"""What the timer on the operations host asks before it recovers."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).resolve().parents[3] / "roles" / "recovery" / "files" / "is-abandoned.py"
ABANDONED, FINE, UNREADABLE = 0, 1, 255
OPEN = {"run": "9b2c7a51", "verb": "deploy"}
HELD = {"token": 3, "holder": {"run": "9b2c7a51", "expires": time.time() + 3600}}
LATE = {"token": 3, "holder": {"run": "9b2c7a51", "expires": time.time() - 1}}
LAPSED = {"token": 3, "holder": {"run": "9b2c7a51", "expires": time.time() - 61}}
FREE = {"token": 3, "holder": None}


def asked(directory: Path) -> int:
    return subprocess.run([sys.executable, str(SCRIPT), str(directory), "60"], capture_output=True, check=False).returncode


@pytest.mark.parametrize(
    ("journal", "lock", "told"),
    [
        (OPEN, LAPSED, ABANDONED),
        (OPEN, FREE, ABANDONED),
        (OPEN, HELD, FINE),
        (OPEN, LATE, FINE),  # it may pull an image
        (None, HELD, FINE),
        (None, FREE, FINE),
        (None, LAPSED, FINE),  # nothing was begun
    ],
)
def test_a_run_is_abandoned_when_its_journal_is_open_and_nobody_holds_the_lock(
    tmp_path: Path, journal: dict[str, Any] | None, lock: dict[str, Any], told: int
) -> None:
    (tmp_path / "journal.json").write_text(json.dumps(journal) if journal else "")
    (tmp_path / "lock.json").write_text(json.dumps(lock))
    assert asked(tmp_path) == told


def test_an_environment_in_which_nothing_ever_ran_is_fine(tmp_path: Path) -> None:
    assert asked(tmp_path / "production") == FINE


@pytest.mark.parametrize(
    ("name", "content"), [("journal.json", "{"), ("lock.json", '{"holder": {"run": "x"}}'), ("lock.json", "[]")]
)
def test_what_cannot_be_read_is_left_to_a_person(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / "journal.json").write_text(json.dumps(OPEN))
    (tmp_path / name).write_text(content)
    assert asked(tmp_path) == UNREADABLE
