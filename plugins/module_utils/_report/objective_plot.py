# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What was measured of recovery over weeks as a drawing, with the target as a line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement

from .._core.text import moment
from .course import took
from .plot import HEIGHT, LEFT, RIGHT, WIDTH, Frame, Rate

UNITS = (("d", 86400.0), ("h", 3600.0), ("m", 60.0), ("s", 1.0))
NEAT = (1, 2, 4, 6, 10, 20, 30, 40, 60, 100, 200, 400, 1000)
"""How far an axis may reach in one of the units, so that its half can be told in a few letters too."""
DOT = "5"


@dataclass(frozen=True)
class Objective:
    """One objective: its short name, what it is in words, what was measured of it, and what it is to be at most, in seconds."""

    name: str
    told: str
    measured: Sequence[Rate]
    target: float | None


def plot(objective: Objective) -> Element:
    """A drawing of all that was measured; its text tells the same in words."""
    frame = _frame(objective)
    named = f"plot-{objective.name.lower()}"
    drawing = Element("svg", {"viewBox": f"0 0 {WIDTH} {HEIGHT}", "role": "img", "aria-labelledby": named})
    SubElement(drawing, "title", {"id": named}).text = in_words(objective)
    frame.heights(drawing)
    frame.times(drawing, _day(frame.began), _day(frame.ended) if frame.ended > frame.began else "")
    if objective.target is not None:
        y = str(frame.y(objective.target))
        SubElement(drawing, "line", {"class": "target", "x1": str(LEFT), "x2": str(WIDTH - RIGHT), "y1": y, "y2": y})
    frame.line(drawing, "measured", objective.measured)
    for one in objective.measured:
        kind = "measured" if _is_kept(one, objective) else "over"
        SubElement(drawing, "circle", {"class": kind, "cx": str(frame.x(one.at)), "cy": str(frame.y(one.rate)), "r": DOT})
    return drawing


def in_words(objective: Objective) -> str:
    """What the drawing shows: how often it was measured, the last, the worst, the target and how often that was kept."""
    last, worst = objective.measured[-1], max(objective.measured, key=lambda one: one.rate)
    words = (
        f"{objective.told}, measured {_times(len(objective.measured))}. "
        f"The last time, {moment(last.at)}, it was {took(last.rate)}; the worst, {moment(worst.at)}, was {took(worst.rate)}."
    )
    if objective.target is None:
        return f"{words} No target was said."
    kept = sum(_is_kept(one, objective) for one in objective.measured)
    return f"{words} The target is {took(objective.target)} at most; it was kept {_times(kept)} of {len(objective.measured)}."


def short(seconds: float) -> str:
    """A duration as an inventory writes it, such as 5m."""
    name, size = next(((name, size) for name, size in UNITS if seconds >= size), UNITS[-1])
    return f"{seconds / size:g}{name}" if seconds else "0"


def reach(most: float) -> float:
    """How far the axis goes so that this is on it: a neat number of a unit."""
    size = next((size for _name, size in UNITS if most >= size), 1.0)
    return next((neat * size for neat in NEAT if neat * size >= most), most)


def _frame(objective: Objective) -> Frame:
    heights = [one.rate for one in objective.measured] + [objective.target or 0.0]
    times = [one.at for one in objective.measured]
    return Frame(min(times), max(times), reach(max(heights)), short)


def _is_kept(one: Rate, objective: Objective) -> bool:
    return objective.target is None or one.rate <= objective.target


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"


def _day(at: float) -> str:
    return moment(at)[:10]
