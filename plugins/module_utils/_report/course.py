# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where the time of a run went: the span of each phase, and a bar of it."""

from __future__ import annotations

from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement

from .model import Gate, Record

SLIMMEST = 1.0
"""Percent of the bar's width, so that a short phase among long ones can be seen."""


@dataclass(frozen=True)
class Span:
    """A phase with when it began and ended, in seconds since the run began; ``together`` says that others ended with it.

    Phases that were judged at one moment ran beside each other or in one go, so they have the same span.
    """

    gate: Gate
    began: float
    ended: float
    together: bool

    @property
    def told(self) -> str:
        return took(self.ended - self.began) + (", together" if self.together else "")


def spans(record: Record) -> list[Span]:
    """One for each phase that was judged."""
    moments = [gate.at for gate in record.gates]
    found = []
    for gate in record.gates:
        began = max([record.started, *(at for at in moments if at < gate.at)])
        found.append(Span(gate, began - record.started, gate.at - record.started, moments.count(gate.at) > 1))
    return found


def drawn(span: Span, seconds: float) -> Element:
    """The span within the ``seconds`` of the whole run. It is hidden from who cannot see it: the cells beside it say the same."""
    whole = max(seconds, span.ended, 0.001)
    width = max(SLIMMEST, 100 * (span.ended - span.began) / whole)
    left = min(100 * span.began / whole, 100 - width)
    drawing = Element("svg", {"class": "bar", "viewBox": "0 0 100 1", "preserveAspectRatio": "none", "aria-hidden": "true"})
    SubElement(drawing, "rect", {"class": "whole", "width": "100", "height": "1"})
    SubElement(drawing, "rect", {"class": span.gate.verdict, "x": f"{left:.2f}", "width": f"{width:.2f}", "height": "1"})
    return drawing


def took(seconds: float) -> str:
    """A duration in the two units that tell most."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    units = (("d", 86400), ("h", 3600), ("min", 60), ("s", 1))
    first = next(n for n, (_name, size) in enumerate(units) if seconds >= size)
    (big, size), (small, part) = units[first : first + 2]
    return f"{int(seconds // size)} {big} {int(seconds % size // part)} {small}"
