"""Whom the role asks, and whom it promotes: never beside one that takes writes, or may by now."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from replication_role import played

PRIMARY: dict[str, Any] = {"role": "primary", "timeline": 1}
STANDBY: dict[str, Any] = {"role": "standby", "timeline": 1}
AWAY: dict[str, Any] = {}


def test_a_switch_fences_promotes_and_has_all_others_follow(tmp_path: Path) -> None:
    ran = played(tmp_path, {"db1": PRIMARY, "db2": STANDBY, "db3": STANDBY}, replication_host="db2")
    assert ran.rc == 0, ran.words
    assert ran.done == ["fenced db1", "promoted db2", "present db3", "rejoined db1"]


@pytest.mark.parametrize(
    ("servers", "lost"),
    [
        ({"db1": PRIMARY, "db2": STANDBY, "db3": AWAY}, "db3"),
        ({"db1": AWAY, "db2": STANDBY, "db3": STANDBY}, "db9"),
        ({"db1": AWAY, "db2": STANDBY, "db3": AWAY}, "db3"),
        ({"db1": AWAY, "db2": STANDBY, "db3": {**STANDBY, "promoting": True}}, "db1"),
        ({"db1": AWAY, "db2": STANDBY, "db3": {"role": "stopped primary"}}, "db1"),
    ],
)
def test_nobody_is_promoted_for_a_lost_host_that_may_not_be_the_only_primary(
    tmp_path: Path, servers: dict[str, Any], lost: str
) -> None:
    ran = played(tmp_path, servers, replication_host="db2", replication_lost=lost)
    assert (ran.rc, ran.done, "is not known to be the only primary" in ran.words) == (2, [], True), ran.words


def test_a_lost_primary_is_replaced_and_the_others_are_asked_once_more(tmp_path: Path) -> None:
    ran = played(tmp_path, {"db1": AWAY, "db2": STANDBY, "db3": STANDBY}, replication_host="db2", replication_lost="db1")
    assert (ran.rc, ran.done) == (0, ["promoted db2", "present db3"]), ran.words
    assert [peer["host"] for peer in ran.asked("promoted")["peers"]] == ["db3.example"]


def held(timeline: int = 1) -> dict[str, Any]:
    proof = {"system_id": "7710879463839285759", "timeline": timeline, "checkpoint": f"0/{timeline}000028"}
    return {"role": "fenced", "fenced": True, "timeline": timeline, "proof": proof}


@pytest.mark.parametrize(
    ("servers", "words"),
    [
        ({"db1": held(), "db2": STANDBY, "db3": AWAY}, "db3 does not answer"),
        ({"db1": held(), "db2": STANDBY, "db3": {"role": "stopped primary"}}, "db3 may have taken writes"),
        ({"db1": held(), "db2": STANDBY, "db3": {**STANDBY, "promoting": True}}, "-e to=db3 first"),
    ],
)
def test_a_proof_counts_for_nothing_where_another_one_may_be_the_primary(
    tmp_path: Path, servers: dict[str, Any], words: str
) -> None:
    ran = played(tmp_path, servers, replication_host="db2")
    assert (ran.rc, ran.done, words in ran.words) == (2, [], True), ran.words


def test_the_proof_is_that_of_whoever_was_the_primary_last(tmp_path: Path) -> None:
    ran = played(tmp_path, {"db1": held(1), "db2": held(2), "db3": {**STANDBY, "timeline": 2}}, replication_host="db3")
    assert ran.done[:2] == ["fenced db2", "promoted db3"], ran.words


def test_a_fence_that_was_left_on_a_primary_is_taken_away(tmp_path: Path) -> None:
    servers: dict[str, Any] = {"db1": {**PRIMARY, "fenced": True}, "db2": STANDBY}
    refused = played(tmp_path, servers, "remove", check=True, replication_host="db2")
    assert (refused.rc, "switch_primary -e to=db1" in refused.words) == (2, True), refused.words
    ran = played(tmp_path, servers, replication_host="db1")
    assert (ran.rc, ran.done) == (0, ["resumed db1", "present db2"]), ran.words


@pytest.mark.parametrize("found", [{**held(), "proof": {}}, {**STANDBY, "fenced": True}])
def test_a_switch_that_was_ended_before_there_was_a_proof_goes_on_either_way(tmp_path: Path, found: dict[str, Any]) -> None:
    ran = played(tmp_path, {"db1": found, "db2": STANDBY}, replication_host="db2")
    assert (ran.rc, ran.done) == (0, ["fenced db1", "promoted db2", "rejoined db1"]), ran.words
    ran = played(tmp_path, {"db1": found, "db2": STANDBY}, replication_host="db1")
    assert (ran.rc, ran.done) == (0, ["resumed db1", "present db2"]), ran.words


def test_a_standby_that_was_taken_away_is_left_alone(tmp_path: Path) -> None:
    gone = {**held(), "proof": {}, "removed": True, "timeline": 9}
    ran = played(tmp_path, {"db1": PRIMARY, "db2": STANDBY, "db3": gone}, replication_host="db2")
    assert (ran.rc, ran.done) == (0, ["fenced db1", "promoted db2", "rejoined db1"]), ran.words


def test_a_primary_that_was_shut_down_hands_over_and_one_that_crashed_says_what_to_do(tmp_path: Path) -> None:
    ended = {"role": "stopped primary", "state": "shut down"}
    ran = played(tmp_path, {"db1": ended, "db2": STANDBY}, replication_host="db2")
    assert (ran.rc, ran.done) == (0, ["fenced db1", "promoted db2", "rejoined db1"]), ran.words
    crashed = {"db1": {**ended, "state": "in production"}, "db2": STANDBY}
    ran = played(tmp_path, crashed, replication_host="db2")
    assert (ran.rc, ran.done, "A primary that crashed is started again" in ran.words) == (2, [], True), ran.words
    ran = played(tmp_path, crashed, replication_host="db2", replication_lost="db1")
    assert (ran.rc, ran.done, "switch its machine off" in ran.words) == (2, [], True), ran.words


@pytest.mark.parametrize(
    ("breaks", "words"),
    [
        ("fenced db1", "The connection to db1 broke while it was fenced"),
        ("rejoined db1", "The connection to db1 broke while db1 was worked on"),
    ],
)
def test_a_connection_that_breaks_fails_the_play_so_that_the_lock_is_given_back(tmp_path: Path, breaks: str, words: str) -> None:
    ran = played(tmp_path, {"db1": PRIMARY, "db2": STANDBY}, breaks=(breaks,), replication_host="db2")
    assert (ran.rc, words in ran.words) == (2, True), "4 is unreachable, where always is not run"


def test_a_switch_that_failed_goes_back_unless_somebody_cannot_be_asked(tmp_path: Path) -> None:
    servers = {"db1": PRIMARY, "db2": STANDBY}
    ran = played(tmp_path, servers, fails={"promoted db2": "it lags"}, replication_host="db2")
    assert (ran.rc, ran.done, "takes writes again: it lags" in ran.words) == (
        2,
        ["fenced db1", "promoted db2", "resumed db1"],
        True,
    ), ran.words
    ran = played(tmp_path, servers, breaks=("promoted db2",), replication_host="db2")
    assert (ran.rc, ran.done, "stays fenced" in ran.words) == (2, ["fenced db1", "promoted db2"], True), ran.words


def test_a_host_is_let_in_and_follows(tmp_path: Path) -> None:
    """In check mode, where no account is made and nothing is reloaded."""
    (tmp_path / "pg_hba.conf").write_text("local all all peer\n")
    servers = {"db1": PRIMARY, "db2": {"role": "none"}}
    ran = played(tmp_path, servers, "main", check=True, replication_host="db2", replication_server_config=str(tmp_path))
    assert (ran.rc, ran.done) == (0, ["present db2"]), ran.words
    assert ran.asked("present")["members"] == ["db1", "db2"]


@pytest.mark.parametrize(
    ("servers", "writer"),
    [
        ({"db1": AWAY}, "db1"),
        ({"db1": PRIMARY, "db2": STANDBY}, "db1"),
        ({"db1": STANDBY, "db2": PRIMARY}, "db2"),
        ({"db1": AWAY, "db2": PRIMARY}, "db2"),
    ],
)
def test_whoever_takes_writes_is_backed_up(tmp_path: Path, servers: dict[str, Any], writer: str) -> None:
    ran = played(tmp_path, servers, "writer")
    assert (ran.rc, ran.done, f"backed up is {writer}" in ran.words) == (0, [], True), ran.words


@pytest.mark.parametrize(
    ("servers", "words"),
    [({"db1": PRIMARY, "db2": PRIMARY}, "both take writes"), ({"db1": STANDBY, "db2": AWAY}, "nobody is known to take writes")],
)
def test_where_nobody_can_say_who_takes_writes_nobody_is_backed_up(tmp_path: Path, servers: dict[str, Any], words: str) -> None:
    ran = played(tmp_path, servers, "writer")
    assert (ran.rc, words in ran.words, "backed up" in ran.words) == (2, True, False), ran.words


NEWER: dict[str, Any] = {"role": "primary", "timeline": 2}
TYPED: dict[str, Any] = {"replication_host": "db1", "replication_confirm": "production db1"}


def test_a_primary_that_came_back_is_fenced_and_the_other_one_is_not(tmp_path: Path) -> None:
    servers = {"db1": PRIMARY, "db2": NEWER, "db3": AWAY}
    foreseen = played(tmp_path, servers, "outdated", check=True, replication_host="db1")
    assert (foreseen.rc, foreseen.servers) == (0, servers), foreseen.words
    ran = played(tmp_path, servers, "outdated", **TYPED)
    assert (ran.rc, ran.done, ran.asked("fenced")["confirm"]) == (0, ["fenced db1"], "production db1"), ran.words


def test_a_fence_of_which_half_is_missing_is_completed(tmp_path: Path) -> None:
    ran = played(tmp_path, {"db1": {**held(), "proof": {}}, "db2": NEWER}, "outdated", replication_host="db1")
    assert (ran.rc, ran.done) == (0, ["fenced db1"]), ran.words


def test_one_that_runs_as_a_standby_by_now_is_left_alone(tmp_path: Path) -> None:
    """A proof of the timeline that it follows would say that it wrote on it."""
    ran = played(tmp_path, {"db1": {**STANDBY, "fenced": True}, "db2": NEWER}, "outdated", replication_host="db1")
    assert (ran.rc, ran.done) == (0, []), ran.words


def test_one_that_was_promoted_by_mistake_is_fenced_with_other_words(tmp_path: Path) -> None:
    servers = {"db1": NEWER, "db2": PRIMARY}
    refused = played(tmp_path, servers, "outdated", **TYPED)
    assert (refused.rc, refused.done, "production db1 was promoted by mistake" in refused.words) == (2, [], True), refused.words
    typed = {**TYPED, "replication_confirm": "production db1 was promoted by mistake"}
    ran = played(tmp_path, servers, "outdated", **typed)
    assert (ran.rc, ran.done, ran.asked("fenced")["confirm"]) == (0, ["fenced db1"], "production db1"), ran.words


@pytest.mark.parametrize(
    ("servers", "typed", "words"),
    [
        ({"db1": PRIMARY, "db2": NEWER}, "", "production db1"),
        ({"db1": PRIMARY, "db2": NEWER}, "production db2", "production db1"),
        ({"db1": PRIMARY, "db2": STANDBY}, "production db1", "nobody else is known to have taken the place of db1"),
        ({"db1": AWAY, "db2": PRIMARY}, "production db1", "db1 does not answer"),
    ],
)
def test_nobody_is_fenced_without_words_or_whose_place_nobody_took(
    tmp_path: Path, servers: dict[str, Any], typed: str, words: str
) -> None:
    ran = played(tmp_path, servers, "outdated", replication_host="db1", replication_confirm=typed)
    assert (ran.rc, ran.done, words in ran.words) == (2, [], True), ran.words


def test_a_connection_that_breaks_while_it_is_fenced_gives_the_lock_back_and_the_next_run_goes_on(tmp_path: Path) -> None:
    ran = played(tmp_path, {"db1": PRIMARY, "db2": NEWER}, "outdated", breaks=("fenced db1",), **TYPED)
    assert (ran.rc, "The connection to db1 broke while it was fenced" in ran.words) == (2, True), ran.words
    again = played(tmp_path, {"db1": {**held(), "proof": {}}, "db2": NEWER}, "outdated", **TYPED)
    assert (again.rc, again.done) == (0, ["fenced db1"]), again.words
