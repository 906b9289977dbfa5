# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Error rates of both sides over a run as a drawing, from what canary_check looked at."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any
from xml.etree.ElementTree import Element, SubElement

from .course import took
from .model import Gate

WIDTH, HEIGHT = 720, 310
LEFT, RIGHT, TOP, BOTTOM = 104, 12, 78, 42
LETTER, GAP = 21, 6
"""The width of a letter in a label and the least space between two, on a phone, where letters are largest beside the lines."""
ROWS = (28, 66)
"""Where labels of switch points stand."""
SIDES = ("canary", "live")
POINTS = 60
"""Of each side in a step; every point is the rate over the time since the one before."""
LEAST = 0.01
"""The rate that the axis reaches at least, so that one bad answer does not look like a disaster."""


@dataclass(frozen=True)
class Rate:
    """The share of bad answers of a side at a moment."""

    at: float
    rate: float


@dataclass(frozen=True)
class Axis:
    """What goes up: how far it reaches at least, and how its ticks are written."""

    least: float
    tick: Callable[[float], str]


def rates(gate: Gate, metric: str, side: str) -> list[Rate]:
    """Over the time in which the gate was watched."""
    began = gate.at - gate.numbers["seconds"]
    timeline: Sequence[Mapping[str, Any]] = gate.numbers["timeline"]
    every = max(1, len(timeline) // POINTS)
    picked = timeline[::every]
    found = []
    for before, now in pairwise(picked):
        (asked, bad), (was_asked, was_bad) = now["metrics"][metric][side], before["metrics"][metric][side]
        if asked > was_asked:
            found.append(Rate(began + now["at"], (bad - was_bad) / (asked - was_asked)))
    return found


Lines = Mapping[str, Sequence[Sequence[Rate]]]
"""By side, what is drawn of each step."""


def plot(gates: Sequence[Gate], metric: str) -> Element:
    """A drawing of the errors of one metric over all steps; its text tells the same in words."""
    lines = {side: [rates(gate, metric, side) for gate in gates] for side in SIDES}
    return draw(gates, metric, lines, Axis(LEAST, in_percent), _in_words(metric, gates))


def draw(gates: Sequence[Gate], metric: str, lines: Lines, axis: Axis, words: str) -> Element:
    """Lines over the time of all steps, marked where the traffic was changed."""
    highest = max([axis.least, *(rate.rate for of_side in lines.values() for line in of_side for rate in line)])
    frame = Frame(min(gate.at - gate.numbers["seconds"] for gate in gates), max(gate.at for gate in gates), highest, axis.tick)
    drawing = Element("svg", {"viewBox": f"0 0 {WIDTH} {HEIGHT}", "role": "img", "aria-labelledby": f"plot-{metric}"})
    SubElement(drawing, "title", {"id": f"plot-{metric}"}).text = words
    frame.axes(drawing)
    for switch, row in placed([(frame.x(switch.at), switch) for switch in switches(gates)]):
        frame.mark(drawing, switch, row)
    for side, of_side in lines.items():
        for line in of_side:
            frame.line(drawing, side, line)
    return drawing


def in_percent(rate: float) -> str:
    return f"{rate:.1%}"


def _in_words(metric: str, gates: Sequence[Gate]) -> str:
    told = (f"{_share(gate)}: {counts(gate, metric)}" for gate in gates)
    return f"Bad answers of both sides over time, {metric}. {'; '.join(told)}"


def counts(gate: Gate, metric: str) -> str:
    """What is told of the metric in a step."""
    seen = next((one for one in gate.numbers["metrics"] if one["name"] == metric), None)
    return seen["told"] if seen else "not looked at"


@dataclass(frozen=True)
class Switch:
    """A moment at which the traffic was changed, and to what."""

    at: float
    told: str
    kind: str = "switch"


def switches(gates: Sequence[Gate]) -> list[Switch]:
    """Where each step began, and what its verdict led to in the end."""
    last = gates[-1]
    passed = last.verdict == "pass"
    end = Switch(last.at, ("100 %" if last.share else "") if passed else last.verdict, "switch" if passed else last.verdict)
    return [*(Switch(gate.at - gate.numbers["seconds"], _share(gate)) for gate in gates), end]


def placed(marks: Sequence[tuple[float, Switch]]) -> list[tuple[Switch, int | None]]:
    """Each switch with the row in which its label stands without touching another; None where there is no room for it."""
    free, found = [0.0] * len(ROWS), []
    for x, switch in marks:
        wide = len(switch.told) * LETTER
        begins = min(x, WIDTH - wide)
        row = next((n for n, end in enumerate(free) if begins >= end), None)
        if row is not None:
            free[row] = begins + wide + GAP
        found.append((switch, row))
    return found


def _share(gate: Gate) -> str:
    return f"{gate.share} %" if gate.share else gate.phase


@dataclass(frozen=True)
class Frame:
    """From seconds, and rates or whatever else goes up to ``highest``, to places in the drawing; ``tick`` writes it down."""

    began: float
    ended: float
    highest: float
    tick: Callable[[float], str]

    def x(self, at: float) -> float:
        span = max(self.ended - self.began, 0.001)
        return round(LEFT + (WIDTH - LEFT - RIGHT) * (at - self.began) / span, 1)

    def y(self, rate: float) -> float:
        return round(HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * rate / self.highest, 1)

    def axes(self, drawing: Element) -> None:
        self.heights(drawing)
        self.times(drawing, took(0.0), took(self.ended - self.began))

    def heights(self, drawing: Element) -> None:
        for rate in (0.0, self.highest / 2, self.highest):
            y = str(self.y(rate))
            SubElement(drawing, "line", {"class": "grid", "x1": str(LEFT), "x2": str(WIDTH - RIGHT), "y1": y, "y2": y})
            place = {"class": "tick", "x": str(LEFT - 6), "y": y, "text-anchor": "end", "dominant-baseline": "middle"}
            SubElement(drawing, "text", place).text = self.tick(rate)

    def times(self, drawing: Element, first: str, last: str) -> None:
        for at, anchor, told in ((self.began, "start", first), (self.ended, "end", last)):
            place = {"class": "tick", "x": str(self.x(at)), "y": str(HEIGHT - 8), "text-anchor": anchor}
            SubElement(drawing, "text", place).text = told

    def mark(self, drawing: Element, switch: Switch, row: int | None) -> None:
        """A line down from its label."""
        x, top = str(self.x(switch.at)), TOP if row is None else ROWS[row] + 4
        SubElement(
            drawing, "line", {"class": f"mark {switch.kind}", "x1": x, "x2": x, "y1": str(top), "y2": str(HEIGHT - BOTTOM)}
        )
        if row is not None:
            at = min(self.x(switch.at), WIDTH - len(switch.told) * LETTER)
            SubElement(drawing, "text", {"class": "tick label", "x": str(at), "y": str(ROWS[row])}).text = switch.told

    def line(self, drawing: Element, side: str, points: Sequence[Rate]) -> None:
        if points:
            path = " ".join(f"{self.x(point.at)},{self.y(point.rate)}" for point in points)
            SubElement(drawing, "polyline", {"class": side, "points": path})
