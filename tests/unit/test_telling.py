"""What a terminal shows of a run: tables from results and times to lines."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.mainstay.ops.plugins.plugin_utils.telling import clock, details, lasting, title, waiting


@pytest.mark.parametrize(
    ("name", "seconds"),
    [
        ("Judge: route 1, 4 endpoints well, and then for 30m", 1800.0),
        ("Judge: route 1", None),
        ("then for 500ms", 0.5),
    ],
)
def test_a_name_says_how_long_it_lasts(name: str, seconds: float | None) -> None:
    assert lasting(name) == seconds


@pytest.mark.parametrize(("seconds", "told"), [(0.4, "0:00"), (61, "1:01"), (3725, "1:02:05")])
def test_a_clock_fits_into_its_column(seconds: float, told: str) -> None:
    assert clock(seconds) == told


@pytest.mark.parametrize(
    ("name", "elapsed", "told"),
    [
        ("Watch, and then for 60s", 30, "     0:30  [############............], 0:30 left  Watch, and then for 60s"),
        ("Watch, and then for 60s", 90, "     1:30  [########################], until it is known  Watch, and then for 60s"),
        ("Start replicas", 3, "     0:03  Start replicas"),
        ("Judge, and then for 0s", 3, "     0:03  Judge, and then for 0s"),
    ],
)
def test_what_is_waited_for_has_a_bar_where_its_length_is_known(name: str, elapsed: float, told: str) -> None:
    assert waiting(name, elapsed, 200) == told


def test_a_line_never_wraps() -> None:
    assert len(waiting("Watch, and then for 60s", 30, 40)) == 39


METRIC = {"name": "api_errors", "verdict": "fail", "told": "4 of 62 bad of the canary"}


@pytest.mark.parametrize(
    ("result", "lines"),
    [
        ({"judged": "route 1", "verdict": "pass", "why": ""}, []),
        ({"judged": "route 1", "verdict": "fail", "why": "app1 failed"}, ["fail: app1 failed"]),
        (
            {"judged": "route 1", "verdict": "pass", "why": "as good", "numbers": {"metrics": [METRIC]}},
            ["pass: as good", "api_errors: fail, 4 of 62 bad of the canary"],
        ),
        ({"msg": ["one", "two"]}, ["one", "two"]),
        ({"msg": "one\ntwo"}, ["one", "two"]),
        ({"changed": True}, []),
    ],
)
def test_a_verdict_comes_with_its_reason_and_its_numbers(result: dict[str, Any], lines: list[str]) -> None:
    assert details(result) == lines


def test_a_task_that_is_done_says_how_long_it_took() -> None:
    assert title("->", 12.34, "Start 1: v2 in green") == "->   12.3 s  Start 1: v2 in green"
