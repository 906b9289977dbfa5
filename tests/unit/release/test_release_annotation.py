"""A run as metrics, and what is remembered of it."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._core.errors import InvalidInput, Refused, Unavailable
from ansible_collections.mainstay.ops.plugins.module_utils._edge.spec import into
from ansible_collections.mainstay.ops.plugins.module_utils._release import annotation, ledger, silences
from ansible_collections.mainstay.ops.plugins.module_utils._release.annotation import UnderWay
from ansible_collections.mainstay.ops.plugins.module_utils._release.model import Journal, Ledger, Performed
from ansible_collections.mainstay.ops.plugins.module_utils._release.monitoring import Monitoring
from ansible_collections.mainstay.ops.plugins.module_utils._release.signs import Signs
from ansible_collections.mainstay.ops.plugins.module_utils._store import textfile
from ansible_collections.mainstay.ops.plugins.module_utils._store.directory import DirectoryStore
from prometheus_client.parser import text_string_to_metric_families

from tests.unit.release.release_found import V1, V2

SCOPE = {"environment": "production", "application": "shop"}
FIRST = Performed("r1", "deploy", V1.id, "blue", "pass", V1.id, "", "dana", 100, 160.5)
FAILED = Performed("r2", "deploy", V1.id, "blue", "fail", V2.id, "sick", "dana", 200, 260)
KNOWN = Ledger({V1.id: V1, V2.id: V2}, {}, (FIRST, FAILED))
RUNNING = UnderWay(Journal("r3", "rollback", V2.id, "green", started=300.25), 480)
OPERATION = "mainstay_operation_"
THERE = {"alertmanager": {"url": "http://localhost:9093"}}


def series(known: Ledger, under_way: UnderWay | None = None) -> dict[str, tuple[dict[str, str], float]]:
    page = annotation.page(SCOPE, known, under_way)
    return {s.name: (dict(s.labels), s.value) for family in text_string_to_metric_families(page) for s in family.samples}


def labels(verb: str, release: str, run: str, **more: str) -> dict[str, str]:
    return {**SCOPE, "verb": verb, "release": release, "run": run, **more}


SERVES = ({**SCOPE, "release": V1.id, "version": "v1", "slot": "blue"}, 1)


def test_before_the_first_run_there_is_nothing_to_tell() -> None:
    assert series(Ledger()) == {}


def test_while_one_runs_it_is_told_beside_the_last_one() -> None:
    this = labels("rollback", V2.id, "r3")
    assert series(KNOWN, RUNNING) == {
        f"{OPERATION}running": (this, 1),
        f"{OPERATION}lease_ends_timestamp_seconds": (this, 480),
        f"{OPERATION}started_timestamp_seconds": (this, 300.25),
        f"{OPERATION}ended_timestamp_seconds": (labels("deploy", V2.id, "r2", verdict="fail"), 260),
        "mainstay_release_info": SERVES,
    }


def test_afterwards_the_last_one_is_told_and_none_runs() -> None:
    assert series(KNOWN) == {
        f"{OPERATION}started_timestamp_seconds": (labels("deploy", V2.id, "r2"), 200),
        f"{OPERATION}ended_timestamp_seconds": (labels("deploy", V2.id, "r2", verdict="fail"), 260),
        "mainstay_release_info": SERVES,
    }


@pytest.mark.parametrize("strange", ['a"b', "a\\b", "a\\", "a\nb", 'a"} 1\nb{c="', "ü"])
def test_whatever_stands_in_a_label_is_read_as_it_was_written(strange: str) -> None:
    under_way = UnderWay(Journal(strange, "deploy", "v1", "blue"), 1)
    assert series(Ledger(), under_way)[f"{OPERATION}running"][0]["run"] == strange


def test_a_journal_of_an_older_version_has_no_application(tmp_path: Path) -> None:
    older = {key: value for key, value in asdict(RUNNING.journal).items() if key != "application"}
    store = DirectoryStore(tmp_path)
    store.replace(ledger.JOURNAL, json.dumps(older).encode(), None)
    assert ledger.open_journal(store) == RUNNING.journal


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"silences": {"k": 1}}', b'{"silences": 3}', b'{"quiet_until": "x"}'])
def test_what_cannot_be_read_of_the_silences_is_looked_for_anew(tmp_path: Path, content: bytes) -> None:
    store = DirectoryStore(tmp_path)
    store.replace(silences.DOCUMENT, content, None)
    assert silences.load(store) == silences.Known()


def test_what_cannot_be_read_at_all_is_a_warning(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path)
    (tmp_path / silences.DOCUMENT).mkdir()
    signs = Signs(into(Monitoring, THERE), store, "production")
    signs.keep(RUNNING.journal)
    signs.clear("shop")
    assert [warning.count("could not read") for warning in signs.warnings] == [1, 1]


@pytest.mark.parametrize(
    "path",
    [
        "mainstay.prom",
        "./m.prom",
        "/m.prom",
        "/a/../m.prom",
        "/a/./m.prom",
        "/a/m.prom/",
        "/a/m.txt",
        "/a/.prom",
        "/a b/m.prom",
        "/a//m.prom",
    ],
)
def test_a_page_lies_at_a_whole_path(path: str) -> None:
    with pytest.raises(InvalidInput):
        Monitoring(metrics=path)


@pytest.mark.parametrize(
    ("monitoring", "told"),
    [
        ({"silences": [{"alertname": "ReplicaGone"}]}, "no alertmanager"),
        ({**THERE, "silences": [{"application": "shop"}]}, "names no alert"),
        ({**THERE, "silences": [{"alertname": ""}]}, "names no alert"),
        ({**THERE, "silences": [{}]}, "names no alert"),
        ({**THERE, "silences": [{"alertname": "Slow", "code": 500}]}, "in quotes"),
        ({**THERE, "silences": [{"alertname": "Slow", "a-b": "c"}]}, "name of a label"),
        ({"alertmanager": {"url": "ftp://localhost"}}, "http://"),
    ],
)
def test_a_monitoring_that_makes_no_sense_is_refused(monitoring: dict[str, object], told: str) -> None:
    with pytest.raises(InvalidInput, match=told):
        into(Monitoring, monitoring)


def test_a_page_that_was_written_before_is_replaced_and_no_other(tmp_path: Path) -> None:
    page = tmp_path / "mainstay.prom"
    textfile.write(page, "a 1\n")
    before = page.stat().st_ino
    textfile.write(page, "a 2\n")
    assert page.read_text().endswith("\na 2\n")
    assert page.stat().st_ino != before, "another file took its name, so nobody reads half of it"
    assert page.stat().st_mode & 0o777 == 0o644
    assert [path.name for path in tmp_path.iterdir()] == ["mainstay.prom"]
    (tmp_path / "link.prom").symlink_to(page)
    (tmp_path / "directory.prom").mkdir()
    (tmp_path / "theirs.prom").write_text("up 1\n")
    for strange in ("link.prom", "directory.prom", "theirs.prom"):
        with pytest.raises(Refused):
            textfile.write(tmp_path / strange, "a 3\n")
    assert page.read_text().endswith("\na 2\n")
    with pytest.raises(Unavailable, match="no directory"):
        textfile.write(tmp_path / "gone" / "mainstay.prom", "a 1\n")
