# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How many answers it takes before nothing found means that nothing is there.

Wald's approximation for a sequential likelihood ratio test: the evidence grows by its drift with each answer and wanders by its
spread, and must have passed the bar with the probability that is asked for. A. Wald, Sequential Analysis (1947), chapter 3.
"""

from __future__ import annotations

import math
from statistics import NormalDist

from .evidence import RATIOS
from .model import Demand


def threshold(demand: Demand, metrics: int = 1) -> float:
    """The logarithm that the evidence of a metric must reach; all metrics of a run share the false alarms."""
    return math.log(metrics / demand.false_alarms)


def needed(demand: Demand, base: float, share: float, metrics: int = 1) -> int:
    """Answers of both sides together until a rise from ``base`` by what is to be detected has been found.

    ``share`` is the canary's part of the answers, ``base`` the live side's part of bad ones.
    """
    return answers(demand, (base, min(base + demand.detects, 1 - 1e-9)), share, threshold(demand, metrics))


def answers(demand: Demand, rise: tuple[float, float], share: float, hurdle: float, bets: int = len(RATIOS)) -> int:
    """The same of any ``rise`` of the share of bad ones, a hurdle for the evidence, and a number of bets that share one unit."""
    base, risen = rise
    mixed = share * risen + (1 - share) * base
    turns = (_log_odds(risen) - _log_odds(mixed), _log_odds(base) - _log_odds(mixed))
    drift = share * _divergence(risen, mixed) + (1 - share) * _divergence(base, mixed)
    spread = share * turns[0] ** 2 * risen * (1 - risen) + (1 - share) * turns[1] ** 2 * base * (1 - base)
    least = hurdle + math.log(bets)
    wander = NormalDist().inv_cdf(demand.power) * math.sqrt(spread)
    return math.ceil(((wander + math.sqrt(wander**2 + 4 * drift * least)) / (2 * drift)) ** 2)


def _divergence(one: float, other: float) -> float:
    """Kullback and Leibler's, of two coins, in nats."""
    return one * math.log(one / other) + (1 - one) * math.log((1 - one) / (1 - other))


def _log_odds(share: float) -> float:
    return math.log(share / (1 - share))
