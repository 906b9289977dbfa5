# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Predicates over migrations and their history."""

from __future__ import annotations

from .model import APPLIED, REVERTING, Applied, Found, Migration


def is_applied(migration: Migration, found: Found) -> bool:
    return any(row.version == migration.version and row.state == APPLIED for row in found.history)


def is_unfinished(row: Applied) -> bool:
    return row.state != APPLIED


def was_leaving(row: Applied) -> bool:
    """It was the way down that did not finish: what the way up made is there in part, and nothing of that goes on by itself."""
    return is_unfinished(row) and row.note == REVERTING


def was_edited(migration: Migration, row: Applied) -> bool:
    """The file is not the one that was applied; a checksum that nobody wrote down says nothing."""
    return bool(row.checksum) and row.checksum != migration.checksum


def can_resume(migration: Migration | None, row: Applied) -> bool:
    """Only indexes are built, each of which is valid or is built again; or rows are written, and it is known which were."""
    if migration is None or was_edited(migration, row) or was_leaving(row):
        return False
    return migration.up.only_builds_indexes or migration.up.backfill is not None
