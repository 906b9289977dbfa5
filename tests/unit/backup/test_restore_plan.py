"""What a restore does, and everything for which it is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._backup.choose import choose
from ansible_collections.mainstay.ops.plugins.module_utils._backup.model import Backup, Identity, Place, Repository, Stanza
from ansible_collections.mainstay.ops.plugins.module_utils._backup.reach import Branch, Fork, reach
from ansible_collections.mainstay.ops.plugins.module_utils._backup.restoration import (
    DONE,
    READY,
    RESTORING,
    Data,
    Found,
    Journal,
    NoRoom,
    NotOurData,
    OutOfReach,
    Prospect,
    Restoration,
    ServerRuns,
    Source,
)
from ansible_collections.mainstay.ops.plugins.module_utils._backup.restore_plan import (
    foresee,
    needed_segments,
    plan_discard,
    plan_restore,
)
from ansible_collections.mainstay.ops.plugins.module_utils._backup.room import Room
from ansible_collections.mainstay.ops.plugins.module_utils._backup.target import Target
from ansible_collections.mainstay.ops.plugins.module_utils._backup.wal import Segment, lsn
from ansible_collections.mainstay.ops.plugins.module_utils._core.errors import MainstayError, NotFound, Refused

SYSTEM = 77
NOW = 1777809600.0


def backup(label: str, stop: float, position: str = "0/2000100", **changed: Any) -> Backup:
    given = {"wal_start": "000000010000000000000002", "wal_stop": "000000010000000000000002", **changed}
    return Backup(1, label, "full", 1, int(stop) - 10, int(stop), lsn_stop=position, **given)


BACKUP = backup("20260503-110000F", NOW - 3600)
ROW = reach(2, (Branch(1),), [Segment(number, 1, 100, NOW - 3000 + number * 60) for number in range(2, 9)])
PROSPECT = Prospect(BACKUP, SYSTEM, "15", ROW, ROW, NOW - 60, lsn("0/8000028"), Room(10, 20), None)
DATA = Data("/data", is_there=True, is_empty=False, system_id=SYSTEM, checkpoint="0/8000028", inode=5)
FOUND = Found(DATA, "/data", "20260503T120000Z", None, PROSPECT)
WANTED = Restoration(Source(Place("main")), Target(), "production", "db1")
JOURNAL = Journal(
    "s", RESTORING, "latest", BACKUP.label, "/data.restore-s", "/data.before-s", "/tmp/run", 9, "0/9000028", "0/8000028"
)


def actions(wanted: Restoration, found: Found) -> list[str]:
    return [step.action for step in plan_restore(wanted, found).steps]


ALL = ["restore", "recover", "check", "swap"]
PARTED = Fork(1, 2, lsn("0/5000000"), NOW - 2800, NOW - 2600)


@pytest.mark.parametrize(
    ("aim", "is_refused"),
    [
        (Target("lsn", lsn("0/5000100")), True),
        (Target("lsn", lsn("0/4000100")), False),
        (Target("time", NOW - 2700.0), True),
        (Target("time", NOW - 2900.0), False),
        (Target("time", NOW - 2500.0), False),
        (Target(), False),
    ],
)
def test_after_a_restore_it_is_asked_which_of_two_pasts_is_meant(aim: Target, is_refused: bool) -> None:
    found = replace(FOUND, prospect=replace(PROSPECT, fork=PARTED))
    if not is_refused:
        assert actions(replace(WANTED, aim=aim), found) == ALL
        return
    with pytest.raises(OutOfReach, match="timeline 1, as it went on until a restore, or on timeline 2"):
        plan_restore(replace(WANTED, aim=aim), found)


def test_a_standby_is_not_made_a_second_primary() -> None:
    with pytest.raises(NotOurData, match="second primary"):
        plan_restore(WANTED, replace(FOUND, data=replace(DATA, is_standby=True)))


def test_the_last_data_that_there_is_is_not_discarded() -> None:
    gone = replace(FOUND, data=Data("/data"), journal=replace(JOURNAL, stage=READY), old=("/data.before-s",))
    with pytest.raises(NotOurData, match="may be the last there is"):
        plan_discard(gone)


def test_what_a_run_would_be_refused_for_is_told_while_the_server_runs() -> None:
    running = replace(FOUND, data=replace(DATA, pid=7))
    assert foresee(WANTED, running).steps == ()
    with pytest.raises(NoRoom):
        foresee(WANTED, replace(running, prospect=replace(PROSPECT, room=Room(20, 10))))


@pytest.mark.parametrize(
    ("journal", "data", "expected"),
    [
        (None, DATA, ALL),
        (None, Data("/data"), ALL),
        (JOURNAL, DATA, ["clean", *ALL]),
        (replace(JOURNAL, stage=READY), DATA, ["swap"]),
        (replace(JOURNAL, stage=READY), replace(DATA, inode=9, checkpoint="0/9000028"), ["swap"]),
        (replace(JOURNAL, stage=READY), replace(DATA, checkpoint="0/8800028"), ["clean", *ALL]),
        (replace(JOURNAL, stage=READY, aim="lsn 0/4000000"), DATA, ["clean", *ALL]),
        (replace(JOURNAL, stage=READY, aim="lsn 0/4000000"), replace(DATA, inode=9), ["swap", *ALL]),
        (replace(JOURNAL, stage=DONE), replace(DATA, inode=9, checkpoint="0/9000028"), []),
        (replace(JOURNAL, stage=DONE), replace(DATA, inode=9, checkpoint="0/9900028"), ALL),
        (replace(JOURNAL, stage=DONE, aim="lsn 0/4000000"), replace(DATA, checkpoint="0/9000028"), ALL),
    ],
)
def test_what_a_killed_run_left_is_finished_or_cleaned_up(journal: Journal | None, data: Data, expected: list[str]) -> None:
    assert actions(WANTED, replace(FOUND, journal=journal, data=data)) == expected


def test_data_that_was_put_aside_by_a_run_killed_between_renames_is_followed_by_the_new() -> None:
    found = replace(FOUND, journal=replace(JOURNAL, stage=READY), data=Data("/data"), old=("/data.before-s",))
    assert actions(WANTED, found) == ["swap"]


@pytest.mark.parametrize(
    ("changed", "error", "words"),
    [
        ({"data": replace(DATA, pid=7)}, ServerRuns, "pid 7"),
        ({"configured": "/other"}, NotOurData, "the stanza's data directory is /other"),
        ({"configured": ""}, NotOurData, "on another host"),
        ({"data": replace(DATA, is_mount=True)}, NotOurData, "mount point"),
        ({"data": replace(DATA, system_id=0)}, NotOurData, "holds no data of PostgreSQL"),
        ({"data": replace(DATA, system_id=78)}, NotOurData, "its system identifier is 78, the stanza's 77"),
        ({"data": replace(DATA, tablespaces=1)}, NotOurData, "tablespaces"),
        ({"prospect": replace(PROSPECT, room=Room(20, 10))}, NoRoom, "are needed"),
        ({"prospect": replace(PROSPECT, reach=replace(ROW, segments=()))}, OutOfReach, "cannot be used"),
        ({"prospect": replace(PROSPECT, reach=replace(ROW, missing="X"))}, OutOfReach, "the latest time within reach is before"),
    ],
)
def test_what_must_not_be_replaced_or_cannot_be_reached_is_refused(
    changed: dict[str, Any], error: type[MainstayError], words: str
) -> None:
    with pytest.raises(error, match=words):
        plan_restore(WANTED, replace(FOUND, **changed))


@pytest.mark.parametrize(
    ("aim", "within_reach"),
    [
        (Target("time", NOW - 61), True),
        (Target("time", NOW - 60), False),
        (Target("time", NOW - 1), False),
        (Target("lsn", lsn("0/8000028")), True),
        (Target("lsn", lsn("0/8000029")), False),
        (Target("immediate"), True),
    ],
)
def test_a_target_needs_something_behind_it_in_the_log(aim: Target, within_reach: bool) -> None:
    wanted = replace(WANTED, aim=aim)
    if within_reach:
        assert actions(wanted, FOUND) == ALL
        return
    with pytest.raises(OutOfReach, match="cannot be reached") as refused:
        plan_restore(wanted, FOUND)
    assert refused.value.details["latest"] == "2026-05-03 11:59:00Z"


@pytest.mark.parametrize(
    ("aim", "point", "last"),
    [
        (Target(), None, 8),
        (Target("immediate"), None, 3),
        (Target("time", NOW - 3000 + 4 * 60), None, 4),
        (Target("lsn", lsn("0/5000028")), None, 5),
        (Target("name", "x"), lsn("0/6000098"), 6),
    ],
)
def test_only_the_log_up_to_the_target_is_needed(aim: Target, point: int | None, last: int) -> None:
    assert needed_segments(aim, BACKUP, ROW, point) == last


def test_what_is_kept_goes_when_it_is_told_to() -> None:
    found = replace(FOUND, prospect=None, old=("/data.before-1", "/data.before-2"))
    assert [step.subject for step in plan_discard(found).steps] == ["/data.before-1", "/data.before-2"]
    assert plan_discard(replace(found, old=())).steps == ()


KEPT = "/data.before-1"
AGAIN = replace(WANTED, reuse=KEPT)
REUSABLE = replace(FOUND, old=(KEPT,), reuse=replace(DATA, path=KEPT, inode=8))


def test_kept_data_is_used_up_only_when_it_is_named() -> None:
    steps = plan_restore(AGAIN, REUSABLE).steps
    assert [step.action for step in steps] == ALL
    assert (steps[0].data, steps[0].before) == (KEPT, f"the data kept as {KEPT}")
    assert plan_restore(WANTED, REUSABLE).steps[0].data == ""


@pytest.mark.parametrize(
    ("changed", "error", "words"),
    [
        ({"old": ("/data.before-2",)}, NotOurData, "kept are /data.before-2"),
        ({"old": ()}, NotOurData, "nothing is kept"),
        ({"data": Data("/data")}, NotOurData, "may be the last there is"),
        ({"reuse": replace(DATA, pid=7)}, ServerRuns, "pid 7"),
        ({"reuse": replace(DATA, system_id=78)}, NotOurData, "another cluster"),
        ({"reuse": replace(DATA, tablespaces=1)}, NotOurData, "by links"),
        ({"reuse": replace(DATA, links=1)}, NotOurData, "by links"),
        ({"reuse": replace(DATA, is_mount=True)}, NotOurData, "by links"),
        ({"old": (), "journal": replace(JOURNAL, reused="/data.before-2")}, NotOurData, "nothing is kept"),
        ({"old": (), "journal": replace(JOURNAL, stage=DONE, reused=KEPT)}, NotOurData, "nothing is kept"),
    ],
)
def test_what_cannot_be_reused_is_refused(changed: dict[str, Any], error: type[MainstayError], words: str) -> None:
    with pytest.raises(error, match=words):
        plan_restore(AGAIN, replace(REUSABLE, **changed))


def test_where_a_killed_run_had_begun_to_use_it_up_everything_is_copied() -> None:
    steps = plan_restore(AGAIN, replace(REUSABLE, old=(), reuse=None, journal=replace(JOURNAL, reused=KEPT))).steps
    assert [step.action for step in steps] == ["clean", *ALL]
    assert steps[1].data == ""


OLD, NEW = backup("20260501-000000F", NOW - 86400, "0/1000100"), backup("20260503-000000F", NOW - 3600, "0/5000100")
STANZA = Stanza("main", (Repository(1, "none"),), (OLD, NEW), (), (Identity(1, 1, SYSTEM, "15"),))


@pytest.mark.parametrize(
    ("aim", "chosen"),
    [
        (Target(), NEW),
        (Target("time", NOW - 3599), NEW),
        (Target("time", NOW - 3600), OLD),
        (Target("lsn", lsn("0/5000100")), NEW),
        (Target("lsn", lsn("0/50000FF")), OLD),
    ],
)
def test_the_newest_backup_that_ended_before_the_target_is_chosen(aim: Target, chosen: Backup) -> None:
    assert choose(STANZA, aim) == chosen


@pytest.mark.parametrize(
    ("stanza", "aim", "label", "error", "words"),
    [
        (STANZA, Target("time", 1.0), "", Refused, "no backup is old enough"),
        (STANZA, Target("time", NOW - 3600), NEW.label, Refused, "after the target"),
        (STANZA, Target(), "20200101-000000F", NotFound, "the last ones are 20260501-000000F and 20260503-000000F"),
        (replace(STANZA, backups=(replace(NEW, damaged=True),)), Target(), "", NotFound, "has no good backup"),
        (replace(STANZA, backups=(replace(NEW, identity=0),)), Target(), "", NotFound, "as it is now"),
    ],
)
def test_a_backup_that_cannot_serve_is_refused(
    stanza: Stanza, aim: Target, label: str, error: type[MainstayError], words: str
) -> None:
    with pytest.raises(error, match=words):
        choose(stanza, aim, label)
