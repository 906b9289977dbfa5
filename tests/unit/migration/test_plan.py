"""Which migrations run: tables of files, history and what follows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._core.errors import InvalidInput, Irreversible, MainstayError
from ansible_collections.mainstay.ops.plugins.module_utils._migration.model import (
    Aim,
    Applied,
    Found,
    Migration,
    Script,
    Statement,
)
from ansible_collections.mainstay.ops.plugins.module_utils._migration.model import Index as BuiltIndex
from ansible_collections.mainstay.ops.plugins.module_utils._migration.plan import current, pending, plan, unknown, waiting
from ansible_collections.mainstay.ops.plugins.module_utils._migration.refused import (
    ChecksumChanged,
    OnStandby,
    OutOfOrder,
    StillNeeded,
    Unfinished,
)


def migration(number: int, *, down: bool = True, builds: bool = False) -> Migration:
    index = BuiltIndex("i", "t") if builds else None
    up = Script(f"000{number}_m.up.sql", "", not builds, (Statement(1, 1, "", "", index),))
    way_down = Script(f"000{number}_m.down.sql", "", reversible="nothing is lost")
    return Migration(f"000{number}", "m", f"sum{number}", up, way_down if down else None, number)


def careless(number: int) -> Migration:
    return replace(migration(number), down=Script(f"000{number}_m.down.sql", ""))


def row(number: int, *, state: str = "applied", checksum: str | None = None) -> Applied:
    return Applied(f"000{number}", "m", f"sum{number}" if checksum is None else checksum, state=state, number=number)


def found(*rows: Applied, standby: bool = False) -> Found:
    return Found(rows, standby, linted={f"sum{number}": () for number in range(1, 4)})


M1, M2, M3 = migration(1), migration(2), migration(3)
ALL = (M1, M2, M3)


@pytest.mark.parametrize(
    ("sentence", "files", "aim", "history", "steps"),
    [
        ("an empty history runs all", ALL, Aim(), found(), ["apply 0001_m", "apply 0002_m", "apply 0003_m"]),
        ("what is applied does not run again", ALL, Aim(), found(row(1), row(2)), ["apply 0003_m"]),
        ("nothing is left to do", ALL, Aim(), found(row(1), row(2), row(3)), []),
        ("the target is the last to run", ALL, Aim(target="0002"), found(), ["apply 0001_m", "apply 0002_m"]),
        ("the target may be named in full", ALL, Aim(target="0001_m"), found(), ["apply 0001_m"]),
        ("a newer release's migration does no harm", (M1,), Aim(), found(row(1), row(2)), []),
        ("out of order if the operator says so", ALL, Aim(out_of_order=True), found(row(1), row(3)), ["apply 0002_m"]),
        ("a checksum nobody wrote down says nothing", (M1,), Aim(), found(row(1, checksum="")), []),
        ("an index is built again", (migration(1, builds=True),), Aim(), found(row(1, state="running")), ["resume 0001_m"]),
        ("an index that failed too", (migration(1, builds=True),), Aim(), found(row(1, state="failed")), ["resume 0001_m"]),
        (
            "an unfinished index is built again though a newer one is applied",
            (migration(1, builds=True), M2, M3),
            Aim(),
            found(row(1, state="failed"), row(2)),
            ["resume 0001_m", "apply 0003_m"],
        ),
        (
            "down is newest first, and the target stays",
            ALL,
            Aim("down", "0001", serves="0001_m"),
            found(row(1), row(2), row(3)),
            ["revert 0003_m", "revert 0002_m"],
        ),
        ("down to nothing", (M1,), Aim("down", "0", serves="0"), found(row(1)), ["revert 0001_m"]),
        ("down to nothing, written longer", (M1,), Aim("down", "0000", serves="0"), found(row(1)), ["revert 0001_m"]),
        ("down where nothing is applied", ALL, Aim("down", "0001", serves="0001_m"), found(row(1)), []),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_steps(sentence: str, files: Any, aim: Aim, history: Found, steps: list[str]) -> None:
    assert [f"{step.action} {step.subject}" for step in plan(files, aim, history).steps] == steps, sentence


@pytest.mark.parametrize(
    ("sentence", "files", "aim", "history", "error", "words"),
    [
        ("a standby", ALL, Aim(), found(standby=True), OnStandby, "primary"),
        ("a file that was edited", ALL, Aim(), found(row(1, checksum="other")), ChecksumChanged, "0001_m.up.sql"),
        ("an edited index too", (migration(1, builds=True),), Aim(), found(row(1, checksum="x")), ChecksumChanged, "0001"),
        ("one that is late", ALL, Aim(), found(row(1), row(3)), OutOfOrder, "0002_m.up.sql would run after version 0003"),
        ("one that is later than an unknown one", (M1, M2), Aim(), found(row(1), row(3)), OutOfOrder, "0002"),
        ("one that did not finish", ALL, Aim(), found(row(1, state="running")), Unfinished, "0001_m (running since"),
        (
            "an index whose way down did not finish",
            (migration(1, builds=True),),
            Aim(),
            found(replace(row(1, state="failed"), note="reverting")),
            Unfinished,
            "0001_m (failed on its way down since",
        ),
        ("an unfinished one without a file", (M1,), Aim(), found(row(2, state="failed")), Unfinished, "0002_m"),
        (
            "down over an unfinished one",
            ALL,
            Aim("down", "0001", serves="0001_m"),
            found(row(1), row(2, state="running")),
            Unfinished,
            "0002",
        ),
        (
            "down without a way",
            (migration(1, down=False),),
            Aim("down", "0", serves="0"),
            found(row(1)),
            Irreversible,
            "no way down",
        ),
        ("down over an unknown one", (M1,), Aim("down", "0", serves="0"), found(row(1), row(2)), Irreversible, "0002_m"),
        (
            "down by a way that nobody declared",
            (careless(2),),
            Aim("down", "0", serves="0"),
            found(row(2)),
            Irreversible,
            "loses nothing",
        ),
        (
            "down below the code that serves",
            ALL,
            Aim("down", "0", serves="0001_m"),
            found(row(1)),
            StillNeeded,
            "may need 0001_m",
        ),
        ("down without saying what serves", ALL, Aim("down", "0"), found(row(1)), InvalidInput, "or 0 where none serves"),
        ("down from code of elsewhere", ALL, Aim("down", "0", serves="0009_m"), found(row(1)), InvalidInput, "'0009_m'"),
        ("a target that is not there", ALL, Aim(target="0009"), found(), InvalidInput, "0001, 0002 and 0003"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_refused(sentence: str, files: Any, aim: Aim, history: Found, error: type[MainstayError], words: str) -> None:
    with pytest.raises(error) as raised:
        plan(files, aim, history)
    assert words in raised.value.message, sentence


def test_what_runs_after_a_newer_one_is_told_in_the_plan() -> None:
    [step] = plan(ALL, Aim(out_of_order=True), found(row(1), row(3))).steps
    assert step.before == "not applied, and older than 0003, which is applied"
    assert [step.before for step in plan(ALL, Aim(), found(row(1))).steps] == ["not applied", "not applied"]


def test_the_current_version_is_the_highest_whatever_was_applied_last() -> None:
    assert current(found(row(1), row(3), row(2))) == "0003"
    assert current(found(row(1), row(2, state="failed"))) == "0001"
    assert current(found()) == ""


def test_where_revisions_have_no_numbers_the_last_in_order_is_current() -> None:
    assert current(Found((Applied("ff", "m"), Applied("aa", "m")))) == "aa"


def test_pending_and_unknown_are_two_sides_of_one_comparison() -> None:
    assert [m.version for m in pending((M1, M2), found(row(1), row(3)))] == ["0002"]
    assert [r.version for r in unknown((M1, M2), found(row(1), row(3)))] == ["0003"]


C2 = replace(M2, contract=True)


def changing(migration: Migration, bare: str) -> Migration:
    return replace(migration, up=replace(migration.up, statements=(Statement(1, 1, bare, bare, None),)))


@pytest.mark.parametrize(
    ("then", "is_refused"),
    [
        ("alter table t add column if not exists x bigint", True),
        ("create table public.t (id bigint primary key)", True),
        ("alter table other add column x bigint", False),
    ],
)
def test_what_follows_a_contract_migration_on_its_table_does_not_overtake_it(then: str, is_refused: bool) -> None:
    drop, later = changing(C2, "alter table t drop column x"), changing(M3, then)
    if is_refused:
        with pytest.raises(OutOfOrder, match="which waits until old code is gone"):
            plan((M1, drop, later), Aim(serves="0001_m"), found(row(1)))
    else:
        assert [s.subject for s in plan((M1, drop, later), Aim(serves="0001_m"), found(row(1))).steps] == ["0003_m"]


@pytest.mark.parametrize(
    ("sentence", "serves", "history", "steps", "waits"),
    [
        ("code that does not know it serves", "0001_m", found(row(1)), ["apply 0003_m"], ["0002_m"]),
        ("nobody said what serves", "", found(row(1)), ["apply 0003_m"], ["0002_m"]),
        ("what serves is no migration of this directory", "0009_m", found(row(1)), ["apply 0003_m"], ["0002_m"]),
        ("code that knows it serves", "0002_m", found(row(1)), ["apply 0002_m", "apply 0003_m"], []),
        ("newer code serves", "0003", found(row(1)), ["apply 0002_m", "apply 0003_m"], []),
        ("it runs after newer ones without being out of order", "0003_m", found(row(1), row(3)), ["apply 0002_m"], []),
        ("it was applied", "", found(row(1), row(2), row(3)), [], []),
    ],
)
def test_a_contract_migration_waits_until_the_code_that_serves_knows_it(
    sentence: str, serves: str, history: Found, steps: list[str], waits: list[str]
) -> None:
    files, aim = (M1, C2, M3), Aim(serves=serves)
    assert [f"{step.action} {step.subject}" for step in plan(files, aim, history).steps] == steps
    assert [migration.title for migration in waiting(files, aim, history)] == waits
