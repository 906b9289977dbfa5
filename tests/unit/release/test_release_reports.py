"""A report says what the journal says, and only so many of them are kept."""

from __future__ import annotations

import json
import re
from pathlib import Path

from ansible_collections.mainstay.ops.plugins.module_utils._release import reports, verdict
from ansible_collections.mainstay.ops.plugins.module_utils._release.ledger import append, load, open_journal, write_journal
from ansible_collections.mainstay.ops.plugins.module_utils._release.model import Journal, Ledger, Performed, Phase
from ansible_collections.mainstay.ops.plugins.module_utils._release.operation_settle import records
from ansible_collections.mainstay.ops.plugins.module_utils._store.directory import DirectoryStore

ROOT = Path(__file__).parents[3]
SAID = {"host": "app1", "replica": "api 1", "container": "shop-api-green-1", "lines": ["no database"]}
FAILED = Phase("start 1", "fail", "sick", True, 9.0, last_words=(SAID,))
UNDONE = Phase("undo retire", "pass", "", False, 12.0, last_words=({**SAID, "lines": ["bye"]}, {**SAID, "host": "app2"}))


def journal(*phases: Phase, run: str = "r1") -> Journal:
    return Journal(run, "deploy", "v2-a", "green", "v1-a", "blue", "dana", 1.0, ("start 1",), phases)


def ledger(runs: int) -> Ledger:
    return Ledger(operations=tuple(Performed(f"r{n}", "deploy", "v2-a", "green", "pass", "v2-a", when=n) for n in range(runs)))


def written(root: Path, runs: int = 1) -> None:
    reports.write(root, journal(FAILED, UNDONE, run=f"r{runs - 1}"), ledger(runs), 20.0, undone=True)


def test_an_index_tells_what_another_run_recorded_while_it_was_made(tmp_path: Path) -> None:
    shared, alone = tmp_path / "shared" / "shop", tmp_path / "alone" / "shop"
    known = [ledger(1)]

    def load() -> Ledger:
        before = known[0]
        if before == ledger(1):
            known[0] = ledger(2)
            reports.write_index(shared, lambda: ledger(2), tuple, 20.0)
        return before

    reports.write_index(shared, load, tuple, 20.0)
    reports.write_index(alone, lambda: ledger(2), tuple, 20.0)
    assert (shared / "reports" / "index.html").read_text() == (alone / "reports" / "index.html").read_text()


def test_what_replicas_wrote_last_goes_through_the_journal_into_the_report(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path)
    write_journal(store, journal(FAILED, UNDONE))
    found = open_journal(store)
    assert found
    told = reports.record("production", found, 20.0, undone=True).last_words
    assert [(words["host"], words["lines"]) for words in told] == [("app1", ["no database"]), ("app2", ["no database"])]


ON_PURPOSE = {"file": "0002_drop.up.sql", "line": 2, "rule": "ban-drop-column", "reason": "no code reads it"}


def test_what_migrations_do_on_purpose_goes_through_the_journal_into_the_ledger_and_the_report(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path)
    result = {"phase": "migrate", "failed": False, "accepted": [ON_PURPOSE]}
    judged = verdict.of_hosts([verdict.outcome("ops", "migrate", result)])
    write_journal(store, journal(Phase("migrate", "pass", accepted=judged.accepted)))
    found = open_journal(store)
    assert found
    append(store, *records(found, 20.0))
    known = load(store)
    assert list(known.operations[-1].accepted) == [ON_PURPOSE]
    reports.write(tmp_path, found, known, 20.0, undone=False)
    document = json.loads(next((tmp_path / "reports").glob("*.json")).read_text())
    assert document["gates"][0]["accepted"] == [ON_PURPOSE]
    page = next(path for path in (tmp_path / "reports").glob("*.html") if path.stem != "index").read_text()
    assert all(str(told) in page for told in ON_PURPOSE.values())


def test_a_journal_of_an_older_version_can_still_be_read(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path)
    write_journal(store, journal(FAILED))
    document = json.loads(store.read("journal.json") or b"")
    for phase in document["phases"]:
        del phase["last_words"], phase["share"], phase["accepted"]
    store.replace("journal.json", json.dumps(document).encode(), store.read("journal.json"))
    found = open_journal(store)
    assert found
    assert (found.phases[0].last_words, found.phases[0].share) == ((), 0)


def test_only_reports_that_the_index_lists_are_kept_and_files_of_others_are_left_alone(tmp_path: Path) -> None:
    directory = tmp_path / "reports"
    directory.mkdir()
    for run in range(reports.LINES + 1):
        for name in (f"r{run}.json", f"r{run}.html", f".r{run}.json.lock"):
            (directory / name).write_text("{}")
    (directory / "notes.html").write_text("ours")
    written(tmp_path, reports.LINES + 2)
    kept = {path.stem for path in directory.glob("*.json")}
    assert kept == {f"r{n}" for n in range(2, reports.LINES + 2)}
    assert {path.stem for path in directory.glob("*.html")} == kept | {"index", "notes"}
    assert not list(directory.glob(".r0.*"))


def test_the_keys_of_the_document_are_those_that_are_documented(tmp_path: Path) -> None:
    written(tmp_path)
    document = json.loads((tmp_path / "reports" / "r0.json").read_text())
    page = (ROOT / "docs" / "reports.md").read_text()
    tables = [set(re.findall(r"^\| `(\w+)` \|", table, flags=re.M)) for table in page.split("\n## ")[1:]]
    told = [keys for keys in tables if keys]
    assert told == [set(document), set(document["gates"][0]), set(document["gates"][0]["last_words"][0])]
