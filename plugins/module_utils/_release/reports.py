# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reports beside the ledger: a page and a document for each operation, and a page for the environment."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from .._core.errors import MainstayError
from .._report import page
from .._report.model import Gate, Line, Record
from .._store.directory import DirectoryStore
from .._store.model import Changed
from . import ledger
from .dora import four
from .model import PASS, Journal, Ledger, Performed, Phase, Work
from .works import recovery

DIRECTORY = "reports"
LINES = 200
"""Operations in an index, and whose reports are kept; the ledger keeps all of them."""
TRIES = 20


def write(root: Path, journal: Journal, known: Ledger, ended: float, *, undone: bool) -> Path:
    """Write the report of the operation that the ledger learned of last, and the index; returns where the report is."""
    store = DirectoryStore(root / DIRECTORY)
    made = record(root.name, journal, ended, undone=undone)
    text = json.dumps({**asdict(made), "sentence": made.sentence}, indent=1, sort_keys=True)
    _put(store, f"{journal.run}.json", lambda: text)
    _put(store, f"{journal.run}.html", lambda: page.report(made))
    write_index(root, lambda: known, lambda: _works(root), ended)
    _forget(store, root / DIRECTORY, known)
    return root / DIRECTORY / f"{journal.run}.html"


def write_index(root: Path, load: Callable[[], Ledger], load_works: Callable[[], Sequence[Work]], now: float) -> None:
    """Write the page of the environment, which follows from the ledger as ``load`` reads it."""

    def text() -> str:
        known = load()
        lines = [_line(done, known, root / DIRECTORY) for done in reversed(known.operations[-LINES:])]
        return page.index(root.name, four(known, now), lines, recovery(load_works(), now))

    _put(DirectoryStore(root / DIRECTORY), "index.html", text)


def _works(root: Path) -> Sequence[Work]:
    """A stream that nobody can read is told of by those who write into it, and keeps no deploy from its report."""
    try:
        return ledger.works(DirectoryStore(root))
    except MainstayError:
        return ()


def _put(store: DirectoryStore, name: str, text: Callable[[], str]) -> None:
    """Others may write the index at the same moment: what it says is read after what is replaced, so nobody's record is lost."""
    for _try in range(TRIES):
        with suppress(Changed):
            before = store.read(name)
            return store.replace(name, text().encode(), before)
    raise Changed(f"{name} is changed by other runs all the time; run again")


def _forget(store: DirectoryStore, directory: Path, known: Ledger) -> None:
    """Remove the reports of operations that no index lists any more, and nothing else: files of other names are not ours."""
    listed = {done.run for done in known.operations[-LINES:]}
    old = {done.run for done in known.operations[:-LINES]} - listed
    for path in sorted(directory.glob("*.html")) + sorted(directory.glob("*.json")):
        if path.stem in old:
            with suppress(MainstayError):  # what was to be told is written
                store.remove(path.name)


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
        gates=tuple(_gate(phase) for phase in journal.phases),
        override=journal.override,
    )


def _gate(phase: Phase) -> Gate:
    return Gate(phase.name, phase.verdict, phase.why, phase.at, phase.numbers, phase.last_words, phase.share, phase.accepted)


def _line(done: Performed, known: Ledger, directory: Path) -> Line:
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
        report=report if (directory / report).exists() else "",
    )
