# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is worn enough to be cared for: predicates over tables and indexes, and who stands in the way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from .upkeep import WORTH, Care, Holder, Index, Table, Wear

FEW = 1000
"""Dead rows that no share makes worth a vacuum."""


def needs_freezing(table: Table) -> bool:
    return table.age >= table.freeze_at or table.multi_age >= table.multi_freeze_at


def needs_vacuum(table: Table, dead: float) -> str:
    """Why the table needs a vacuum, or an empty string."""
    if needs_freezing(table):
        return f"{table.age} transactions old"
    if table.dead > table.vacuum_at >= 0 or (table.dead >= FEW and table.dead_share >= dead):
        return f"{table.dead} dead rows, {table.dead_share:.0%}"
    if table.inserted > table.insert_at >= 0:
        return f"{table.inserted} rows inserted since the last vacuum"
    return ""


def needs_analyze(table: Table) -> str:
    """Why the planner's statistics are out of date, or an empty string."""
    return f"{table.modified} rows changed since the last analyze" if table.modified > table.analyze_at >= 0 else ""


def held(table: Table, holders: Iterable[Holder]) -> Holder | None:
    """Who has kept the dead rows since before the last vacuum: another one would remove nothing."""
    if table.vacuumed is None:
        return None
    return next((holder for holder in holders if holder.age is not None and holder.age > table.vacuumed), None)


def is_bloated(worn: Table | Index, bloat: float) -> bool:
    return worn.size >= WORTH and worn.waste is not None and worn.waste >= bloat * worn.size


def to_rebuild(found: Wear, care: Care) -> list[tuple[Index, str]]:
    """Indexes and why they are to be built anew; left-overs are not, for what they stood in for is still there."""
    broken = [(index, "invalid") for index in found.indexes if not index.is_valid and not index.is_left_over]
    bloated = [
        (index, f"{index.waste} of {index.size} bytes are bloat")
        for index in sorted(found.indexes, key=lambda index: (-(index.waste or 0), index.title))
        if index.is_valid and is_bloated(index, care.bloat)
    ]
    return broken + bloated


def unused(found: Wear) -> list[Index]:
    """Never scanned since scans are counted, and there for nothing but to be scanned; largest first."""
    some = [i for i in found.indexes if i.is_valid and not i.scans and not i.is_unique and not i.is_needed and i.size >= WORTH]
    return sorted(some, key=lambda index: (-index.size, index.title))


def duplicates(found: Wear) -> Mapping[Index, Index]:
    """Of each index that another one can stand in for, that other one."""
    first: dict[str, Index] = {}
    spare: dict[Index, Index] = {}
    for index in sorted(found.indexes, key=lambda i: (not i.is_needed, not i.is_unique, i.title)):
        if index.is_valid and index.signature:
            stays = first.setdefault(index.signature, index)
            if stays is not index and not index.is_needed:
                spare[index] = stays
    return spare
