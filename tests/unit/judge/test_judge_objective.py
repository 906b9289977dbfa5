"""Burn rates and error budgets, and rules that must be broken for a while: a table of numbers and verdicts."""

from __future__ import annotations

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._core.errors import InvalidInput
from ansible_collections.mainstay.ops.plugins.module_utils._core.verdict import Verdict
from ansible_collections.mainstay.ops.plugins.module_utils._judge.objective import (
    ALERTS,
    DAY,
    HOUR,
    Objective,
    budget,
    in_words,
)
from ansible_collections.mainstay.ops.plugins.module_utils._judge.rule import Rule, kept

THREE_NINES = Objective("availability", 0.999)
CALM = dict.fromkeys(THREE_NINES.windows, 0.0)


def test_the_windows_of_the_handbook_are_asked_for() -> None:
    assert [in_words(window) for window in THREE_NINES.windows] == ["5m", "30m", "1h", "6h", "3d", "30d"]
    assert [(alert.factor, in_words(alert.long), in_words(alert.short)) for alert in ALERTS] == [
        (14.4, "1h", "5m"),
        (6.0, "6h", "30m"),
        (1.0, "3d", "6h"),
    ]


@pytest.mark.parametrize(
    ("burning", "verdict", "alerts"),
    [
        ({}, Verdict.PASS, 0),
        ({"5m": 0.0145, "1h": 0.0145}, Verdict.FAIL, 1),
        ({"5m": 0.0145, "1h": 0.0143}, Verdict.PASS, 0),  # not for an hour
        ({"5m": 0.0, "1h": 0.0145}, Verdict.PASS, 0),  # not any more
        ({"30m": 0.0061, "6h": 0.0061}, Verdict.FAIL, 1),
        ({"6h": 0.0011, "3d": 0.0011}, Verdict.PASS, 1),  # a ticket, which stops nobody
        ({"30d": 0.0009}, Verdict.PASS, 0),
        ({"30d": 0.001}, Verdict.FAIL, 0),  # spent
    ],
)
def test_a_budget(burning: dict[str, float], verdict: Verdict, alerts: int) -> None:
    bad = {window: burning.get(in_words(window), 0.0) for window in THREE_NINES.windows}
    found = budget(THREE_NINES, bad)
    assert (found.verdict, len(found.alerts)) == (verdict, alerts)


def test_what_is_left_of_a_budget() -> None:
    assert budget(THREE_NINES, CALM).told == "100% of the error budget of 30d is left"
    assert budget(THREE_NINES, {**CALM, 30 * DAY: 0.00025}).left == pytest.approx(0.75)
    assert "spent, 2.50 times over" in budget(THREE_NINES, {**CALM, 30 * DAY: 0.0025}).told


@pytest.mark.parametrize(("target", "period"), [(1.0, DAY), (99.9, DAY), (0.9, DAY), (0.999, 60.0), (0.999, 1000 * DAY)])
def test_promises_that_nobody_could_keep_or_measure_are_refused(target: float, period: float) -> None:
    with pytest.raises(InvalidInput, match="allowed are"):
        Objective("availability", target, period)


ABOVE, BELOW = Rule("errors", "rate", above=0.05), Rule("up", "replicas", below=2, lasting=HOUR)


@pytest.mark.parametrize(
    ("rule", "value", "looks", "verdict"),
    [
        (ABOVE, 0.06, 20, Verdict.FAIL),
        (ABOVE, 0.05, 20, Verdict.PASS),
        (ABOVE, 0.06, 5, Verdict.INCONCLUSIVE),
        (ABOVE, 0.04, 1, Verdict.PASS),
        (BELOW, 1, 20, Verdict.FAIL),
        (BELOW, 2, 20, Verdict.PASS),
        (BELOW, 0, 2, Verdict.INCONCLUSIVE),
    ],
)
def test_a_rule_is_broken_when_it_was_all_the_time(rule: Rule, value: float, looks: float, verdict: Verdict) -> None:
    assert kept(rule, value, looks).verdict is verdict


def test_a_rule_asks_for_the_value_that_was_never_worse() -> None:
    """And how often it was a number. A comment at the end of a query must not take our bracket along."""
    assert ABOVE.steadiest == "min_over_time((rate\n)[300s:15s])"
    assert BELOW.steadiest == "max_over_time((replicas\n)[3600s:180s])"
    assert ABOVE.looks == "count_over_time(((rate\n) == (rate\n))[300s:15s])"


@pytest.mark.parametrize("lasting", [1, 10, 29, 30, 31, 45, 300, 86400])
def test_a_rule_that_was_looked_at_all_the_time_is_broken_however_long_that_is(lasting: float) -> None:
    rule = Rule("errors", "rate", above=0.05, lasting=lasting)
    assert kept(rule, 1.0, rule.most_looks).verdict is Verdict.FAIL
    assert kept(rule, 1.0, rule.most_looks * 0.5 - 1).verdict is Verdict.INCONCLUSIVE


@pytest.mark.parametrize("bounds", [{}, {"above": 1.0, "below": 2.0}, {"above": float("nan")}, {"below": float("inf")}])
def test_a_rule_has_one_bound(bounds: dict[str, float]) -> None:
    with pytest.raises(InvalidInput, match="bound"):
        Rule("errors", "rate", **bounds)
