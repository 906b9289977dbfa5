"""The speed of both sides as a drawing: points where there were answers, an axis with units, the same in words."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._report import page
from ansible_collections.mainstay.ops.plugins.module_utils._report.latency_plot import caption, plot, quantiles, told
from ansible_collections.mainstay.ops.plugins.module_utils._report.model import Gate, Record

T = 1_795_280_000.0
NOTHING = {"requests": 0, "p50": None, "p90": None, "p99": None}


def times(p99: float) -> dict[str, Any]:
    return {"requests": 100, "p50": p99 / 4, "p90": p99 / 2, "p99": p99}


def gate(p99: float = 0.3, looks: int = 11) -> Gate:
    """Looks a second apart, the first of them before anybody was answered."""
    seen = [{"canary": NOTHING, "live": NOTHING}, *[{"canary": times(p99), "live": times(0.2)}] * (looks - 1)]
    timeline = [{"at": float(n), "metrics": {"latency": both}} for n, both in enumerate(seen)]
    result = {"name": "latency", "kind": "latency", "verdict": "fail", "chance": 0.004, "told": "p99 300 ms", **seen[-1]}
    return Gate("route 1", "fail", "", T + 20, {"seconds": looks - 1.0, "timeline": timeline, "metrics": [result]})


def test_both_sides_are_drawn_where_they_had_answers() -> None:
    lines = plot([gate()], "latency").findall("polyline")
    assert [line.get("class") for line in lines] == ["canary", "live"]
    assert [len(str(line.get("points")).split()) for line in lines] == [10, 10]
    heights = [float(str(line.get("points")).split()[-1].split(",")[1]) for line in lines]
    assert heights[0] < heights[1], "what takes longer is higher"


@pytest.mark.parametrize(("p99", "ticks"), [(0.3, ["0", "150 ms", "300 ms"]), (2.5, ["0", "1.25 s", "2.5 s"])])
def test_the_axis_has_a_unit(p99: float, ticks: list[str]) -> None:
    assert [text.text for text in plot([gate(p99)], "latency").findall("text")][:3] == ticks


def test_a_drawing_says_in_words_what_it_shows() -> None:
    drawing = plot([gate()], "latency")
    title = drawing.find("title")
    assert title is not None
    assert title.get("id") == drawing.get("aria-labelledby")
    assert title.text == "How long answers of both sides took over time, latency, p99. route 1: p99 300 ms"
    assert caption("latency", [gate()]) == "latency: p99 of both sides"


def test_a_step_without_answers_has_no_line() -> None:
    assert plot([gate(looks=1)], "latency").findall("polyline") == []


@pytest.mark.parametrize(
    ("side", "words"),
    [
        (times(0.3), "p50 75 ms, p90 150 ms, p99 300 ms in 100"),
        (times(2.0), "p50 500 ms, p90 1 s, p99 2 s in 100"),
        (NOTHING, "no answers"),
    ],
)
def test_a_cell_tells_the_quantiles(side: dict[str, Any], words: str) -> None:
    assert told(side) == words
    assert quantiles(side) == ["p50", "p90", "p99"]


def test_a_page_shows_errors_and_times_beside_each_other() -> None:
    both = gate()
    errors = {"name": "errors", "verdict": "pass", "chance": 1.0, "told": "none", "canary": {"requests": 9, "bad": 0}}
    both.numbers["metrics"].append({**errors, "live": {"requests": 9, "bad": 0}})
    for point in both.numbers["timeline"]:
        point["metrics"]["errors"] = {"canary": [9, 0], "live": [9, 0]}
    text = page.report(Record("production", "r1", "deploy", "v2", "dana", T, T + 84, "fail", "", "v1", "v1", (both,)))
    assert "latency: p99 of both sides" in text
    assert "errors: bad answers of both sides" in text
    assert "p50 75 ms, p90 150 ms, p99 300 ms in 100" in text
