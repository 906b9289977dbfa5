"""What is told to be wrong with a history, what may be done about it, and that nothing else is done."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._core.errors import InvalidInput, MainstayError
from ansible_collections.mainstay.ops.plugins.module_utils._migration.model import (
    Applied,
    Found,
    Index,
    Invalid,
    Migration,
    Script,
    Server,
    Statement,
)
from ansible_collections.mainstay.ops.plugins.module_utils._migration.refused import ChangedMeanwhile, Unconfirmed
from ansible_collections.mainstay.ops.plugins.module_utils._migration.trouble import demand_words, plan_repairs, seen, troubles


def migration(number: int, *, builds: bool = False) -> Migration:
    index = Index("i", "t") if builds else None
    up = Script(f"000{number}_m.up.sql", "", not builds, (Statement(1, 1, "", "", index),))
    return Migration(f"000{number}", "m", f"sum{number}", up, number=number)


def row(number: int, state: str = "applied", checksum: str | None = None) -> Applied:
    return Applied(f"000{number}", "m", f"sum{number}" if checksum is None else checksum, state=state, number=number)


def leaving(one: Applied) -> Applied:
    return replace(one, note="reverting")


M1, M2, M3 = migration(1), migration(2), migration(3)


@pytest.mark.parametrize(
    ("sentence", "files", "rows", "indexes", "told"),
    [
        ("nothing is wrong", (M1, M2), (row(1),), (), []),
        ("one failed", (M1,), (row(1, "failed"),), (), [("0001_m", "failed", ("forget", "applied"), "Undo by hand")]),
        ("a runner died", (M1,), (row(1, "running"),), (), [("0001_m", "dead", ("forget", "applied"), "its runner died")]),
        (
            "an index goes on by itself",
            (migration(1, builds=True),),
            (row(1, "failed"),),
            (),
            [("0001_m", "failed", ("forget", "applied"), "leave it")],
        ),
        (
            "a way down failed",
            (M1,),
            (leaving(row(1, "failed")),),
            (),
            [("0001_m", "failed", ("forget", "applied"), "Finish the way down by hand, then forget")],
        ),
        (
            "a way down does not go on by itself",
            (migration(1, builds=True),),
            (leaving(row(1, "running")),),
            (),
            [("0001_m", "dead", ("forget", "applied"), "its way down began at")],
        ),
        ("a way down that was undone", (M1,), (leaving(row(1)),), (), []),
        ("a file changed", (M1,), (row(1, checksum="x"),), (), [("0001_m", "edited", ("checksum",), "changed after")]),
        ("nobody wrote a checksum down", (M1,), (row(1, checksum=""),), (), []),
        ("a file is missing", (M1, M3), (row(1), row(2)), (), [("0002_m", "missing", ("forget",), "its file is missing")]),
        ("a newer release has the file", (M1,), (row(1), row(2)), (), []),
        ("an index", (), (), (Invalid("s.i", "s.t"),), [("index s.i", "invalid", ("rebuild", "drop"), "on s.t")]),
        ("a copy", (), (), (Invalid("s.i_ccnew1", "s.t"),), [("index s.i_ccnew1", "invalid", ("drop", "rebuild"), "s.t")]),
        ("a quoted copy", (), (), (Invalid('s."I_ccnew"', "s.t"),), [('index s."I_ccnew"', "invalid", ("drop", "rebuild"), "")]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_told(sentence: str, files: Any, rows: Any, indexes: Any, told: list[tuple[str, str, Any, str]]) -> None:
    found = troubles(files, Found(rows), indexes)
    assert [(one.subject, one.kind, one.actions) for one in found] == [one[:3] for one in told], sentence
    assert all(words in one.told for one, (*_rest, words) in zip(found, told, strict=True)), sentence
    assert [one.proposal for one in found] == ["" if "leave it" in one.told else one.actions[0] for one in found], sentence


FAILED = troubles((M1,), Found((row(1, "failed"),)), ())


@pytest.mark.parametrize(
    ("sentence", "repairs", "given", "error"),
    [
        ("something else was shown", {"0001_m": "forget"}, "0" * 12, ChangedMeanwhile),
        ("nothing was shown", {"0001_m": "forget"}, "", ChangedMeanwhile),
        ("nothing of this name", {"0002_m": "forget"}, seen(FAILED), InvalidInput),
        ("nothing that can be done", {"0001_m": "checksum"}, seen(FAILED), InvalidInput),
    ],
)
def test_what_is_refused(sentence: str, repairs: dict[str, str], given: str, error: type[MainstayError]) -> None:
    with pytest.raises(error):
        plan_repairs(FAILED, repairs, given)


def test_what_was_chosen_of_what_was_shown_is_done_and_nothing_else() -> None:
    assert plan_repairs(FAILED, {}, "").steps == ()
    [step] = plan_repairs(FAILED, {"0001_m": "applied"}, seen(FAILED)).steps
    assert (step.action, step.subject, step.before, step.after) == ("applied", "0001_m", "failed", "applied")


@pytest.mark.parametrize("change", [row(1, "running"), row(1, "failed", "other"), leaving(row(1, "failed"))])
def test_the_sum_changes_with_what_was_shown(change: Applied) -> None:
    assert seen(troubles((M1,), Found((change,)), ())) != seen(FAILED)


@pytest.mark.parametrize("indexes", [(), (Invalid("s.i", "s.t"),)])
def test_the_sum_holds_for_one_server_and_timeline_only(indexes: tuple[Invalid, ...]) -> None:
    rows = () if indexes else (row(1, "failed"),)
    servers = (Server("1", 1), Server("2", 1), Server("1", 2))
    assert len({seen(troubles((M1,), Found(rows, server=server), indexes)) for server in servers}) == 3


def test_words_are_asked_for_where_something_is_done() -> None:
    demand_words({}, "", "production db1")
    demand_words({"0001_m": "forget"}, "production db1", "production db1")
    with pytest.raises(Unconfirmed, match='give confirm: "production db1"'):
        demand_words({"0001_m": "forget"}, "yes", "production db1")
