"""Every way in which backups can be unsafe, and what is found of it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._backup import contents, report
from ansible_collections.mainstay.ops.plugins.module_utils._backup.evidence import Limits, Seen, Waiting
from ansible_collections.mainstay.ops.plugins.module_utils._backup.model import (
    BackupsUnsafe,
    Identity,
    NothingProven,
    Repository,
    Settings,
    Storage,
)
from ansible_collections.mainstay.ops.plugins.module_utils._backup.verdict import findings
from ansible_collections.mainstay.ops.plugins.module_utils._core.errors import Corrupt, InvalidInput
from ansible_collections.mainstay.ops.plugins.module_utils._store import textfile
from prometheus_client.parser import text_string_to_metric_families

from tests.unit.backup.backup_found import CONTENTS, FULL, HERE, INCR, NOW, SEEN, SERVER, STORAGE, backup, seen, segment

WITHOUT_SERVER = replace(SEEN, server=None, trouble="could not connect")


def told(found: Seen, **limits: Any) -> dict[str, str]:
    """What did not pass, with its verdict."""
    made = findings(found, Limits(**limits), (1,))
    assert all(len(one.told) > 5 for one in made)
    return {one.check: str(one.verdict) for one in made if one.verdict != "pass"}


def held(*numbers: int) -> dict[str, int]:
    """Segments with their sizes, these left out."""
    return {name: size for name, size in CONTENTS.segments.items() if name not in {segment(one) for one in numbers}}


NEWER = f"00000002{segment(110)[8:]}"
"""Of the timeline that a promotion began."""


def kept(**changed: Any) -> Settings:
    return Settings((replace(STORAGE, **changed),), "/data")


def test_whether_a_server_archives_that_nobody_asked_is_not_known() -> None:
    assert SEEN.server is not None
    assert told(replace(SEEN, server=replace(SEEN.server, mode=""))) == {"archive_mode": "inconclusive"}


def test_what_is_as_it_should_be_passes_in_all_parts() -> None:
    assert told(SEEN) == {}
    assert len(findings(SEEN, Limits(), (1,))) == 19
    assert report.checked(findings(SEEN, Limits(), (1,)))["verdict"] == "pass"


@pytest.mark.parametrize(
    ("found", "checks"),
    [
        pytest.param(seen(now=NOW + 6 * 86400), {"full_age", "backup_age"}, id="everything is old"),
        pytest.param(seen(now=NOW + 86400), {"backup_age"}, id="the newest is old"),
        pytest.param(seen(backups=()), {"full_age", "backup_age", "fulls"}, id="there is none"),
        pytest.param(seen(backups=(INCR,)), {"full_age", "fulls"}, id="there is no full one"),
        pytest.param(seen(backups=(FULL, replace(INCR, size=2**10))), {"size", "shrunk"}, id="tiny"),
        pytest.param(seen(backups=(FULL, replace(INCR, size=2**28))), {"shrunk"}, id="much smaller than the one before"),
        pytest.param(seen(backups=(FULL, replace(INCR, damaged=True))), {"pages", "backup_age"}, id="wrong pages"),
        pytest.param(seen(identities=(Identity(1, 1, 4711, "15"),)), {"cluster"}, id="another database"),
        pytest.param(seen(identities=(Identity(1, 1, HERE.system_id, "14"),)), {"cluster"}, id="another version"),
        pytest.param(
            seen(identities=(Identity(1, 1, 4711, "14"), Identity(1, 2, HERE.system_id, "15")), archives=()),
            {"full_age", "backup_age", "fulls"},
            id="upgraded, and no backup since",
        ),
        pytest.param(seen(contents={"stored": {FULL.label: 999, INCR.label: 1000}}), {"files"}, id="a file is cut"),
        pytest.param(seen(contents={"stored": {INCR.label: 1000}}), {"files"}, id="all files are gone"),
        pytest.param(seen(contents={"manifests": frozenset({FULL.label})}), {"files"}, id="a manifest is gone"),
        pytest.param(seen(contents={"segments": held(105)}), {"segments"}, id="a segment is missing"),
        pytest.param(seen(contents={"segments": {**held(), segment(105): 0}}), {"segments"}, id="a segment is empty"),
        pytest.param(seen(contents={"segments": held(110)}), {"archived"}, id="the last segment did not come"),
        pytest.param(seen(contents={"segments": {}, "newest": 0}), {"segments", "archived"}, id="nothing was ever archived"),
        pytest.param(seen(contents={"segments": {**held(), NEWER: 1}}), {"timeline"}, id="another one became the primary since"),
        pytest.param(seen(contents={"free": 2**30}), {"space"}, id="the disk is nearly full"),
        pytest.param(seen(contents={"free": 500, "total": 5000}), {"space"}, id="the next full one does not fit"),
        pytest.param(seen(server={"waiting": (Waiting(segment(110), 31),)}), {"archiver"}, id="a segment waits"),
        pytest.param(seen(server={"mode": "off"}), {"archive_mode"}, id="archiving is off"),
        pytest.param(seen(server={"timeout": 0}), {"archive_timeout"}, id="segments stay open for ever"),
        pytest.param(seen(server={"timeout": 301}), {"archive_timeout"}, id="segments stay open for long"),
        pytest.param(seen(server={"cluster": replace(HERE, runs=False)}), {"server"}, id="the server is stopped"),
        pytest.param(seen(probed=True, probe="it did not arrive"), {"probe"}, id="the probe did not arrive"),
        pytest.param(seen(repositories=(Repository(1, "none"),)), {"encryption"}, id="not encrypted"),
        pytest.param(seen(settings=kept(fulls=None)), {"retention"}, id="nothing expires"),
        pytest.param(
            seen(
                repositories=(Repository(1, "aes-256-cbc", "missing stanza path", 1),),
                backups=(),
                identities=(),
                contents={"segments": {}},
            ),
            {"repository", "full_age", "backup_age", "fulls", "archived"},
            id="never prepared",
        ),
    ],
)
def test_what_speaks_against_the_backups_fails(found: Seen, checks: set[str]) -> None:
    failed = {check for check, verdict in told(found).items() if verdict == "fail"}
    assert failed == checks


@pytest.mark.parametrize(
    ("found", "checks"),
    [
        pytest.param(WITHOUT_SERVER, {"archiver", "cluster"}, id="the server cannot be asked"),
        pytest.param(
            replace(WITHOUT_SERVER, contents={1: replace(CONTENTS, newest=int(NOW) - 301)}),
            {"archiver", "cluster", "archived"},
            id="and it may be idle or dead",
        ),
        pytest.param(seen(server={"cluster": replace(HERE, standby=True)}), {"archiver"}, id="a standby"),
        pytest.param(seen(trouble="no login"), {"database"}, id="its directory alone was read"),
        pytest.param(
            seen(repositories=(Repository(1, "aes-256-cbc", "refused", 99),), backups=()), {"repository"}, id="not reached"
        ),
        pytest.param(seen(contents={"trouble": "no listing"}), {"files", "segments"}, id="not listed"),
    ],
)
def test_what_cannot_be_seen_is_neither_good_nor_bad(found: Seen, checks: set[str]) -> None:
    assert told(found) == dict.fromkeys(checks, "inconclusive")


def test_an_idle_server_has_nothing_that_waits_and_passes_however_old_its_log_is() -> None:
    assert told(seen(contents={"newest": int(NOW) - 30 * 86400})) == {}


def test_a_segment_that_has_just_been_ended_may_wait() -> None:
    assert told(seen(server={"waiting": (Waiting(segment(110), 29),)}, contents={"segments": held(110)})) == {}


def test_what_waits_need_not_have_arrived_but_what_came_before_must() -> None:
    waiting = {"waiting": (Waiting(segment(110), 5),)}
    assert told(seen(server=waiting, contents={"segments": held(109, 110)})) == {"archived": "fail"}
    assert told(seen(server={**waiting, "current": "", "archived": segment(108)}, contents={"segments": held(109, 110)})) == {}


def test_by_its_retention_older_backups_may_lack_the_log_between_them() -> None:
    older = backup(9, wal_start=segment(91), wal_stop=segment(91))
    held_of_older = {
        "segments": held(93, 94),
        "stored": {**CONTENTS.stored, older.label: 1000},
        "manifests": CONTENTS.manifests | {older.label},
    }
    assert told(seen(backups=(older, FULL, INCR), contents=held_of_older)) == {"segments": "fail"}
    assert told(seen(backups=(older, FULL, INCR), contents=held_of_older, settings=kept(archive=1))) == {}
    assert told(seen(backups=(older, FULL, INCR), contents=held_of_older, settings=kept(archive=2))) == {"segments": "fail"}
    assert told(seen(backups=(older, FULL, INCR), contents=held_of_older, settings=kept(archive=2, archive_kind="incr"))) == {}


def test_what_an_older_backup_needs_by_itself_is_never_to_be_missing() -> None:
    older = backup(9, wal_start=segment(91), wal_stop=segment(92))
    lacking = {
        "segments": held(92),
        "stored": {**CONTENTS.stored, older.label: 1000},
        "manifests": CONTENTS.manifests | {older.label},
    }
    assert told(seen(backups=(older, FULL, INCR), contents=lacking, settings=kept(archive=1))) == {"segments": "fail"}


def test_a_repository_elsewhere_has_no_disk_of_ours() -> None:
    elsewhere = replace(SEEN, contents={1: replace(CONTENTS, free=None, total=None)})
    assert "space" not in {one.check for one in findings(elsewhere, Limits(), (1,))}


def test_only_the_repositories_that_are_asked_for_are_looked_at() -> None:
    two = replace(SEEN, settings=Settings((STORAGE, Storage(2))))
    assert {one.repository for one in findings(two, Limits(), (1,))} == {0, 1}


@pytest.mark.parametrize(
    "limits",
    [{"least_size": 0}, {"least_fulls": 0}, {"least_free": 0.0}, {"shrinks": 0.0}, {"full_age": 1e12}, {"archive_within": 7200}],
)
def test_no_guard_can_be_turned_off_by_its_number(limits: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput, match="allowed are"):
        Limits(**limits)


def test_a_verdict_is_a_sentence_and_an_error_of_its_kind() -> None:
    bad = report.checked(findings(seen(contents={"segments": held(105, 106)}, now=NOW + 86400), Limits(), (1,)))
    with pytest.raises(BackupsUnsafe, match=rf"repository 1, segments: missing or empty: {segment(105)} to {segment(106)} \(2\)"):
        report.demand_pass(bad)
    with pytest.raises(NothingProven, match="could not be proven safe: archiver: could not connect"):
        report.demand_pass(report.checked(findings(WITHOUT_SERVER, Limits(), (1,))))
    report.demand_pass(report.checked(findings(SEEN, Limits(), (1,))))


def test_prometheus_reads_each_finding() -> None:
    made = findings(seen(server={"timeout": 0}), Limits(), (1,))
    page = textfile.page(report.samples("main", made, NOW), report.HELP)
    read = {(s.name, s.labels.get("check", "")): s.value for f in text_string_to_metric_families(page) for s in f.samples}
    assert read["mainstay_backup_good", ""] == 0
    assert read["mainstay_backup_check_good", "archive_timeout"] == 0
    assert read["mainstay_backup_check_limit", "archive_timeout"] == 300
    assert read["mainstay_backup_check_value", "full_age"] == 3 * 86400
    assert page.count("# TYPE mainstay_backup_check_good gauge") == 1


def test_a_check_that_could_not_be_made_is_not_good() -> None:
    assert 'mainstay_backup_good{stanza="main"} 0' in textfile.page(report.samples("main", (), NOW), report.HELP)


def test_a_listing_tells_segments_from_what_lies_beside_them() -> None:
    listed = contents.files(
        json.dumps(
            {
                ".": {"type": "path"},
                f"0000000100000000/{segment(1)}-{'a' * 40}.zst": {"type": "file", "size": 5, "time": 7},
                f"0000000100000000/{segment(2)}-{'b' * 40}": {"type": "file", "size": 6, "time": 8},
                f"0000000100000000/{segment(3)}.partial-{'b' * 40}": {"type": "file", "size": 6, "time": 8},
                f"0000000100000000/{segment(1)}.00000028.backup": {"type": "file", "size": 400, "time": 9},
                "00000002.history": {"type": "file", "size": 40, "time": 9},
            }
        )
    )
    assert {name: file.size for name, file in contents.segments(listed).items()} == {segment(1): 5, segment(2): 6}


def test_the_bytes_of_a_backup_are_counted_without_its_manifest() -> None:
    sizes = {
        "A/backup.manifest": 9,
        "A/backup.manifest.copy": 9,
        "A/bundle/1": 5,
        "A/pg_data/x": 6,
        "backup.info": 7,
        "B/bundle/1": 0,
    }
    listed = {name: contents.File(size, 0) for name, size in sizes.items()}
    assert dict(contents.stored(listed)) == {"A": 11, "B": 0}
    assert contents.manifests(listed) == {"A"}


@pytest.mark.parametrize("text", ["[]", "{", '{"a": 1}', '{"a": {"type": "file"}}'])
def test_what_is_no_listing_is_refused(text: str) -> None:
    with pytest.raises(Corrupt, match="no listing"):
        contents.files(text)


def test_the_server_that_is_found_is_the_one_that_is_told() -> None:
    assert SERVER.cluster is HERE
