# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The state of a database, as a module returns it: every list sorted, and no longer than was asked for."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from .care import every
from .diagnosis import diagnosis
from .upkeep import LAST_TRANSACTION, Care, Index, Table, Wear
from .wear import duplicates, is_bloated, unused


def report(found: Wear, care: Care, most: int) -> dict[str, Any]:
    told = diagnosis(found, care, most)
    return {
        "verdict": "fail" if told else "pass",
        "findings": [asdict(finding) for finding in told],
        "wraparound": {
            "age": found.age,
            "freeze_at": found.freeze_at,
            "multi_age": found.multi_age,
            "multi_freeze_at": found.multi_freeze_at,
            "share": round(max(found.age, found.multi_age) / LAST_TRANSACTION, 4),
        },
        "tables": [_table(table) for table in sorted(found.tables, key=lambda t: (-t.dead, t.title))[:most]],
        "bloated": [
            _table(table) for table in sorted(found.tables, key=lambda t: -(t.waste or 0)) if is_bloated(table, care.bloat)
        ][:most],
        "invalid_indexes": [_index(index) for index in found.indexes if not index.is_valid][:most],
        "unused_indexes": [_index(index) for index in unused(found)[:most]],
        "duplicate_indexes": [
            {**_index(index), "same_as": stays.title} for index, stays in list(duplicates(found).items())[:most]
        ],
        "held_up_by": [asdict(holder) for holder in found.holders[:most]],
        "needed": [step.as_dict() for step in every(care, found)[:most]],
    }


def _table(table: Table) -> dict[str, Any]:
    return {
        "table": table.title,
        "bytes": table.size,
        "rows": round(table.rows),
        "dead": table.dead,
        "modified": table.modified,
        "age": table.age,
        "vacuumed": None if table.vacuumed is None else round(table.vacuumed),
        "waste": table.waste,
        "measured": table.is_measured,
    }


def _index(index: Index) -> dict[str, Any]:
    return {"index": index.title, "table": index.table, "bytes": index.size, "scans": index.scans, "waste": index.waste}
