# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Rules such as "error rate above 5 % for more than 5 minutes"."""

from __future__ import annotations

import math
from dataclasses import dataclass

from .._core.errors import InvalidInput
from .._core.text import NAME, within
from .._core.verdict import Verdict
from .objective import HOUR, in_words

LOOKS = 20
"""How often a value is looked at over the time for which a rule must be broken."""

ENOUGH = 0.8
"""The part of the looks that must have found a value, for a rule to be broken all the time."""


@dataclass(frozen=True)
class Rule:
    """A value that must not be above, or not below, a bound for longer than ``lasting`` seconds."""

    name: str
    query: str
    above: float | None = None
    below: float | None = None
    lasting: float = 300.0

    def __post_init__(self) -> None:
        NAME.check(self.name)
        within("time for a rule in seconds", self.lasting, 1, 24 * HOUR)
        if (self.above is None) == (self.below is None):
            raise InvalidInput(f"rule {self.name} needs one bound: give above or below")
        if not math.isfinite(self.bound):
            raise InvalidInput(f"rule {self.name}: {self.bound} is no bound")

    @property
    def bound(self) -> float:
        found = self.below if self.above is None else self.above
        return math.nan if found is None else found

    @property
    def steadiest(self) -> str:
        """The query of the value that was never worse: broken only if the rule was broken at every look."""
        return f"{'max' if self.above is None else 'min'}_over_time(({self.query}\n){self._times})"

    @property
    def looks(self) -> str:
        """The query of how often the value was a number, which only a number is equal to itself."""
        return f"count_over_time((({self.query}\n) == ({self.query}\n)){self._times})"

    @property
    def most_looks(self) -> int:
        return int(self.lasting // self._step)

    @property
    def _step(self) -> int:
        return max(1, round(self.lasting / LOOKS))

    @property
    def _times(self) -> str:
        return f"[{self.lasting:.0f}s:{self._step}s]"


@dataclass(frozen=True)
class Kept:
    """The verdict on a rule, and the value that was at least reached all the time."""

    name: str
    verdict: Verdict
    value: float
    told: str


def kept(rule: Rule, value: float, looks: float) -> Kept:
    """Whether the rule is kept, given the values of ``steadiest`` and ``looks``."""
    side = "below" if rule.above is None else "above"
    beyond = value < rule.bound if rule.above is None else value > rule.bound
    how = f"{side} {rule.bound:g} for {in_words(rule.lasting)}"
    if not beyond:
        return Kept(rule.name, Verdict.PASS, value, f"{value:.4g}, not {how}")
    if looks < ENOUGH * rule.most_looks:
        return Kept(
            rule.name,
            Verdict.INCONCLUSIVE,
            value,
            f"{value:.4g}, {side} {rule.bound:g}, but not seen for {in_words(rule.lasting)}",
        )
    return Kept(rule.name, Verdict.FAIL, value, f"{value:.4g}, {how}")
