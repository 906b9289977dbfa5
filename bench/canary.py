# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Row ``canary``: how soon a bad canary is known, beside two peers, and how often a good one is called bad.

Answers are dice and time is counted, not waited for; every side sees the same answers, ten in a second of either slot. Seeds are
fixed, so that a figure that changes is the code's doing.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from ansible_collections.mainstay.ops.plugins.module_utils._core.verdict import Verdict
from ansible_collections.mainstay.ops.plugins.module_utils._judge.model import Block, Count, Demand
from ansible_collections.mainstay.ops.plugins.module_utils._judge.verdict import Comparison, compared
from canary_peers import at_every_interval, at_the_end
from row import Measured, Row, measure, options, percentile, row, table

IDS = ("canary",)
EACH_SECOND = 10
GOOD, BAD = 0.001, 0.05
LIFETIME = 3600
"""Seconds that a canary is given."""

CANARIES = 100
GOOD_CANARIES = 10_000
WATCHED = 300
"""Seconds that a good canary is watched, a look each."""

Second = tuple[int, int]
"""Errors of the canary and of the live side among the answers of a second."""


def rows(_runs: int) -> Iterator[Row]:
    """Dice are cheap: always a hundred bad canaries, and ten thousand good ones."""
    seeds = iter(range(3 * CANARIES))
    canaries = [answers(random.Random(next(seeds)), BAD) for _ in range(CANARIES)]
    yield against(canaries, at_every_interval, "Flagger-like: success rate of a minute below 99 %, 5 times")
    yield against(canaries, at_the_end, "Kayenta-like: Mann and Whitney's test of 50 points of a minute")
    slow = percentile([first_failure(canary) for canary in canaries], 0.95)
    yield Row("canary, p95", Measured((slow,)), None, None, "60 s or less", "s until 5 % errors are known, at 10 answers/s")
    alarms = sum(false_alarm(random.Random(seed)) for seed in range(GOOD_CANARIES)) / GOOD_CANARIES
    yield Row("canary, false alarms", Measured((alarms,)), None, None, "0.01 or less", f"of {GOOD_CANARIES:,} good canaries")


def against(canaries: Sequence[Sequence[Second]], peer: Callable[[Sequence[Second], int], float], name: str) -> Row:
    """Both sides judge the same canaries, one after the other."""
    mine, theirs = iter(canaries), iter(canaries)
    ours, peers = measure(len(canaries), lambda: first_failure(next(mine)), lambda: peer(next(theirs), EACH_SECOND))
    return row("canary", ours, peers, goal="0.15x", unit="s until 0.1 % to 5 % errors are known", against=name)


def answers(dice: random.Random, canary: float, live: float = GOOD) -> list[Second]:
    """An hour of answers."""
    errors = partial(_errors, dice)
    return [(errors(canary), errors(live)) for _ in range(LIFETIME)]


def first_failure(seconds: Sequence[Second]) -> float:
    """The second in which our verdict is fail; the whole time if it never is."""
    watch = Comparison("errors", Demand())
    for at, (canary, live) in enumerate(seconds, 1):
        watch = watch.after({"proxy1": Block(Count(EACH_SECOND, canary), Count(EACH_SECOND, live))})
        if compared(watch).verdict is Verdict.FAIL:
            return float(at)
    return float(len(seconds))


def false_alarm(dice: random.Random) -> bool:
    """Whether a canary like the live side is failed, whose rate of errors is any, drifts, and has a bad half minute."""
    usual = 10 ** dice.uniform(-4, -1)
    outage = dice.randrange(WATCHED)
    seconds = []
    for at in range(WATCHED):
        rate = 0.6 if outage <= at < outage + 30 else usual * (1.5 + math.sin(at / 40))
        seconds.append((_errors(dice, rate), _errors(dice, rate)))
    return first_failure(seconds) < WATCHED


def _errors(dice: random.Random, rate: float) -> int:
    return sum(dice.random() < rate for _ in range(EACH_SECOND))


if __name__ == "__main__":
    print(table(list(rows(options().runs))))
