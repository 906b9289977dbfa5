# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Service level objectives: how fast the error budget burns, and what is left of it.

A burn rate of 1 spends exactly the whole budget in the whole period. An alert needs it to be high over a long window, which says
that it matters, and over a short one, which says that it still goes on.

Source: The Site Reliability Workbook (O'Reilly, 2018), chapter 5, "Multiwindow, Multi-Burn-Rate Alerts".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from .._core.text import NAME, listed, within
from .._core.verdict import Verdict

PAGE, TICKET = "page", "ticket"
MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0

LOWEST = 0.95
"""Of a target: a budget of more than 1 / 14.4 could not burn 14.4 times too fast."""


@dataclass(frozen=True)
class Alert:
    """A burn rate that is too high over both windows, in seconds."""

    factor: float
    long: float
    short: float
    severity: str


ALERTS = (
    Alert(14.4, HOUR, 5 * MINUTE, PAGE),
    Alert(6.0, 6 * HOUR, 30 * MINUTE, PAGE),
    Alert(1.0, 3 * DAY, 6 * HOUR, TICKET),
)


@dataclass(frozen=True)
class Objective:
    """The part of answers that must be good, such as 0.9995, over a period of seconds."""

    name: str
    target: float
    period: float = 30 * DAY

    def __post_init__(self) -> None:
        NAME.check(self.name)
        within("target", self.target, LOWEST, 0.999999)
        within("period in seconds", self.period, HOUR, 400 * DAY)

    @property
    def windows(self) -> tuple[float, ...]:
        """All windows in seconds over which the part of bad answers must be known."""
        return tuple(sorted({self.period, *(window for alert in ALERTS for window in (alert.long, alert.short))}))


@dataclass(frozen=True)
class Budget:
    """The verdict on an objective: ``left`` of the error budget, 1 at first and below 0 when overspent; burn rates by window."""

    name: str
    verdict: Verdict
    left: float
    burns: Mapping[float, float]
    alerts: tuple[Alert, ...]
    told: str


def budget(objective: Objective, bad: Mapping[float, float]) -> Budget:
    """What the part of bad answers, by window, means. An alert that pages, or a budget that is spent, is a failure."""
    allowed = 1 - objective.target
    burns = {window: part / allowed for window, part in bad.items()}
    left = round(1 - burns[objective.period], 9)  # a budget that is spent to the last answer is spent
    alerts = tuple(alert for alert in ALERTS if min(burns[alert.long], burns[alert.short]) > alert.factor)
    failed = left <= 0 or any(alert.severity == PAGE for alert in alerts)
    return Budget(
        name=objective.name,
        verdict=Verdict.FAIL if failed else Verdict.PASS,
        left=left,
        burns=burns,
        alerts=alerts,
        told=_told(objective, left, burns, alerts),
    )


def _told(objective: Objective, left: float, burns: Mapping[float, float], alerts: Iterable[Alert]) -> str:
    spent = f"{left:.0%} of the error budget of {in_words(objective.period)} is left" if left > 0 else _overspent(objective, left)
    fast = [f"{burns[alert.long]:.3g} times too fast for {in_words(alert.long)} ({alert.severity})" for alert in alerts]
    return f"{spent}; it burns {listed(fast)}" if fast else spent


def _overspent(objective: Objective, left: float) -> str:
    return f"the error budget of {in_words(objective.period)} is spent, {1 - left:.2f} times over"


def in_words(seconds: float) -> str:
    """A window as Prometheus and people write it."""
    for unit, size in (("d", DAY), ("h", HOUR), ("m", MINUTE)):
        if seconds >= size and seconds % size == 0:
            return f"{seconds / size:.0f}{unit}"
    return f"{seconds:.0f}s"
