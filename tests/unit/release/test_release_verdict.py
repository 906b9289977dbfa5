"""A verdict counts every host, whatever rescue, tags, --limit or a broken network made of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._release import verdict
from ansible_collections.mainstay.ops.plugins.module_utils._release.model import Journal, Performed, Phase
from ansible_collections.mainstay.ops.plugins.module_utils._release.operation_settle import records

OK = {"phase": "start 1", "failed": False}


@pytest.mark.parametrize(
    ("result", "state"),
    [
        (OK, "ok"),
        (None, "missing"),
        ({}, "missing"),
        ({"phase": "start 2"}, "missing"),
        ({"skipped": True}, "missing"),
        ({"phase": "start 1", "skipped": True}, "missing"),
        ({"failed": False}, "missing"),
        ({"failed": True, "msg": "x"}, "failed"),
        ({"phase": "start 1", "failed": True, "msg": "x"}, "failed"),
        ({"unreachable": True, "msg": "x"}, "unreachable"),
    ],
)
def test_only_a_result_of_this_very_phase_counts(result: dict[str, Any] | None, state: str) -> None:
    assert verdict.outcome("app1", "start 1", result).state == state


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        (["ok", "ok"], "pass"),
        (["ok", "failed"], "fail"),
        (["ok", "unreachable"], "inconclusive"),
        (["ok", "missing"], "inconclusive"),
        (["unreachable", "failed"], "fail"),
        ([], "inconclusive"),
    ],
)
def test_no_data_is_never_a_pass(states: list[str], expected: str) -> None:
    outcomes = [verdict.Outcome(f"app{n}", state) for n, state in enumerate(states)]
    assert verdict.of_hosts(outcomes).verdict == expected


@pytest.mark.parametrize(
    ("error", "blamed"), [("ReplicaNotHealthy", True), ("Unavailable", False), ("FencedOff", False), ("", False)]
)
def test_a_release_is_blamed_for_its_own_errors_only(error: str, blamed: bool) -> None:
    assert verdict.of_hosts([verdict.Outcome("app1", "failed", "x", error)]).blames_release is blamed


def test_last_words_come_from_hosts_that_failed_first_and_from_no_more_than_a_journal_can_keep() -> None:
    said = {"replica": "api 1", "container": "shop-api-green-1", "lines": ["no database"]}
    taken_back = verdict.outcome("app1", "start 1", {**OK, "last_words": [said] * verdict.SPEAKERS})
    failed = verdict.outcome("app2", "start 1", {"failed": True, "msg": "x", "last_words": [said]})
    told = verdict.of_hosts([taken_back, failed]).last_words
    assert [words["host"] for words in told] == ["app2", *["app1"] * (verdict.SPEAKERS - 1)]
    assert told[0] == {"host": "app2", **said}
    assert verdict.of_hosts([taken_back]).last_words, "what is taken back well has something to say too"


def journal(*phases: Phase) -> Journal:
    return Journal("r", "deploy", "v2-a", "green", "v1-a", "blue", expected=("start 1", "route 1"), phases=phases)


def test_a_phase_that_nobody_judged_is_no_pass() -> None:
    passed = Phase("start 1", "pass")
    assert journal(passed, Phase("route 1", "pass")).verdict == "pass"
    assert journal(passed).verdict == "inconclusive"
    assert "route 1 was never judged" in journal(passed).why


def test_undoing_well_does_not_make_the_run_good() -> None:
    undone = journal(Phase("start 1", "fail", "sick", True), Phase("undo route", "pass"))
    assert (undone.verdict, undone.why) == ("fail", "sick")


def test_the_ledger_learns_which_release_serves_and_which_is_bad() -> None:
    good = records(journal(Phase("start 1", "pass"), Phase("route 1", "pass")), 1.0)
    assert [(getattr(r, "mark", ""), r.release) for r in good] == [("", "v2-a"), ("proven", "v2-a")]
    bad = records(journal(Phase("start 1", "fail", "sick", True)), 1.0)
    assert [(getattr(r, "mark", ""), r.release) for r in bad] == [("", "v1-a"), ("bad", "v2-a")]


def test_a_host_that_was_away_makes_no_release_bad() -> None:
    assert len(records(journal(Phase("start 1", "inconclusive", "app2 unreachable")), 1.0)) == 1


def test_a_release_that_served_well_and_fell_ill_is_repaired_and_not_banned() -> None:
    repair = replace(journal(Phase("start 1", "fail", "sick", True)), release="v1-a", slot="blue")
    assert [type(record) for record in records(repair, 1.0)] == [Performed]


@pytest.mark.parametrize(
    ("judged", "resumes", "touched"),
    [
        (("plan",), False, False),
        (("plan", "migrate"), False, False),
        (("plan", "migrate", "start 1"), False, True),
        (("plan", "recover"), False, True),
        (("plan",), True, True),
    ],
)
def test_there_is_something_to_undo_once_a_host_may_have_been_touched(
    judged: tuple[str, ...], resumes: bool, touched: bool
) -> None:
    phases = tuple(Phase(name, "pass") for name in judged)
    assert replace(journal(*phases), resumes=resumes).has_touched_hosts is touched


@pytest.mark.parametrize("phase", ["recover start", "undo retire"])
def test_what_is_wrong_with_the_release_before_is_not_held_against_the_new_one(phase: str) -> None:
    ended = journal(Phase("plan", "pass"), Phase(phase, "fail", "v1 on app1 is not healthy", True))
    assert not ended.blames_release
    assert [type(record) for record in records(ended, 1.0)] == [Performed]
