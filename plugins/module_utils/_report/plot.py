# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Error rates of both sides over a run as a drawing, from what canary_check looked at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any
from xml.etree.ElementTree import Element, SubElement

from .model import Gate

WIDTH, HEIGHT = 720, 220
LEFT, RIGHT, TOP, BOTTOM = 56, 12, 14, 34
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


def plot(gates: Sequence[Gate], metric: str) -> Element:
    """A drawing of one metric over all steps, the ends of steps marked; its text tells the same in words."""
    began = min(gate.at - gate.numbers["seconds"] for gate in gates)
    ended = max(gate.at for gate in gates)
    lines = {side: [rates(gate, metric, side) for gate in gates] for side in SIDES}
    highest = max([LEAST, *(rate.rate for of_side in lines.values() for line in of_side for rate in line)])
    frame = _Frame(began, ended, highest)
    drawing = Element("svg", {"viewBox": f"0 0 {WIDTH} {HEIGHT}", "role": "img", "aria-labelledby": f"plot-{metric}"})
    SubElement(drawing, "title", {"id": f"plot-{metric}"}).text = _in_words(metric, gates)
    frame.axes(drawing)
    for gate in gates:
        frame.mark(drawing, gate)
    for side, of_side in lines.items():
        for line in of_side:
            frame.line(drawing, side, line)
    return drawing


def _in_words(metric: str, gates: Sequence[Gate]) -> str:
    told = (f"{gate.phase}: {_counts(gate, metric)}" for gate in gates)
    return f"Bad answers of both sides over time, {metric}. {'; '.join(told)}"


def _counts(gate: Gate, metric: str) -> str:
    seen = next((one for one in gate.numbers["metrics"] if one["name"] == metric), None)
    return seen["told"] if seen else "not looked at"


@dataclass(frozen=True)
class _Frame:
    """From seconds and rates to places in the drawing."""

    began: float
    ended: float
    highest: float

    def x(self, at: float) -> float:
        span = max(self.ended - self.began, 0.001)
        return round(LEFT + (WIDTH - LEFT - RIGHT) * (at - self.began) / span, 1)

    def y(self, rate: float) -> float:
        return round(HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * rate / self.highest, 1)

    def axes(self, drawing: Element) -> None:
        for rate in (0.0, self.highest / 2, self.highest):
            y = str(self.y(rate))
            SubElement(drawing, "line", {"class": "grid", "x1": str(LEFT), "x2": str(WIDTH - RIGHT), "y1": y, "y2": y})
            SubElement(drawing, "text", {"class": "tick", "x": str(LEFT - 6), "y": y, "text-anchor": "end"}).text = f"{rate:.1%}"
        for at, anchor in ((self.began, "start"), (self.ended, "end")):
            place = {"class": "tick", "x": str(self.x(at)), "y": str(HEIGHT - 8), "text-anchor": anchor}
            SubElement(drawing, "text", place).text = f"{at - self.began:.0f} s"

    def mark(self, drawing: Element, gate: Gate) -> None:
        x = str(self.x(gate.at))
        SubElement(
            drawing, "line", {"class": f"mark {gate.verdict}", "x1": x, "x2": x, "y1": str(TOP), "y2": str(HEIGHT - BOTTOM)}
        )
        SubElement(drawing, "text", {"class": "tick", "x": x, "y": str(HEIGHT - 20), "text-anchor": "end"}).text = gate.phase

    def line(self, drawing: Element, side: str, points: Sequence[Rate]) -> None:
        if points:
            path = " ".join(f"{self.x(point.at)},{self.y(point.rate)}" for point in points)
            SubElement(drawing, "polyline", {"class": side, "points": path})
