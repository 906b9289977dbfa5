"""What is to be done about our silences, and what is no silence at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._alert.model import Matcher, Silence, Silencing
from ansible_collections.mainstay.ops.plugins.module_utils._alert.plan import plan_absent, plan_present
from ansible_collections.mainstay.ops.plugins.module_utils._alert.ready import matches_everything
from ansible_collections.mainstay.ops.plugins.module_utils._core.errors import InvalidInput
from ansible_collections.mainstay.ops.plugins.module_utils._core.plan import Plan

NOW = 1_000_000.0
GONE, SHOP = Matcher("alertname", "ReplicaGone"), Matcher("application", "shop")
WANTED = Silencing("production/shop", (GONE, SHOP), 600, "deploy v2")
OURS = Silence("1", (SHOP, GONE), "then", NOW + 600, WANTED.marked, "mainstay.ops")
SHORT = replace(OURS, id="2", ends=NOW + 60)
THEIRS = replace(OURS, id="3", comment="deploy v2")
OTHER_KEY = replace(OURS, id="4", comment="deploy v2 [mainstay production/shop/2]")
WIDER = replace(OURS, id="5", matchers=(GONE,))
EXPIRED = replace(OURS, id="6", state="expired")


def told(plan: Plan) -> list[tuple[str, str]]:
    return [(step.action, step.data.id) for step in plan.steps]


@pytest.mark.parametrize(
    ("found", "steps"),
    [
        ([], [("silence", "")]),
        ([OURS], []),
        ([replace(OURS, ends=NOW + 541)], []),
        ([replace(OURS, ends=NOW + 539)], [("extend", "1")]),
        ([replace(OURS, ends=NOW + 659)], []),
        ([replace(OURS, ends=NOW + 661)], [("extend", "1")]),
        ([replace(OURS, state="pending")], []),
        ([replace(OURS, comment="deploy v1 [mainstay production/shop]")], [("extend", "1")]),
        ([SHORT, OURS], [("expire", "2")]),
        ([WIDER], [("silence", ""), ("expire", "5")]),
        ([THEIRS, OTHER_KEY, EXPIRED], [("silence", "")]),
    ],
)
def test_there_is_one_silence_of_the_key_until_then_and_others_are_left_alone(
    found: Sequence[Silence], steps: list[tuple[str, str]]
) -> None:
    assert told(plan_present(WANTED, found, NOW)) == steps


def test_what_is_extended_keeps_its_beginning_and_its_matchers_as_they_are() -> None:
    [step] = plan_present(WANTED, [SHORT], NOW).steps
    assert step.data == replace(SHORT, ends=NOW + 600)


def test_absent_ends_all_of_the_key_and_no_other() -> None:
    assert told(plan_absent("production/shop", [OURS, THEIRS, OTHER_KEY, EXPIRED, WIDER])) == [("expire", "1"), ("expire", "5")]
    assert told(plan_absent("production/shop", [THEIRS, OTHER_KEY, EXPIRED])) == []


@pytest.mark.parametrize(
    ("matchers", "everything"),
    [
        ((), True),
        ((GONE,), False),
        ((Matcher("team", ""),), True),
        ((Matcher("alertname", "Watchdog", equal=False),), True),
        ((Matcher("alertname", "Watchdog", equal=False), SHOP), False),
        ((Matcher("alertname", ".*", regex=True),), True),
        ((Matcher("alertname", ".+", regex=True),), True),
        ((Matcher("alertname", "[^x].*|x.*", regex=True),), True),
        ((Matcher("alertname", "(Replica.*)?", regex=True),), True),
        ((Matcher("alertname", "Replica.*", regex=True),), False),
        ((Matcher("alertname", ".+", regex=True), GONE), False),
        ((Matcher("alertname", "Replica.*", regex=True, equal=False),), True),
    ],
)
def test_matchers_that_leave_nothing_out_are_known(matchers: tuple[Matcher, ...], everything: bool) -> None:
    assert matches_everything(matchers) is everything


@pytest.mark.parametrize(
    ("name", "value", "regex"),
    [("", "x", False), ("a-b", "x", False), ("9", "x", False), ("a", "x\ny", False), ("a", "x" * 501, False), ("a", "(", True)],
)
def test_what_is_no_matcher_is_refused(name: str, value: str, regex: bool) -> None:
    with pytest.raises(InvalidInput):
        Matcher(name, value, regex)


@pytest.mark.parametrize(
    ("matcher", "shown"),
    [
        (Matcher("a", "x"), 'a="x"'),
        (Matcher("a", "x", equal=False), 'a!="x"'),
        (Matcher("a", "x", regex=True), 'a=~"x"'),
        (Matcher("a", "x", regex=True, equal=False), 'a!~"x"'),
    ],
)
def test_a_matcher_is_shown_as_alertmanager_writes_it(matcher: Matcher, shown: str) -> None:
    assert matcher.shown == shown


@pytest.mark.parametrize(
    ("comment", "key"),
    [
        ("deploy [mainstay production/shop]", "production/shop"),
        ("deploy [mainstay a] [mainstay b]", "b"),
        ("deploy [mainstay production/shop] of it", ""),
        ("deploy", ""),
    ],
)
def test_a_silence_is_ours_by_the_end_of_its_comment(comment: str, key: str) -> None:
    assert replace(OURS, comment=comment).key == key


@pytest.mark.parametrize(
    "wrong",
    [{"key": "a b"}, {"key": ""}, {"seconds": 0}, {"seconds": 1e9}, {"comment": " "}, {"comment": "a\nb"}, {"creator": ""}],
)
def test_what_is_no_silence_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(InvalidInput):
        Silencing(**{"key": "k", "matchers": (GONE,), "seconds": 60, "comment": "c", "creator": "me", **wrong})  # type: ignore[arg-type]
