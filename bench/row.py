# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What every benchmark prints: our side beside a named peer, measured in turn, with median and spread."""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Measured:
    """One side's figures, one for each run."""

    values: tuple[float, ...]

    @property
    def median(self) -> float:
        return median(self.values)

    @property
    def spread(self) -> tuple[float, float]:
        return spread(self.values)

    def __str__(self) -> str:
        low, high = self.spread
        return f"{short(self.median)} ({short(low)}-{short(high)})"


@dataclass(frozen=True)
class Row:
    """One line of the table; a ratio is ours by the peer's of the same run."""

    id: str
    ours: Measured
    peer: Measured | None
    ratio: Measured | None
    goal: str
    unit: str
    against: str = ""


def row(id: str, ours: Measured, peer: Measured | None, *, goal: str, unit: str, against: str) -> Row:
    """A row with its ratios, run by run."""
    pairs = zip(ours.values, peer.values, strict=True) if peer else ()
    ratio = Measured(tuple(mine / theirs for mine, theirs in pairs)) if peer else None
    return Row(id, ours, peer, ratio, goal, unit, against)


def measure(runs: int, *sides: Callable[[], float]) -> tuple[Measured, ...]:
    """Every side once a run, in turn, so that a noisy minute hits all of them."""
    figures = [[side() for side in sides] for _ in range(runs)]
    return tuple(Measured(tuple(column)) for column in zip(*figures, strict=True))


def seconds(work: Callable[[], object]) -> float:
    """How long the work takes."""
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def spread(values: Sequence[float]) -> tuple[float, float]:
    """The least and the most."""
    return min(values), max(values)


def percentile(values: Sequence[float], share: float) -> float:
    """Nearest rank."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def short(value: float) -> str:
    """Three digits that matter."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def table(rows: Sequence[Row]) -> str:
    """The rows as a table in Markdown: medians, the least and the most in brackets."""
    head = "| id | unit | ours | peer | against | ratio | goal |\n|---|---|---|---|---|---|---|\n"
    return head + "".join(
        f"| {r.id} | {r.unit} | {r.ours} | {r.peer or '-'} | {r.against} | {r.ratio or '-'} | {r.goal} |\n" for r in rows
    )


def options(**more: int) -> argparse.Namespace:
    """``--runs``, and a benchmark's own numbers with their defaults."""
    parser = argparse.ArgumentParser()
    for name, default in {"runs": 5, **more}.items():
        parser.add_argument(f"--{name}", type=int, default=default)
    return parser.parse_args()
