"""A report shows where the time of a run went, and where its traffic was changed."""

from __future__ import annotations

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._report.course import SLIMMEST, Span, drawn, spans, took
from ansible_collections.mainstay.ops.plugins.module_utils._report.model import Gate, Record
from ansible_collections.mainstay.ops.plugins.module_utils._report.plot import ROWS, WIDTH, Switch, placed, switches

T = 1_795_280_000.0


def gate(phase: str, at: float, verdict: str = "pass", seconds: float = 0, share: int = 0) -> Gate:
    return Gate(phase, verdict, "", T + at, {"seconds": seconds} if seconds else {}, share=share)


def run(*gates: Gate) -> Record:
    return Record("p", "r", "deploy", "v2-a", "", T, T + 100, "pass", "", "", "v2-a", gates)


@pytest.mark.parametrize(
    ("gates", "expected"),
    [
        ([], []),
        ([gate("plan", 2)], [(0, 2, "2.0 s")]),
        ([gate("plan", 2), gate("route 1", 75)], [(0, 2, "2.0 s"), (2, 75, "1 min 13 s")]),
        (
            [gate("plan", 2), gate("start 1", 9), gate("route 1", 9)],
            [(0, 2, "2.0 s"), (2, 9, "7.0 s, together"), (2, 9, "7.0 s, together")],
        ),
    ],
)
def test_a_phase_begins_where_the_one_before_ended_and_those_judged_together_share_their_time(
    gates: list[Gate], expected: list[tuple[float, float, str]]
) -> None:
    assert [(one.began, one.ended, one.told) for one in spans(run(*gates))] == expected


@pytest.mark.parametrize(
    ("began", "ended", "seconds", "left", "width"),
    [
        (0, 50, 100, 0, 50),
        (25, 100, 100, 25, 75),
        (100, 100, 100, 100 - SLIMMEST, SLIMMEST),
        (0, 0, 0, 0, SLIMMEST),
        (0, 120, 100, 0, 100),
    ],
)
def test_a_bar_stays_within_its_frame_and_is_never_too_slim_to_be_seen(
    began: float, ended: float, seconds: float, left: float, width: float
) -> None:
    drawing = drawn(Span(gate("x", 0, "fail"), began, ended, False), seconds)
    part = drawing.findall("rect")[1]
    assert (part.get("class"), float(part.get("x", "")), float(part.get("width", ""))) == ("fail", left, width)
    assert drawing.get("aria-hidden") == "true"


@pytest.mark.parametrize(
    ("seconds", "told"), [(0.04, "0.0 s"), (59.94, "59.9 s"), (60, "1 min 0 s"), (3600, "1 h 0 min"), (90000, "1 d 1 h")]
)
def test_a_duration_is_told_in_the_units_that_matter(seconds: float, told: str) -> None:
    assert took(seconds) == told


@pytest.mark.parametrize(
    ("gates", "told"),
    [
        ([gate("route 1", 60, seconds=50, share=10)], [(10, "10 %", "switch"), (60, "100 %", "switch")]),
        ([gate("route 1", 60, "fail", 50, 10)], [(10, "10 %", "switch"), (60, "fail", "fail")]),
        ([gate("route 1", 60, seconds=50)], [(10, "route 1", "switch"), (60, "", "switch")]),
        (
            [gate("route 1", 60, seconds=50, share=10), gate("route 2", 99, "inconclusive", 30, 50)],
            [(10, "10 %", "switch"), (69, "50 %", "switch"), (99, "inconclusive", "inconclusive")],
        ),
    ],
    ids=["passed", "failed", "an older journal", "two steps"],
)
def test_every_change_of_the_traffic_is_marked_when_it_was_made(gates: list[Gate], told: list[tuple[float, str, str]]) -> None:
    assert [(switch.at - T, switch.told, switch.kind) for switch in switches(gates)] == told


def test_a_label_takes_the_next_row_where_it_would_touch_another_and_is_left_out_where_there_is_none() -> None:
    rows = [row for _switch, row in placed([(x, Switch(0, "10 %")) for x in (100, 110, 120, 400, WIDTH - 1)])]
    assert rows == [0, 1, None, 0, 0]
    assert len(ROWS) == 2
