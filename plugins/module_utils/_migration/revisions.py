# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What of an Alembic directory is applied, from its own version table and from our history. Pure.

The version table is the truth about what ran; the history adds which release did it. When the table names a revision that
has no file here, a newer release migrated: what our history knows, and all before that, is applied then.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from .model import APPLIED, Applied, Found, Migration

Parents = Mapping[str, Collection[str]]


def reconciled(migrations: Sequence[Migration], parents: Parents, heads: Collection[str], history: Found) -> Found:
    """The history as it really is: in the order of the files, strangers last."""
    rows = {row.version: replace(row, number=0) for row in history.history if row.state == APPLIED}
    strangers = [head for head in heads if head not in parents]
    tips = [head for head in heads if head in parents] + [row for row in rows if row in parents and strangers]
    reached = ancestors(tips, parents)
    known = [_row(migration, rows) for migration in migrations if migration.version in reached]
    return replace(history, history=(*known, *_strangers(strangers, parents, rows)))


def ancestors(tips: Collection[str], parents: Parents) -> set[str]:
    """The tips and everything below them."""
    reached: set[str] = set()
    waiting = list(tips)
    while waiting:
        version = waiting.pop()
        if version not in reached:
            reached.add(version)
            waiting.extend(parents.get(version, ()))
    return reached


def _row(migration: Migration, rows: Mapping[str, Applied]) -> Applied:
    blank = Applied(migration.version, migration.name, compatible=migration.compatible)
    return rows.get(migration.version, blank)


def _strangers(heads: Sequence[str], parents: Parents, rows: Mapping[str, Applied]) -> list[Applied]:
    if not heads:
        return []
    recorded = [row for version, row in rows.items() if version not in parents]
    return recorded + [Applied(head, "unknown") for head in heads if head not in rows]
