"""Works on the data: which are unfinished, which are written down, and what reports and metrics tell of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.mainstay.ops.plugins.filter.work import ENDED_EARLY, SILENT, outcome
from ansible_collections.mainstay.ops.plugins.module_utils._core.errors import Corrupt, InvalidInput, MainstayError, Refused
from ansible_collections.mainstay.ops.plugins.module_utils._release import ledger, works, works_metrics
from ansible_collections.mainstay.ops.plugins.module_utils._release.model import Performed, Work
from ansible_collections.mainstay.ops.plugins.module_utils._release.operation_record import OPERATION_RECORD as RECORD
from ansible_collections.mainstay.ops.plugins.module_utils._release.operation_record import RECORD as SPEC
from ansible_collections.mainstay.ops.plugins.module_utils._release.operation_record import Found
from ansible_collections.mainstay.ops.plugins.module_utils._report.model import Recovery
from ansible_collections.mainstay.ops.plugins.module_utils._store.directory import DirectoryStore

HOUR = 3600.0
TARGETS = {"rpo_s": 300.0, "rto_s": HOUR}


def begun(run: str = "b1", at: float = 100.0, *, verb: str = "backup", host: str = "db1", within: float = HOUR) -> Work:
    return Work(run, verb, host, who="dana", started=at, within=within)


def ended(
    run: str = "b1", at: float = 200.0, verdict: str = "pass", *, verb: str = "backup", host: str = "db1", **more: Any
) -> Work:
    return Work(run, verb, host, verdict, when=at, **{"started": at - 50, **more})


VERIFIED = ended("v1", 500, verb="verify_backup", measured={"rpo_s": 4.0, "rto_s": 90.0}, targets=TARGETS)
UNPROVEN = ended("v2", 900, "fail", verb="verify_backup", measured={"rpo_s": 700.0}, targets=TARGETS, why="the row is missing")


@pytest.mark.parametrize(
    ("known", "now", "dead"),
    [
        ([begun()], 150, []),
        ([begun()], 100 + HOUR, []),
        ([begun()], 101 + HOUR, ["b1"]),
        ([ended()], 101 + HOUR, []),
        ([begun(), begun("b2", 160)], 170, ["b1"]),
        ([begun(), ended("b2", 260)], 270, ["b1"]),
        ([begun(), begun("b2", 160, host="db2"), begun("v1", 160, verb="verify_backup")], 170, []),
        ([begun("b2", 160), ended("b1", 180)], 190, []),
    ],
)
def test_what_began_is_unfinished_when_its_time_is_over_or_the_next_one_began(
    known: list[Work], now: float, dead: list[str]
) -> None:
    assert [one.run for one in works.unfinished(known, now)] == dead


@pytest.mark.parametrize(
    ("before", "after", "same"),
    [
        ([], ended(at=200), False),
        ([ended("c1", 100)], ended("c2", 200), True),
        ([ended("c1", 100)], ended("c2", 161 + HOUR), False),
        ([ended("c1", 100)], ended("c2", 200, "fail"), False),
        ([ended("c1", 100, "fail", about=["age 1"])], ended("c2", 200, "fail", about=["age 2"]), False),
        ([ended("c1", 100, "fail", about=["a", "b"])], ended("c2", 200, "fail", about=("b", "a")), True),
        ([ended("c1", 100, host="db2")], ended("c2", 200), False),
        ([ended("c1", 100), ended("c2", 150, "fail")], ended("c3", 200), False),
    ],
)
def test_the_same_is_not_written_down_again_for_a_while(before: list[Work], after: Work, same: bool) -> None:
    assert works.repeats(after, before, HOUR) is same


def test_a_report_tells_the_last_of_each_kind_and_all_that_was_measured() -> None:
    told = works.recovery([ended(), VERIFIED, UNPROVEN, begun("b2", 950)], 1000)
    assert (told.backup and told.backup.when, told.verified and told.verified.verdict) == (200, "fail")
    assert [(one.point, one.time, one.point_target) for one in told.measurements] == [(4.0, 90.0, 300.0), (700.0, None, 300.0)]
    assert [one.verdict for one in told.doings] == ["under way", "fail", "pass", "pass"]
    assert told.doings[0].seconds is None
    assert "It is not proven" in told.sentence
    assert "the row is missing." in told.sentence


def test_a_report_of_an_environment_without_backups_says_so() -> None:
    told = works.recovery([], 1000)
    assert told == Recovery(1000)
    assert told.sentence == "No backup that passed is in the ledger. No backup was ever proven by a restore."


def test_what_was_killed_is_told_in_words() -> None:
    assert "backup of db1 began at 1970-01-01 00:01:40Z and did not end." in works.recovery([begun()], 1e6).sentence


def test_metrics_tell_ages_also_of_what_never_ran() -> None:
    page = works_metrics.page("production", [ended(), ended("b2", 300, "fail"), begun("b3", 400)], 500 + HOUR)
    lines = [line for line in page.splitlines() if not line.startswith("#")]
    of = 'environment="production",verb="{}",host="db1"'
    assert f"mainstay_work_passed_timestamp_seconds{{{of.format('backup')}}} 200.000" in lines
    assert f"mainstay_work_passed_timestamp_seconds{{{of.format('verify_backup')}}} 0.000" in lines
    assert f"mainstay_work_good{{{of.format('backup')}}} 0" in lines
    assert f"mainstay_work_unfinished{{{of.format('backup')}}} 1" in lines
    assert "rpo" not in page
    measured = works_metrics.page("production", [VERIFIED, UNPROVEN], 1000)
    assert 'mainstay_recovery_point_seconds{environment="production",host="db1"} 700.000' in measured
    assert 'mainstay_recovery_time_seconds{environment="production",host="db1"} 90.000' in measured
    assert 'mainstay_recovery_time_target_seconds{environment="production",host="db1"} 3600.000' in measured


def test_metrics_tell_nothing_of_a_host_that_is_gone() -> None:
    known = [ended(), ended("b2", host="gone"), VERIFIED]
    assert 'host="gone"' in works_metrics.page("production", known, 1000)
    told = works_metrics.page("production", known, 1000, ("db1", "db2"))
    assert ('host="gone"' in told, 'host="db1"' in told, 'host="db2"' in told) == (False, True, False)
    assert 'mainstay_recovery_time_seconds{environment="production",host="db1"} 90.000' in told


@pytest.mark.parametrize(
    ("cluster", "host", "told"),
    [
        ((), "db2", [("db1", 200.0), ("db2", 0.0)]),
        (("db1", "db2"), "db2", [("db2", 200.0)]),
        (("db1", "db2"), "db1", [("db1", 200.0)]),
        (("db1", "db2"), "other", [("db1", 200.0), ("db2", 0.0)]),
        (("db2", "db3"), "db2", [("db1", 200.0), ("db2", 0.0)]),
    ],
)
def test_a_backup_of_the_former_primary_counts_for_the_one_that_has_the_data_now(
    cluster: tuple[str, ...], host: str, told: list[tuple[str, float]]
) -> None:
    known = works.of_cluster([ended(), ended("c1", 300, verb="check_backup", host="db2")], cluster, host)
    backups = works_metrics.page("production", known, 1000)
    passed = 'mainstay_work_passed_timestamp_seconds{{environment="production",verb="backup",host="{}"}} {:.3f}'
    assert [line.replace(" 0.000", " 0") for line in backups.splitlines() if "passed" in line and 'verb="backup"' in line] == [
        passed.format(name, when).replace(" 0.000", " 0") for name, when in told
    ]


def test_works_are_a_stream_of_their_own_that_nobody_can_change_unseen(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path)
    ledger.append(store, Performed("r1", "deploy", "v1", "blue", "pass"))
    ledger.append(store, begun(), begun("b1", host="db2"), ended())
    assert [(one.host, one.verdict) for one in ledger.works(store)] == [("db2", ""), ("db1", "pass")]
    assert len(ledger.load(store).operations) == 1
    stream = tmp_path / "works.jsonl"
    stream.write_text(stream.read_text().replace("pass", "fail"))
    with pytest.raises(Corrupt, match=r"record 3 .* Restore works.jsonl"):
        ledger.works(store)
    assert ledger.load(store).operations, "a deploy does not need them"


def asked(**given: Any) -> Any:
    defaults = {name: option.get("default") for name, option in SPEC.items()}
    return RECORD.parse({**defaults, "environment": "production", "verb": "backup", "host": "db1", **given})


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({}, "give a verdict"),
        ({"verdict": "pass", "host": "db1; id"}, "not a host"),
        ({"verdict": "pass", "verb": "Back up"}, "not a name"),
        ({"verdict": "pass", "run": "../x"}, "not a run"),
        ({"verdict": "pass", "measured": {"rpo_s": "4"}}, "must be a number"),
        ({"verdict": "pass", "measured": {"rpo_s": float("nan")}}, "must be a number"),
        ({"verdict": "pass", "rpo": "soon"}, "not a target"),
        ({"state": "begun", "within": "0s"}, "not a sensible within"),
        ({"verdict": "pass", "fence": {"environment": "staging", "token": 1}}, "the lock is that of 'staging'"),
        ({"verdict": "pass", "hosts": ["db 1"]}, "not a host"),
        ({"verdict": "pass", "metrics": "/etc/passwd"}, "not a page of metrics"),
    ],
)
def test_what_makes_no_sense_is_refused(given: dict[str, Any], why: str) -> None:
    with pytest.raises(InvalidInput, match=why):
        asked(**given)


def test_a_reason_is_one_line_of_what_can_be_printed() -> None:
    why = asked(verdict="fail", why="first\nsecond\0\x1b[31m" + "x" * 5000).work.why
    assert why.startswith("first second [31mx")
    assert len(why) == 1000


@pytest.mark.parametrize(
    ("known", "given", "steps"),
    [
        ([], {"state": "begun", "run": "b1"}, [("", "begun")]),
        ([begun()], {"state": "begun", "run": "b1"}, []),
        ([begun()], {"run": "b1", "verdict": "pass"}, [("begun", "pass")]),
        ([ended()], {"run": "b1", "verdict": "pass"}, []),
        ([ended()], {"run": "b1", "state": "begun"}, []),
        ([], {"verdict": "fail"}, [("", "fail")]),
    ],
)
def test_a_run_is_written_down_once(
    tmp_path: Path, known: list[Work], given: dict[str, Any], steps: list[tuple[str, str]]
) -> None:
    planned = RECORD.plan(asked(**given), Found(DirectoryStore(tmp_path), tuple(known)))
    assert [(step.before, step.after) for step in planned.steps] == steps


def test_what_ended_does_not_end_otherwise(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="ended at 1970-01-01 00:03:20Z with pass"):
        RECORD.plan(asked(run="b1", verdict="fail"), Found(DirectoryStore(tmp_path), (ended(),)))


def test_an_end_remembers_its_begin_and_who_it_was(tmp_path: Path) -> None:
    planned = RECORD.plan(asked(run="b1", verdict="pass"), Found(DirectoryStore(tmp_path), (begun(),)))
    written = planned.steps[0].data
    assert (written.started, written.within, written.verdict) == (100.0, 0.0, "pass")
    assert written.who == "dana"


def test_who_reads_a_ledger_that_is_broken_is_told(tmp_path: Path) -> None:
    (tmp_path / "production").mkdir()
    (tmp_path / "production" / "works.jsonl").write_text("{}\n")
    with pytest.raises(MainstayError, match="record 1 of the ledger cannot be trusted"):
        RECORD.read(asked(verdict="pass", directory=str(tmp_path)))


TAKEN = {"backups": [{"seconds": 3.5, "stored": 100}, {"seconds": 4.0, "stored": 200}]}
CHECKS = [
    {"check": "age", "repository": 2, "verdict": "fail"},
    {"name": "rpo", "verdict": "inconclusive"},
    {"name": "x", "verdict": "pass"},
]


@pytest.mark.parametrize(
    ("result", "finished", "verdict", "why"),
    [
        (TAKEN, True, "pass", ""),
        ({}, True, "inconclusive", ENDED_EARLY),
        ({"skipped": True}, True, "inconclusive", ENDED_EARLY),
        ({"failed": True, "msg": "no disk"}, True, "fail", "no disk"),
        ({"unreachable": True, "msg": "ssh: secret"}, True, "inconclusive", SILENT),
        ({"failed": True, "verdict": "inconclusive", "msg": "not proven"}, True, "inconclusive", "not proven"),
        ({"failed": True, "verdict": "pass", "msg": "odd"}, True, "fail", "odd"),
        ({"verdict": "fail", "told": "old"}, True, "fail", "old"),
        ({"verdict": "pass", "told": "all is well"}, True, "pass", ""),
        ({"measured": {"restore": 3.0}}, False, "fail", ENDED_EARLY),
    ],
)
def test_how_it_ended_follows_from_what_the_module_returned(
    result: dict[str, Any], finished: bool, verdict: str, why: str
) -> None:
    found = outcome(result, finished)
    assert (found["verdict"], found["why"]) == (verdict, why)


def test_what_was_measured_and_what_did_not_pass_is_handed_on() -> None:
    assert outcome(TAKEN)["measured"] == {"seconds": 7.5, "bytes": 300.0}
    verified = outcome({"rpo_s": None, "rto_s": 9.5, "measured": {"restore": 1.0, "recover": 2.0}, "checks": CHECKS})
    assert verified["measured"] == {"rto_s": 9.5, "restore_s": 1.0, "recover_s": 2.0}
    assert verified["about"] == ["age 2", "rpo"]
    assert outcome({"measured": {"restore": 1.0, "recover": 2.0}})["measured"]["rto_s"] == 3.0, "a restore took so long"
