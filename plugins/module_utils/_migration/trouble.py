# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is not as it should be in a history, what may be done about it, and the plan of what somebody chose. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from .._core.errors import InvalidInput
from .._core.plan import Plan, Step
from .._core.text import listed, shown
from .model import RUNNING, Applied, Found, Invalid, Migration
from .ready import can_resume, is_unfinished, was_edited, was_leaving
from .refused import ChangedMeanwhile, Unconfirmed

FORGET, MARK, CHECKSUM, REBUILD, DROP = "forget", "applied", "checksum", "rebuild", "drop"
AFTER = {
    FORGET: "forgotten: not applied",
    MARK: "applied",
    CHECKSUM: "applied, with the checksum of the file",
    REBUILD: "built again",
    DROP: "dropped",
}
_BESIDE = ("_ccnew", "_ccold")


@dataclass(frozen=True)
class Trouble:
    """One thing: what it is about, of which kind, in words, and what may be done, the proposal first ("" for nothing).

    ``facts`` are what it was recognized by, and on which server; when they change, it is another trouble. One that ``goes_on``
    by itself in the next run is best left alone.
    """

    subject: str
    kind: str
    told: str
    actions: tuple[str, ...]
    facts: tuple[str, ...]
    row: Applied | None = None
    file: Migration | None = None
    index: Invalid | None = None
    goes_on: bool = False

    @property
    def proposal(self) -> str:
        return self.actions[0] if self.actions and not self.goes_on else ""


def troubles(migrations: Sequence[Migration], found: Found, indexes: Sequence[Invalid]) -> tuple[Trouble, ...]:
    """Everything, in the order of the history, indexes last."""
    files = {migration.version: migration for migration in migrations}
    newest = max((migration.number for migration in migrations), default=0)
    rows = (one for row in found.history for one in _of_row(row, files.get(row.version), newest))
    told = (*rows, *(_of_index(index) for index in indexes))
    return tuple(replace(one, facts=(*one.facts, str(found.server))) for one in told)


def seen(found: Sequence[Trouble]) -> str:
    """A short sum over all that was shown; another one means that something changed since."""
    facts = "\n".join("\t".join((one.subject, one.kind, *one.facts)) for one in found)
    return hashlib.sha256(facts.encode()).hexdigest()[:12]


def plan_repairs(found: Sequence[Trouble], repairs: Mapping[str, str], given: str) -> Plan:
    """What was chosen, for what was shown; raises ``ChangedMeanwhile``, and ``InvalidInput`` for what may not be chosen."""
    if not repairs:
        return Plan()
    if given != seen(found):
        raise ChangedMeanwhile(
            f"seen is {shown(given)}, but what is there now is {seen(found)}: look again at what is shown, then choose again; "
            "nothing was done"
        )
    by_subject = {one.subject: one for one in found}
    return Plan(tuple(_step(by_subject, subject, action) for subject, action in repairs.items()))


def demand_words(repairs: Mapping[str, str], given: str, word: str) -> None:
    """Nobody changes a history in passing; raises ``Unconfirmed`` with what must be typed."""
    if repairs and given != word:
        raise Unconfirmed(
            f'this changes {listed(repairs)}; nothing was done. If you mean that, give confirm: "{word}"', confirm=word
        )


def _step(troubles: Mapping[str, Trouble], subject: str, action: str) -> Step:
    one = troubles.get(subject)
    if one is None:
        raise InvalidInput(f"{shown(subject)} needs no repair: choose among {listed(troubles)}")
    if action not in one.actions:
        raise InvalidInput(f"{shown(action)} is nothing that can be done about {subject}: choose among {listed(one.actions)}")
    return Step(action, subject, one.kind, AFTER[action], one)


def _of_row(row: Applied, file: Migration | None, newest: int) -> Iterator[Trouble]:
    facts = (row.state, row.note, row.started_at, row.checksum, file.checksum if file else "")
    if is_unfinished(row):
        kind = "dead" if row.state == RUNNING else "failed"
        goes_on = can_resume(file, row)
        yield Trouble(row.title, kind, _unfinished(row, goes_on), (FORGET, MARK), facts, row, file, goes_on=goes_on)
    elif file and was_edited(file, row):
        told = (
            f"{file.up.file} changed after it was applied. Put the old text back, or take its checksum if nothing of it matters"
        )
        yield Trouble(row.title, "edited", told, (CHECKSUM,), facts, row, file)
    elif file is None and row.number and row.number < newest:
        told = "it was applied, but its file is missing here, though newer ones are there. Bring the file back, or forget the row"
        yield Trouble(row.title, "missing", told, (FORGET,), facts, row)


def _unfinished(row: Applied, goes_on: bool) -> str:
    how = "its runner died" if row.state == RUNNING else "it failed"
    way = "its way down" if was_leaving(row) else "it"
    since = f"{way} began at {row.started_at or 'an unknown time'} outside a transaction, and {how}"
    if goes_on:
        return f"{since}. The next run goes on with it by itself: leave it"
    if was_leaving(row):
        return (
            f"{since}. Finish the way down by hand, then forget it, and it is not applied any more; "
            "or undo by hand what the way down did, then say applied"
        )
    return (
        f"{since}. Undo by hand what its first statements did, then forget it, and it runs again from its first; "
        "or finish it by hand, then say applied"
    )


def _of_index(index: Invalid) -> Trouble:
    told = f"an interrupted build of it on {index.table} left it invalid: no query uses it, and every write pays for it"
    beside = index.name.rstrip('"0123456789').endswith(_BESIDE)
    actions = (DROP, REBUILD) if beside else (REBUILD, DROP)
    return Trouble(f"index {index.name}", "invalid", told, actions, (index.table,), index=index)
