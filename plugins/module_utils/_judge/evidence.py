# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How much speaks for it that the canary does worse than the live side; it may be looked at after every request.

The sides are compared block by block, a block being what both answered in the same time. Of the bad answers of a block, the
number that falls to the canary is hypergeometric if both sides are equally good, whatever the share of bad answers just then:
load, the time of day, and an outage that hits both alike make no difference. A block bets that it is Fisher's noncentral
hypergeometric distribution with some odds ratio instead. What a bet of one unit has become, after a fair price was paid in every
block, is a martingale if the canary is as good, and can only expect to shrink if it is better. The average of such bets over
several odds ratios is one again. By Ville's inequality it ever reaches 1 / alpha with a probability of alpha at most, so that is
how often a good canary is called bad, whenever and however often one looks.

Answers of a block are taken to be independent of each other, and both sides of it to have been counted over the same time.

Sources: R. A. Fisher, The logic of inductive inference (1935); J. Ville, Etude critique de la notion de collectif (1939);
R. Turner, A. Ly, P. Gruenwald, Generic E-variables for exact sequential k-sample tests that allow for optional stopping (2024).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from .model import Block

RATIOS = (1.2, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0, 100.0)
"""The odds ratios that are bet on: the smaller find a small rise in the end, the larger a large one soon."""

NOTHING_MORE = 1e-18
"""Of a sum, what does not change it."""


@dataclass(frozen=True)
class Evidence:
    """What the bets of one unit have become, as natural logarithms, in the order of ``RATIOS``."""

    logs: tuple[float, ...] = (0.0,) * len(RATIOS)

    def after(self, block: Block, most: float = math.inf) -> Evidence:
        """The evidence with this block too; one with no bad answers, or only one side, tells nothing.

        No bet grows by more than ``most`` in it. Winning less than is fair keeps what was said of false alarms.
        """
        return Evidence(tuple(log + min(gain(block, ratio), most) for log, ratio in zip(self.logs, RATIOS, strict=True)))

    @property
    def log(self) -> float:
        """The logarithm of the average of all bets."""
        return average(self.logs)


def gain(block: Block, ratio: float) -> float:
    """The logarithm by which a bet on this odds ratio grows in the block."""
    canary, live = block.canary, block.live
    bad = canary.bad + live.bad
    price = _normaliser(canary.requests, live.requests, bad, ratio) - _normaliser(canary.requests, live.requests, bad, 1.0)
    return canary.bad * math.log(ratio) - price


@lru_cache(maxsize=65536)
def _normaliser(canary: int, live: int, bad: int, ratio: float) -> float:
    """The logarithm of the sum of the weights of Fisher's noncentral hypergeometric distribution.

    Summed up from the largest weight to either side until nothing more is added, which takes about as many terms as the square
    root of the bad answers, so that thousands of slow answers in each second cost a millisecond. Source: J. Liao, O. Rosen, Fast
    and stable algorithms for computing and sampling from the noncentral hypergeometric distribution (2001).
    """
    mode = _mode(canary, live, bad, ratio)

    def rises() -> Iterator[float]:
        for n in range(mode, min(canary, bad)):
            yield (canary - n) * (bad - n) * ratio / ((n + 1) * (live - bad + n + 1))

    def falls() -> Iterator[float]:
        for n in range(mode, max(0, bad - live), -1):
            yield n * (live - bad + n) / ((canary - n + 1) * (bad - n + 1) * ratio)

    largest = _ways(canary, mode) + _ways(live, bad - mode) + mode * math.log(ratio)
    return largest + math.log1p(_side(rises()) + _side(falls()))


def _mode(canary: int, live: int, bad: int, ratio: float) -> int:
    """The number of bad answers of the canary that has the largest weight: where the next weighs less for the first time."""
    a, b = ratio - 1, (canary + bad + 2) * ratio + live - bad
    root = 2 * (canary + 1) * (bad + 1) * ratio / (b + math.sqrt(max(0.0, b * b - 4 * a * (canary + 1) * (bad + 1) * ratio)))
    return min(max(int(root), 0, bad - live), canary, bad)


def _side(turns: Iterator[float]) -> float:
    """The sum of the weights beside the largest, which is 1, each given by how it follows from the one before."""
    total, weight = 0.0, 1.0
    for turn in turns:
        weight *= turn
        total += weight
        if weight < total * NOTHING_MORE:
            break
    return total


def _ways(total: int, chosen: int) -> float:
    """The logarithm of a binomial coefficient."""
    return math.lgamma(total + 1) - math.lgamma(chosen + 1) - math.lgamma(total - chosen + 1)


def average(logs: Sequence[float]) -> float:
    """The logarithm of the average of numbers whose logarithms are given."""
    largest = max(logs)
    return largest + math.log(math.fsum(math.exp(log - largest) for log in logs) / len(logs))
