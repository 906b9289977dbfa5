"""What a timer remembers of its runs, and when people hear of it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[3] / "roles" / "schedule" / "files" / "timer-state.py"
NEWS, NO_NEWS = 0, 1
GOOD = {"SERVICE_RESULT": "success", "EXIT_CODE": "exited", "EXIT_STATUS": "0"}
BAD = {"SERVICE_RESULT": "exit-code", "EXIT_CODE": "exited", "EXIT_STATUS": "2"}
SKIPPED = {"SERVICE_RESULT": "exec-condition", "EXIT_CODE": "exited", "EXIT_STATUS": "1"}


def called(state: Path, verb: str, *more: str, result: dict[str, str] = GOOD) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(SCRIPT), verb, str(state / "production"), "backup", *more]
    return subprocess.run(command, capture_output=True, text=True, env=result, check=False)


def ended(state: Path, result: dict[str, str]) -> None:
    done = called(state, "ended", "26h", str(state / "page.prom"), result=result)
    assert (done.returncode, done.stderr) == (0, "")


def told(state: Path) -> bool:
    """Whether people are told, which the unit does between the two calls."""
    news = called(state, "news").returncode
    assert news in (NEWS, NO_NEWS)
    if news == NEWS:
        assert called(state, "told").returncode == 0
    return news == NEWS


def numbers(state: Path) -> dict[str, float]:
    lines = [line.rpartition(" ") for line in (state / "page.prom").read_text().splitlines() if not line.startswith("#")]
    assert {name.partition("{")[2] for name, _space, _value in lines} == {'environment="production",timer="backup"}'}
    return {name.partition("{")[0].removeprefix("mainstay_timer_"): float(value) for name, _space, value in lines}


@pytest.mark.parametrize(
    ("runs", "heard"),
    [
        ([GOOD, GOOD], [False, False]),
        ([BAD, BAD, BAD], [True, False, False]),
        ([GOOD, BAD, GOOD, GOOD], [False, True, True, False]),
        ([BAD, SKIPPED, GOOD], [True, False, True]),
        ([SKIPPED], [False]),
    ],
)
def test_people_are_told_when_it_begins_to_fail_and_when_it_works_again(
    tmp_path: Path, runs: list[dict[str, str]], heard: list[bool]
) -> None:
    news = []
    for run in runs:
        ended(tmp_path, run)
        news.append(told(tmp_path))
    assert news == heard


def test_a_notice_that_did_not_get_out_is_tried_again(tmp_path: Path) -> None:
    ended(tmp_path, BAD)
    assert called(tmp_path, "news").returncode == NEWS
    ended(tmp_path, BAD)
    assert told(tmp_path)


def test_what_changed_while_people_were_told_is_news(tmp_path: Path) -> None:
    ended(tmp_path, BAD)
    assert called(tmp_path, "news").returncode == NEWS
    ended(tmp_path, GOOD)
    called(tmp_path, "told")
    assert called(tmp_path, "news").returncode == NEWS


def test_metrics_tell_the_last_run_and_the_last_that_passed(tmp_path: Path) -> None:
    ended(tmp_path, BAD)
    first = numbers(tmp_path)
    assert (first["good"], first["passed_timestamp_seconds"], first["overdue_seconds"]) == (0, 0, 26 * 3600)
    ended(tmp_path, GOOD)
    second = numbers(tmp_path)
    ended(tmp_path, BAD)
    third = numbers(tmp_path)
    assert (second["good"], third["good"]) == (1, 0)
    assert second["passed_timestamp_seconds"] == third["passed_timestamp_seconds"] > first["ended_timestamp_seconds"]
    assert (tmp_path / "page.prom").stat().st_mode & 0o777 == 0o644


def test_the_reason_is_remembered_for_people(tmp_path: Path) -> None:
    ended(tmp_path, BAD)
    state = tmp_path / "production" / "timers" / "backup.json"
    assert json.loads(state.read_text())["result"] == "exit-code exited 2"
    assert state.stat().st_mode & 0o007 == 0, "it is root's"


def test_a_state_that_nobody_can_read_is_begun_again(tmp_path: Path) -> None:
    ended(tmp_path, BAD)
    (tmp_path / "production" / "timers" / "backup.json").write_text("[")
    assert called(tmp_path, "news").returncode == NO_NEWS
    ended(tmp_path, BAD)
    assert told(tmp_path)


def test_metrics_that_cannot_be_written_do_not_make_a_run_fail(tmp_path: Path) -> None:
    done = called(tmp_path, "ended", "26h", str(tmp_path / "nowhere" / "page.prom"))
    assert done.returncode == 0
    assert "cannot be written" in done.stderr
    assert "Traceback" not in done.stderr
