"""slo_check beside a real Prometheus that remembers a month of several shops."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from ansible_module import run_module
from prometheus_server import remembering

MINUTE, HOUR, DAY = 60, 3600, 86400
EACH = 100.0
"""Answers in a second."""

SHOPS: dict[str, Callable[[float], float]] = {
    "steady": lambda ago: 0.0001,
    "burning": lambda ago: 0.02 if ago < 2 * HOUR else 0.0,
    "recovered": lambda ago: 0.1 if 40 * MINUTE < ago < 70 * MINUTE else 0.0,
    "spent": lambda ago: 0.002,
    "broken_for_8m": lambda ago: 0.1 if ago < 8 * MINUTE else 0.0,
    "broken_for_3m": lambda ago: 0.1 if ago < 3 * MINUTE else 0.0,
}
"""The part of bad answers, so many seconds ago."""


def history(now: float) -> str:
    """What an application counted in 31 days, every ten minutes at first and in the last hours every 15 seconds."""
    times = [*range(31 * DAY, 7 * HOUR, -600), *range(7 * HOUR, -1, -15)]
    lines = ["# TYPE answers counter\n"]
    for shop, bad_part in SHOPS.items():
        for status, part in (("500", bad_part), ("200", lambda ago, bad_part=bad_part: 1 - bad_part(ago))):
            counted = 0.0
            for before, ago in zip([times[0], *times], times, strict=False):
                counted += EACH * (before - ago) * part((before + ago) / 2)
                lines.append(f'answers_total{{shop="{shop}",status="{status}"}} {counted} {now - ago:.3f}\n')
    lines += [f'answers_total{{shop="quiet",status="500"}} {int(ago < 2 * MINUTE)} {now - ago:.3f}\n' for ago in times]
    return "".join(lines)


@pytest.fixture(scope="module")
def remembered(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with remembering(tmp_path_factory.mktemp("prometheus"), history(time.time())) as url:
        yield url


def objective(shop: str, **more: Any) -> dict[str, Any]:
    return {
        "name": "availability",
        "target": 0.9995,
        "bad": f'sum(rate(answers_total{{shop="{shop}",status=~"5.."}}[$window]))',
        "total": f'sum(rate(answers_total{{shop="{shop}"}}[$window]))',
        **more,
    }


def rule(shop: str, **more: Any) -> dict[str, Any]:
    part = f'sum(rate(answers_total{{shop="{shop}",status="500"}}[1m])) / sum(rate(answers_total{{shop="{shop}"}}[1m]))'
    return {"name": "error_rate", "query": part, "above": 0.05, "lasting": "5m", **more}


def checked(url: str, **asked: Any) -> dict[str, Any]:
    return run_module("slo_check", prometheus={"url": url}, **asked)


@pytest.mark.parametrize(
    ("shop", "verdict", "left", "severities"),
    [
        ("steady", "pass", 0.8, []),
        ("burning", "fail", 0.89, ["page", "page", "ticket"]),
        ("recovered", "pass", 0.86, ["ticket"]),
        ("spent", "fail", -3.0, ["ticket"]),
    ],
)
def test_an_objective(remembered: str, shop: str, verdict: str, left: float, severities: list[str]) -> None:
    told = checked(remembered, objectives=[objective(shop)])
    found = told["objectives"][0]
    assert (told["verdict"], told["failed"]) == (verdict, verdict == "fail"), found
    assert found["left"] == pytest.approx(left, abs=0.03)
    assert [alert["severity"] for alert in found["alerts"]] == severities
    assert set(found["burns"]) == {"5m", "30m", "1h", "6h", "3d", "30d"}


def test_a_budget_that_burns_is_told_with_its_numbers(remembered: str) -> None:
    told = checked(remembered, objectives=[objective("burning")])
    assert told["error"] == "BudgetSpent"
    assert told["objectives"][0]["burns"]["1h"] == pytest.approx(40, rel=0.03)
    assert "of the error budget of 30d is left; it burns 4" in told["msg"]
    assert "give override a reason" in told["msg"]


def test_a_budget_that_is_spent_is_told(remembered: str) -> None:
    assert "the error budget of 30d is spent, 4.0" in checked(remembered, objectives=[objective("spent")])["msg"]


def test_a_reason_passes_over_a_failure_and_is_returned(remembered: str) -> None:
    told = checked(remembered, objectives=[objective("spent")], override="this release is the remedy")
    assert (told["failed"], told["verdict"], told["override"]) == (False, "fail", "this release is the remedy")


@pytest.mark.parametrize(
    ("shop", "more", "verdict"),
    [
        ("broken_for_8m", {}, "fail"),
        ("broken_for_8m", {"lasting": "30s"}, "fail"),
        ("broken_for_3m", {}, "pass"),
        ("quiet", {}, "inconclusive"),  # one bad answer was all that there was, and for the rest of the time there was no number
        ("broken_for_3m", {"lasting": "1m"}, "fail"),
        ("steady", {}, "pass"),
        ("steady", {"above": None, "below": 0.01}, "fail"),
        ("broken_for_8m", {"above": None, "below": 0.01}, "pass"),
    ],
)
def test_a_rule(remembered: str, shop: str, more: dict[str, Any], verdict: str) -> None:
    asked = {name: value for name, value in rule(shop, **more).items() if value is not None}
    assert checked(remembered, rules=[asked], must_pass=False)["rules"][0]["verdict"] == verdict


def test_a_rule_that_was_not_looked_at_for_long_enough_is_not_broken_yet(remembered: str) -> None:
    """Thirty-one days ago the series had just begun: of the hour that the rule asks for, there is a minute or two."""
    asked = rule("spent", query='answers_total{shop="spent",status="500"} offset 31d - 60', above=-100, lasting="1h")
    assert checked(remembered, rules=[asked], must_pass=False)["rules"][0]["verdict"] == "inconclusive"


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ({"objectives": [objective("nobody")]}, "has nothing for"),
        ({"rules": [rule("nobody")]}, "has nothing for"),
        ({"rules": [rule("steady", query="answers_total")]}, "series for"),
        ({"objectives": [objective("steady", total="sum(rate(answers_total[$window])) * 0")]}, "nobody was answered within 30d"),
        ({"rules": [rule("steady", query="vector(1)[5m:1m]")]}, "answered 400"),
        ({"rules": [rule("steady", query="vector(0) / 0")]}, "says nan"),
        ({"rules": [rule("steady", query="sum(")]}, "answered 400"),
    ],
)
def test_what_cannot_be_read_is_inconclusive_and_says_why(remembered: str, asked: dict[str, Any], why: str) -> None:
    told = checked(remembered, **asked)
    assert (told["verdict"], told["error"]) == ("inconclusive", "NotProven")
    assert why in told["msg"]


def test_one_objective_that_is_not_known_leaves_no_pass(remembered: str) -> None:
    told = checked(remembered, objectives=[objective("steady"), objective("nobody", name="other")])
    assert (told["verdict"], told["objectives"][0]["verdict"]) == ("inconclusive", "pass")


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ({}, "nothing to check"),
        ({"objectives": [objective("steady")], "override": " "}, "is not a reason"),
        ({"objectives": [objective("steady", target=99.95)]}, "allowed are 0.95 to 0.999999"),
        ({"objectives": [objective("steady", bad="sum(x)")]}, "rates over $window"),
        ({"objectives": [objective("steady")] * 2}, "different names"),
        ({"objectives": [objective("steady", period="5m")]}, "not a sensible period"),
        ({"rules": [rule("steady", below=1.0)]}, "give above or below"),
        ({"rules": [rule("steady", lasting="100d")]}, "not a sensible time"),
        ({"rules": [rule("steady", name="a b")]}, "is not a name"),
    ],
)
def test_bad_input_says_what_is_allowed(asked: dict[str, Any], why: str) -> None:
    told = checked("http://127.0.0.1:9", **asked)
    assert (told["failed"], told["error"]) == (True, "InvalidInput")
    assert why in told["msg"]
