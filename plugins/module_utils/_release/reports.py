# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reports beside the ledger: a page and a document for each operation, and a page for the environment."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from .._report import page
from .._report.model import Gate, Line, Record
from .._store.directory import DirectoryStore
from .dora import four
from .model import PASS, Journal, Ledger, Performed

DIRECTORY = "reports"
LINES = 200
"""Operations in an index."""


def write(root: Path, journal: Journal, known: Ledger, ended: float, *, undone: bool) -> Path:
    """Write the report of the operation that the ledger learned of last, and the index; returns where the report is."""
    store = DirectoryStore(root / DIRECTORY)
    made = record(root.name, journal, ended, undone=undone)
    lines = [_line(done, known, root / DIRECTORY, journal.run) for done in reversed(known.operations[-LINES:])]
    documents = {
        f"{journal.run}.json": json.dumps({**asdict(made), "sentence": made.sentence}, indent=1, sort_keys=True),
        f"{journal.run}.html": page.report(made),
        "index.html": page.index(root.name, four(known, ended), lines),
    }
    for name, text in documents.items():
        store.replace(name, text.encode(), store.read(name))
    return root / DIRECTORY / f"{journal.run}.html"


def record(environment: str, journal: Journal, ended: float, *, undone: bool) -> Record:
    """What the journal says of the operation."""
    passed = journal.verdict == PASS
    return Record(
        environment=environment,
        run=journal.run,
        verb=journal.verb,
        asked=journal.release,
        who=journal.who,
        started=journal.started,
        ended=ended,
        verdict=journal.verdict,
        why=journal.why,
        before=journal.origin,
        now=journal.release if passed else journal.origin if undone else "",
        gates=tuple(Gate(phase.name, phase.verdict, phase.why, phase.at, phase.numbers) for phase in journal.phases),
    )


def _line(done: Performed, known: Ledger, directory: Path, this: str) -> Line:
    mark = known.marks.get(done.asked)
    report = f"{done.run}.html"
    return Line(
        when=done.when,
        verb=done.verb,
        asked=done.asked,
        who=done.who,
        verdict=done.verdict,
        why=done.why,
        seconds=done.when - done.started,
        fate=mark.mark if mark else "",
        report=report if done.run == this or (directory / report).exists() else "",
    )
