# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Objectives and rules as a user writes them, and what Prometheus says of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from .._core.errors import InvalidInput, Unavailable
from .._core.text import NAME, seconds, shown, within
from .._core.verdict import Verdict, overall
from .._core.wait import Clock, Pace, RealClock, wait_until
from . import prometheus
from .fetch import Place
from .model import BudgetSpent, NotProven
from .names import different
from .objective import Objective, budget, in_words
from .rule import Rule, kept

WINDOW = "$window"
LONGER_S = 30.0
"""How much longer Prometheus has to answer at the end of a watch, because it may be starting again just then."""


@dataclass(frozen=True)
class AskedObjective:
    """An objective; ``bad`` and ``total`` are queries of rates over a window."""

    name: str
    target: float
    bad: str
    total: str
    period: str = "30d"

    def __post_init__(self) -> None:
        NAME.check(self.name)
        if WINDOW not in self.bad or WINDOW not in self.total:
            raise InvalidInput(
                f"objective {self.name}: bad and total are rates over {WINDOW}, as in rate(errors_total[{WINDOW}])"
            )

    @property
    def objective(self) -> Objective:
        return Objective(self.name, self.target, seconds(self.period, noun="period"))


@dataclass(frozen=True)
class AskedRule:
    """A rule; it has one bound."""

    name: str
    query: str
    above: float | None = None
    below: float | None = None
    lasting: str = "5m"

    @property
    def rule(self) -> Rule:
        return Rule(self.name, self.query, self.above, self.below, seconds(self.lasting, noun="lasting"))


@dataclass(frozen=True)
class Described:
    """What was promised, what must not be, which Prometheus knows, and how often it is asked while something is watched."""

    prometheus: Place
    objectives: tuple[AskedObjective, ...] = ()
    rules: tuple[AskedRule, ...] = ()
    every: str = "15s"
    duration: str = "0s"


@dataclass(frozen=True)
class Check:
    """A check that is ready to be made; times in seconds."""

    place: Place
    objectives: tuple[tuple[AskedObjective, Objective], ...]
    rules: tuple[Rule, ...]
    every: float
    duration: float

    def look(self) -> Mapping[str, Any]:
        """What Prometheus says now: the verdict, a sentence, and each objective and rule."""
        at = time.time()
        objectives = [_objective(self.place, *one, at) for one in self.objectives]
        rules = [_rule(self.place, one, at) for one in self.rules]
        return _told(objectives, rules)

    def run(
        self,
        is_over: Callable[[], bool] = lambda: False,
        is_done: Callable[[], bool] = lambda: False,
        tolerated: Collection[str] = (),
        clock: Clock | None = None,
    ) -> Mapping[str, Any]:
        """The first look that fails, else the one at the end: after the duration, or before it once others ``is_done``.

        What was ``tolerated`` when the run began does not count.
        """
        timing = clock or RealClock()

        def until(timeout: float, ends: Callable[[Verdict], bool]) -> Mapping[str, Any]:
            def ends_here(told: Mapping[str, Any]) -> bool:
                return is_over() or ends(Verdict(told["verdict"]))

            return wait_until(lambda: without(self.look(), tolerated), ends_here, Pace(timeout, self.every), clock=timing)[1]

        last = until(self.duration, lambda verdict: verdict is Verdict.FAIL or is_done())
        if last["verdict"] == Verdict.FAIL or is_over():
            return last
        return until(LONGER_S, lambda verdict: verdict is not Verdict.INCONCLUSIVE)


def check(one: Described) -> Check:
    """The check that is described; raises ``InvalidInput``."""
    different([*(asked.name for asked in one.objectives), *(asked.name for asked in one.rules)], "objectives and rules")
    return Check(
        place=one.prometheus,
        objectives=tuple((asked, asked.objective) for asked in one.objectives),
        rules=tuple(asked.rule for asked in one.rules),
        every=within("pause between two looks at objectives", seconds(one.every, noun="every"), 1, 3600),
        duration=within("duration", seconds(one.duration, noun="duration"), 0, seconds("14d")),
    )


def without(told: Mapping[str, Any], tolerated: Collection[str]) -> Mapping[str, Any]:
    """As if these had not been asked."""
    objectives, rules = ([one for one in told[kind] if one["name"] not in tolerated] for kind in ("objectives", "rules"))
    return _told(objectives, rules)


def demand_kept(told: Mapping[str, Any], way_out: str) -> None:
    """Raise ``BudgetSpent`` if a promise is broken, ``NotProven`` if nobody knows; both with the way out for who must go on."""
    if told["verdict"] != Verdict.PASS:
        raise (BudgetSpent if told["verdict"] == Verdict.FAIL else NotProven)(f"{told['told']}. {way_out}", **told)


def not_passed(told: Mapping[str, Any]) -> tuple[str, ...]:
    """The names of the objectives and rules that did not pass."""
    return tuple(one["name"] for one in (*told["objectives"], *told["rules"]) if one["verdict"] != Verdict.PASS)


def _told(objectives: list[dict[str, Any]], rules: list[dict[str, Any]]) -> Mapping[str, Any]:
    """Nothing that is left to be asked is no reason to stop: all of it was tolerated."""
    every = [*objectives, *rules]
    verdict = overall(Verdict(one["verdict"]) for one in every) if every else Verdict.PASS
    why = "; ".join(f"{one['name']}: {one['told']}" for one in every if one["verdict"] == verdict)
    return {"verdict": str(verdict), "told": _in_words(verdict, why), "objectives": objectives, "rules": rules}


def _in_words(verdict: Verdict, why: str) -> str:
    return {
        Verdict.PASS: "users get what was promised",
        Verdict.FAIL: f"users get less than was promised: {why}",
        Verdict.INCONCLUSIVE: f"whether users get what was promised is not known: {why}",
    }[verdict]


def _objective(place: Place, asked: AskedObjective, objective: Objective, at: float) -> dict[str, Any]:
    try:
        _demand_traffic(place, asked, objective, at)
        bad = {window: _part(place, asked, window, at) for window in objective.windows}
    except Unavailable as error:
        return _unknown(objective.name, error)
    found = budget(objective, bad)
    return {
        "name": found.name,
        "verdict": str(found.verdict),
        "left": round(found.left, 6),
        "burns": {in_words(window): round(burn, 4) for window, burn in found.burns.items()},
        "alerts": [{**asdict(one), "long": in_words(one.long), "short": in_words(one.short)} for one in found.alerts],
        "told": found.told,
    }


def _demand_traffic(place: Place, asked: AskedObjective, objective: Objective, at: float) -> None:
    if not _over(place, asked.total, objective.period, at) > 0:
        raise Unavailable(f"nobody was answered within {in_words(objective.period)}, says {shown(asked.total, 200)}")


def _part(place: Place, asked: AskedObjective, window: float, at: float) -> float:
    """The part of bad answers over the window; where nobody asked, nothing was bad."""
    bad, total = (_over(place, query, window, at) for query in (asked.bad, asked.total))
    return bad / total if total else 0.0


def _over(place: Place, query: str, window: float, at: float) -> float:
    return prometheus.value(place, query.replace(WINDOW, in_words(window)), at)


def _rule(place: Place, rule: Rule, at: float) -> dict[str, Any]:
    try:
        found = kept(rule, prometheus.value(place, rule.steadiest, at), prometheus.value(place, rule.looks, at))
    except Unavailable as error:
        return _unknown(rule.name, error)
    return {"name": found.name, "verdict": str(found.verdict), "value": found.value, "told": found.told}


def _unknown(name: str, error: Unavailable) -> dict[str, Any]:
    return {"name": name, "verdict": str(Verdict.INCONCLUSIVE), "told": error.message}
