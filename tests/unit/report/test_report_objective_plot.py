"""What was measured of recovery, drawn and in words."""

from __future__ import annotations

from xml.etree.ElementTree import Element, tostring

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._report.model import Measurement, Recovery
from ansible_collections.mainstay.ops.plugins.module_utils._report.objective_plot import Objective, in_words, plot, reach, short
from ansible_collections.mainstay.ops.plugins.module_utils._report.plot import Rate
from ansible_collections.mainstay.ops.plugins.module_utils._report.recovery_section import write

T = 1_795_280_000.0
WEEK = 604800.0


@pytest.mark.parametrize(
    ("seconds", "written"), [(0, "0"), (0.5, "0.5s"), (30, "30s"), (300, "5m"), (150, "2.5m"), (3600, "1h"), (86400, "1d")]
)
def test_a_tick_is_written_as_in_an_inventory(seconds: float, written: str) -> None:
    assert short(seconds) == written


@pytest.mark.parametrize(
    ("most", "reached"),
    [
        (0.2, 1),
        (1, 1),
        (3, 4),
        (61, 120),
        (300, 360),
        (912, 1200),
        (3600, 3600),
        (3700, 7200),
        (90000, 172800),
    ],
)
def test_an_axis_ends_at_a_neat_number(most: float, reached: float) -> None:
    assert reach(most) == reached
    assert len(short(reached)) <= 4 >= len(short(reached / 2))


def test_the_drawing_has_a_dot_for_each_and_a_line_for_the_target() -> None:
    drawing = plot(Objective("RPO", "How much would have been lost", [Rate(T, 4), Rate(T + WEEK, 400)], 300))
    assert [dot.get("class") for dot in drawing.findall("circle")] == ["measured", "over"]
    line = drawing.find("line[@class='target']")
    assert line is not None
    assert line.get("y1") == line.get("y2")
    assert float(str(line.get("y1"))) > float(str(drawing.findall("circle")[1].get("cy"))), "what missed it is above it"
    assert [text.text for text in drawing.findall("text")][-2:] == ["2026-11-21", "2026-11-28"]


def test_the_words_say_what_the_drawing_shows() -> None:
    words = in_words(Objective("RPO", "How much would have been lost", [Rate(T, 400), Rate(T + WEEK, 4)], 300))
    assert words == (
        "How much would have been lost, measured 2 times. The last time, 2026-11-28 16:53:20Z, it was 4.0 s; the worst, "
        "2026-11-21 16:53:20Z, was 6 min 40 s. The target is 5 min 0 s at most; it was kept once of 2."
    )
    assert in_words(Objective("RTO", "x", [Rate(T, 4)], None)).endswith("No target was said.")


def test_the_section_draws_what_was_measured_and_nothing_else() -> None:
    measured = (Measurement(T, 4, None, 300, 3600), Measurement(T + WEEK, None, None, 300, 3600))
    main = Element("main")
    write(main, Recovery(T, measurements=measured))
    text = tostring(main, encoding="unicode")
    assert text.count("<svg") == 1
    assert "the dashed line is the target, 5 min 0 s" in text
    assert "<dt>RPO</dt><dd>4.0 s of 5 min 0 s</dd>" in text
    assert "<dt>RTO</dt><dd>not measured</dd>" in text
