# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The list of contents of a dump, as pg_restore writes and reads it, and what of it some tables need.

A line is ``number; oid oid KIND schema name owner``; one that begins with a semicolon is left out. Definitions all stay, so that
types, functions and sequences are there. Rows of other tables go, and foreign keys that would miss them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from .model import ForeignKey, Table

ENTRY = re.compile(r"\d+; \d+ \d+ (?P<rest>.+)")
ALWAYS_LEFT_OUT = ("MATERIALIZED VIEW DATA ", "BLOB", "EVENT TRIGGER ", "PUBLICATION ", "SUBSCRIPTION ")
ONLY_SOME = ("TABLE DATA ", "FK CONSTRAINT ")


def kept(listing: str, tables: Iterable[Table], keys: Iterable[ForeignKey]) -> str:
    """The list, without what the tables do not need."""
    wanted = tuple(
        [f"TABLE DATA {table.schema} {table.name} " for table in tables]
        + [f"FK CONSTRAINT {key.table.replace('.', ' ', 1)} {key.name} " for key in keys]
    )
    return "".join(f"{line}\n" for line in listing.splitlines() if _stays(line, wanted))


def _stays(line: str, wanted: tuple[str, ...]) -> bool:
    entry = ENTRY.fullmatch(line)
    if not entry or entry["rest"].startswith(ALWAYS_LEFT_OUT):
        return False
    return not entry["rest"].startswith(ONLY_SOME) or entry["rest"].startswith(wanted)
