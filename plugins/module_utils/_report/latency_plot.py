# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How long answers of both sides took over a run as a drawing, by their highest quantile, from what canary_check looked at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from xml.etree.ElementTree import Element

from .model import Gate
from .plot import POINTS, SIDES, Axis, Rate, counts, draw

KIND = "latency"
LEAST = 0.001
"""Seconds that the axis reaches at least."""


def quantiles(side: Mapping[str, Any]) -> list[str]:
    """The names of the quantiles that are told of a side, the lowest first, such as p50 and p99."""
    return sorted((name for name in side if name != "requests"), key=lambda name: float(name[1:]))


def plot(gates: Sequence[Gate], metric: str) -> Element:
    """A drawing of the highest quantile of one metric over all steps; its text tells the same in words."""
    lines = {side: [_times(gate, metric, side) for gate in gates] for side in SIDES}
    return draw(gates, metric, lines, Axis(LEAST, in_time), _in_words(metric, gates))


def caption(metric: str, gates: Iterable[Gate]) -> str:
    """Which quantile is drawn."""
    return f"{metric}: {_highest(metric, gates)} of both sides"


def told(side: Mapping[str, Any]) -> str:
    """The quantiles of a side in a cell of a table."""
    known = {name: side[name] for name in quantiles(side) if side[name] is not None}
    words = ", ".join(f"{name} {in_time(time)}" for name, time in known.items())
    return f"{words} in {side['requests']}" if words else "no answers"


def in_time(seconds: float) -> str:
    if not seconds:
        return "0"
    return f"{1000 * seconds:.3g} ms" if seconds < 1 else f"{seconds:.3g} s"


def _times(gate: Gate, metric: str, side: str) -> list[Rate]:
    """The highest quantile of all answers so far in the step, where there were any."""
    began, name = gate.at - gate.numbers["seconds"], _highest(metric, [gate])
    timeline: Sequence[Mapping[str, Any]] = gate.numbers["timeline"]
    picked = timeline[:: max(1, len(timeline) // POINTS)]
    seen = ((began + point["at"], point["metrics"][metric][side].get(name)) for point in picked)
    return [Rate(at, time) for at, time in seen if time is not None]


def _highest(metric: str, gates: Iterable[Gate]) -> str:
    sides = (one["canary"] for gate in gates for one in gate.numbers["metrics"] if one["name"] == metric)
    return next((quantiles(side)[-1] for side in sides if quantiles(side)), "times")


def _in_words(metric: str, gates: Sequence[Gate]) -> str:
    words = "; ".join(f"{gate.phase}: {counts(gate, metric)}" for gate in gates)
    return f"How long answers of both sides took over time, {metric}, {_highest(metric, gates)}. {words}"
