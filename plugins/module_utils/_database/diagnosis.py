# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is wrong with a database, the most dangerous first, each with what to do about it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from .model import Finding
from .upkeep import LAST_TRANSACTION, WORTH, Care, Table, Wear
from .wear import duplicates, held, is_bloated, needs_analyze, needs_freezing, needs_vacuum, to_rebuild, unused

LATE = 1.5
"""Times the age at which autovacuum freezes by force: by then it does not keep up."""
MAINTAIN = "maintain_database"
OLD = 300.0
"""Seconds for which who holds up vacuum may do so before it is a finding."""


def diagnosis(found: Wear, care: Care, most: int) -> tuple[Finding, ...]:
    every = [
        _wraparound(found), _autovacuum(found), _holders(found), _dead(found, care),
        _broken(found), _stale(found), _bloated(found, care), _spare(found), _unused(found),
    ]  # fmt: skip
    return tuple(finding for some in every for finding in islice(some, most))


def _wraparound(found: Wear) -> Iterator[Finding]:
    ages = (("transactions", found.age, found.freeze_at), ("multixacts", found.multi_age, found.multi_freeze_at))
    for noun, age, freeze_at in ages:
        if age >= LATE * freeze_at or age >= LAST_TRANSACTION // 2:
            says = f"the oldest row of {found.database} is {age} {noun} old, {age / LAST_TRANSACTION:.0%} of what there can be"
            yield Finding("wraparound", says, f"autovacuum does not keep up: see who holds it up, then {MAINTAIN}")


def _autovacuum(found: Wear) -> Iterator[Finding]:
    if not found.autovacuum:
        yield Finding("autovacuum", "autovacuum is off on this server", "turn it on: no weekly care makes up for it")


def _holders(found: Wear) -> Iterator[Finding]:
    for holder in found.holders:
        if (holder.age or 0) >= OLD or holder.age is None:
            yield Finding(
                "held up", f"{holder.title} makes vacuum keep rows of {holder.horizon} transactions", "end it, or wait for it"
            )


def _dead(found: Wear, care: Care) -> Iterator[Finding]:
    for table in sorted(found.tables, key=lambda t: (not needs_freezing(t), -t.dead, t.title)):
        reason = needs_vacuum(table, care.dead)
        if reason:
            yield Finding("vacuum", f"{table.title}: {reason}", _vacuum_advice(table, found))


def _vacuum_advice(table: Table, found: Wear) -> str:
    holder = held(table, found.holders)
    return f"a vacuum would remove nothing, because of {holder.title}" if holder else MAINTAIN


def _broken(found: Wear) -> Iterator[Finding]:
    for index in found.indexes:
        if not index.is_valid and not index.is_busy:
            advice = f"{MAINTAIN} with drop_invalid" if index.is_left_over else MAINTAIN
            yield Finding("invalid index", f"{index.title} on {index.table} costs every write and serves no query", advice)


def _stale(found: Wear) -> Iterator[Finding]:
    for table in found.tables:
        reason = needs_analyze(table)
        if reason:
            yield Finding("analyze", f"{table.title}: {reason}", MAINTAIN)


def _bloated(found: Wear, care: Care) -> Iterator[Finding]:
    for table in sorted(found.tables, key=lambda t: -(t.waste or 0)):
        if is_bloated(table, care.bloat):
            says = f"{table.title} has about {table.waste} of {table.size} bytes too many"
            yield Finding("bloat", says, "new rows will fill it; if none come, copy it in a migration, or use pg_repack")
    for index, reason in to_rebuild(found, care):
        if index.is_valid:
            yield Finding("bloat", f"{index.title}: about {reason}", MAINTAIN)


def _spare(found: Wear) -> Iterator[Finding]:
    for index, stays in duplicates(found).items():
        if index.size >= WORTH:
            yield Finding("duplicate index", f"{stays.title} does all that {index.title} does", "drop it in a migration")


def _unused(found: Wear) -> Iterator[Finding]:
    since = "since scans are counted" if found.counted_for is None else f"in {found.counted_for / 86400:.1f} days"
    for index in unused(found):
        advice = "if its replicas do not use it either, over a whole month, drop it in a migration"
        yield Finding("unused index", f"{index.title} of {index.size} bytes was not scanned {since}", advice)
