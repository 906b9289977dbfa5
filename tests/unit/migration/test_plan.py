"""Which migrations run: tables of files, history and what follows."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._core.errors import InvalidInput, Irreversible, MainstayError
from ansible_collections.mainstay.ops.plugins.module_utils._migration.model import (
    Aim,
    Applied,
    ChecksumChanged,
    Found,
    Migration,
    OnStandby,
    OutOfOrder,
    Script,
    Statement,
    Unfinished,
)
from ansible_collections.mainstay.ops.plugins.module_utils._migration.model import Index as BuiltIndex
from ansible_collections.mainstay.ops.plugins.module_utils._migration.plan import current, pending, plan, unknown


def migration(number: int, *, down: bool = True, builds: bool = False) -> Migration:
    index = BuiltIndex("i", "t") if builds else None
    up = Script(f"000{number}_m.up.sql", "", not builds, (Statement(1, 1, "", "", index),))
    return Migration(f"000{number}", "m", f"sum{number}", up, up if down else None, number)


def row(number: int, *, state: str = "applied", checksum: str | None = None) -> Applied:
    return Applied(f"000{number}", "m", f"sum{number}" if checksum is None else checksum, state=state, number=number)


def found(*rows: Applied, standby: bool = False) -> Found:
    return Found(rows, standby)


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
        ("what is repaired runs again", (M1,), Aim(repair=True), found(row(1, state="failed")), ["resume 0001_m"]),
        (
            "an unfinished one runs again though a newer one is applied",
            ALL,
            Aim(repair=True),
            found(row(1, state="failed"), row(2)),
            ["resume 0001_m", "apply 0003_m"],
        ),
        (
            "down is newest first, and the target stays",
            ALL,
            Aim("down", "0001"),
            found(row(1), row(2), row(3)),
            ["revert 0003_m", "revert 0002_m"],
        ),
        ("down to nothing", (M1,), Aim("down", "0"), found(row(1)), ["revert 0001_m"]),
        ("down to nothing, written longer", (M1,), Aim("down", "0000"), found(row(1)), ["revert 0001_m"]),
        ("down where nothing is applied", ALL, Aim("down", "0001"), found(row(1)), []),
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
        ("an unfinished one without a file", (M1,), Aim(repair=True), found(row(2, state="failed")), Unfinished, "0002_m"),
        ("down over an unfinished one", ALL, Aim("down", "0001"), found(row(1), row(2, state="running")), Unfinished, "0002"),
        ("down without a way", (migration(1, down=False),), Aim("down", "0"), found(row(1)), Irreversible, "no way down"),
        ("down over an unknown one", (M1,), Aim("down", "0"), found(row(1), row(2)), Irreversible, "0002_m"),
        ("a target that is not there", ALL, Aim(target="0009"), found(), InvalidInput, "0001, 0002 and 0003"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_refused(sentence: str, files: Any, aim: Aim, history: Found, error: type[MainstayError], words: str) -> None:
    with pytest.raises(error) as raised:
        plan(files, aim, history)
    assert words in raised.value.message, sentence


def test_the_current_version_is_the_highest_whatever_was_applied_last() -> None:
    assert current(found(row(1), row(3), row(2))) == "0003"
    assert current(found(row(1), row(2, state="failed"))) == "0001"
    assert current(found()) == ""


def test_where_revisions_have_no_numbers_the_last_in_order_is_current() -> None:
    assert current(Found((Applied("ff", "m"), Applied("aa", "m")))) == "aa"


def test_pending_and_unknown_are_two_sides_of_one_comparison() -> None:
    assert [m.version for m in pending((M1, M2), found(row(1), row(3)))] == ["0002"]
    assert [r.version for r in unknown((M1, M2), found(row(1), row(3)))] == ["0003"]
