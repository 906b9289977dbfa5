# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The check of service level objectives and rules put together for the module."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from .._core.errors import InvalidInput, Unavailable
from .._core.text import NAME, reason, seconds, shown
from .._core.verdict import Verdict, overall
from .._edge.run import Reading, Report
from .._edge.spec import Seconds, into
from . import prometheus
from .fetch import Place
from .model import BudgetSpent, NotProven
from .names import different
from .objective import Objective, budget, in_words
from .rule import Rule, kept

OBJECTIVE = {
    "name": {"type": "str", "required": True},
    "target": {"type": "float", "required": True},
    "bad": {"type": "str", "required": True},
    "total": {"type": "str", "required": True},
    "period": {"type": "str", "default": "30d"},
}
"""Argument spec of one objective."""

RULE = {
    "name": {"type": "str", "required": True},
    "query": {"type": "str", "required": True},
    "above": {"type": "float"},
    "below": {"type": "float"},
    "lasting": {"type": "str", "default": "5m"},
}
"""Argument spec of one rule."""

WINDOW = "$window"


@dataclass(frozen=True)
class Asked:
    """An objective as a user writes it; ``bad`` and ``total`` are queries of rates over a window."""

    name: str
    target: float
    bad: str
    total: str
    period: Seconds

    def __post_init__(self) -> None:
        NAME.check(self.name)
        if WINDOW not in self.bad or WINDOW not in self.total:
            raise InvalidInput(
                f"objective {self.name}: bad and total are rates over {WINDOW}, as in rate(errors_total[{WINDOW}])"
            )


@dataclass(frozen=True)
class Check:
    """What is asked of which Prometheus, whether the module fails unless it passes, and why it shall not."""

    place: Place
    objectives: tuple[tuple[Asked, Objective], ...]
    rules: tuple[Rule, ...]
    must_pass: bool
    override: str


def _parse(params: Mapping[str, Any]) -> Check:
    asked = [into(Asked, one) for one in params["objectives"]]
    rules = [Rule(**{**one, "lasting": seconds(one["lasting"], noun="lasting")}) for one in params["rules"]]
    different([*(one.name for one in asked), *(one.name for one in rules)], "objectives and rules")
    return Check(
        place=into(Place, params["prometheus"]),
        objectives=tuple((one, Objective(one.name, one.target, one.period)) for one in asked),
        rules=tuple(rules),
        must_pass=params["must_pass"],
        override="" if params["override"] is None else reason(params["override"]),
    )


def _read(wanted: Check) -> Report:
    at = time.time()
    objectives = [_objective(wanted.place, *one, at) for one in wanted.objectives]
    rules = [_rule(wanted.place, one, at) for one in wanted.rules]
    verdict = overall(Verdict(one["verdict"]) for one in (*objectives, *rules))
    told = {"verdict": str(verdict), "objectives": objectives, "rules": rules, "override": wanted.override}
    if wanted.must_pass and not wanted.override:
        _demand_pass(verdict, told)
    return told


def _objective(place: Place, asked: Asked, objective: Objective, at: float) -> dict[str, Any]:
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


def _demand_traffic(place: Place, asked: Asked, objective: Objective, at: float) -> None:
    if not _over(place, asked.total, objective.period, at) > 0:
        raise Unavailable(f"nobody was answered within {in_words(objective.period)}, says {shown(asked.total, 200)}")


def _part(place: Place, asked: Asked, window: float, at: float) -> float:
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


def _demand_pass(verdict: Verdict, told: Mapping[str, Any]) -> None:
    bad = [one for one in (*told["objectives"], *told["rules"]) if one["verdict"] == verdict]
    why = "; ".join(f"{one['name']}: {one['told']}" for one in bad)
    if verdict is Verdict.FAIL:
        raise BudgetSpent(f"users get less than was promised: {why}. To go on in spite of it, give override a reason", **told)
    if verdict is not Verdict.PASS:
        raise NotProven(f"whether users get what was promised is not known: {why}", **told)


SLO = Reading(parse=_parse, read=_read)
