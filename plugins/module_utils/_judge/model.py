# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What two slots answered at the same time, and what follows from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .._core.errors import Corrupt, Failed, Refused, TimedOut
from .._core.text import within
from .._core.verdict import Verdict

Counters = Mapping[str, float]
"""Numbers that only grow until whoever counts starts again, by the name of the server."""


class CanaryWorse(Failed):
    """The canary does worse than the live side."""


class WorkerAtFault(Failed):
    """A worker does not beat, its jobs fail, or too many wait."""


class BudgetSpent(Refused):
    """Users get less than was promised: an error budget is spent or burns too fast, or a rule is broken."""


class NotProven(TimedOut):
    """Nothing was found against it, but too little was seen for a pass."""


@dataclass(frozen=True)
class Seen:
    """What one side had counted at a look: all answers, and the bad ones.

    ``scrapes`` is how often whoever was scraped least often had been scraped; 0 where nobody is.
    """

    requests: Counters
    bad: Counters
    scrapes: int = 0


@dataclass(frozen=True)
class Count:
    """Answers of one side, and how many of them were bad, in so many scrapes."""

    requests: int = 0
    bad: int = 0
    scrapes: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.bad <= self.requests:
            raise Corrupt(f"{self.bad} bad answers of {self.requests} cannot be: the counters do not belong together")

    def __add__(self, more: Count) -> Count:
        return Count(self.requests + more.requests, self.bad + more.bad, self.scrapes + more.scrapes)

    @property
    def share(self) -> float | None:
        """The part of the answers that was bad; None where there was none."""
        return self.bad / self.requests if self.requests else None


@dataclass(frozen=True)
class Block:
    """What both sides answered in the same time."""

    canary: Count
    live: Count

    def __add__(self, more: Block) -> Block:
        return Block(self.canary + more.canary, self.live + more.live)

    @property
    def requests(self) -> int:
        return self.canary.requests + self.live.requests


@dataclass(frozen=True)
class Histogram:
    """Answers of one side, and how many of them took no longer than each bound in seconds, bounds ascending."""

    requests: int = 0
    within: Mapping[float, int] = field(default_factory=dict)
    scrapes: int = 0

    def __add__(self, more: Histogram) -> Histogram:
        return self._with(more, 1)

    def __sub__(self, less: Histogram) -> Histogram:
        return self._with(less, -1)

    def _with(self, other: Histogram, sign: int) -> Histogram:
        """Of bounds that only one of the two knows, nothing can be said any more; of no answers, any bound is known."""
        if not other.requests and not other.within:
            return self
        bounds = other.within if not self.requests and not self.within else [b for b in self.within if b in other.within]
        within = {bound: self.within.get(bound, 0) + sign * other.within[bound] for bound in bounds}
        return Histogram(self.requests + sign * other.requests, within, self.scrapes + sign * other.scrapes)

    def slower(self, bound: float) -> Count:
        """The answers that took longer than the bound are the bad ones."""
        return Count(self.requests, max(0, self.requests - self.within[bound]))


@dataclass(frozen=True)
class Spread:
    """How long answers of both sides took in the same time."""

    canary: Histogram
    live: Histogram

    def __add__(self, more: Spread) -> Spread:
        return Spread(self.canary + more.canary, self.live + more.live)

    @property
    def requests(self) -> int:
        return self.canary.requests + self.live.requests

    def slower(self, bound: float) -> Block:
        return Block(self.canary.slower(bound), self.live.slower(bound))


Sides = tuple[Seen, Seen]
"""The canary's, and the live side's, as of one moment."""

Times = tuple[Histogram, Histogram]
"""How long answers of the canary, and of the live side, have taken since the first look."""


@dataclass(frozen=True)
class Demand:
    """What a comparison has to be able to do.

    ``false_alarms`` is how often a canary as good as the live side is failed, in a whole run. ``detects`` is the rise of the
    share of bad answers, such as 0.05, that must have been found with the probability ``power`` before nothing found is a
    pass; ``slower`` is how many times as large the odds of a slow answer were then.
    """

    false_alarms: float = 0.01
    detects: float = 0.05
    power: float = 0.95
    slower: float = 4.0

    def __post_init__(self) -> None:
        within("rate of false alarms", self.false_alarms, 1e-6, 0.2)
        within("rise to detect", self.detects, 1e-4, 0.9)
        within("power", self.power, 0.5, 0.999)
        within("rise of the odds of a slow answer", self.slower, 1.5, 100)


@dataclass(frozen=True)
class Compared:
    """One metric of both sides: the verdict, and the numbers behind it.

    ``chance`` bounds the probability that a canary as good as the live side ever looks as bad as this one did. ``needed`` is how
    many answers of both sides together it takes for a pass, None where no number would do. ``times`` are how long answers took,
    where that was compared; what counts as bad is then what was slow.
    """

    metric: str
    verdict: Verdict
    canary: Count
    live: Count
    chance: float
    needed: int | None
    told: str
    times: Spread | None = None
