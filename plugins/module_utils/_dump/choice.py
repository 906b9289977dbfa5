# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which tables are meant by the names that an operator wrote."""

from __future__ import annotations

from collections.abc import Iterable

from .._core.errors import InvalidInput, NotFound, Refused
from .._core.text import listed
from .model import ForeignKey, Table


def chosen(tables: Iterable[Table], names: Iterable[str], where: str) -> tuple[Table, ...]:
    """The tables of these names with all their partitions; raises ``NotFound`` for one that is not there."""
    there = {table.full: table for table in tables}
    wanted = [name if "." in name else f"public.{name}" for name in names]
    for name in wanted:
        _demand(name, there, where)
    return tuple(table for table in there.values() if table.full in wanted or table.root in wanted)


def apart(tables: Iterable[Table]) -> tuple[Table, ...]:
    """The same tables, if they can stand in one schema; raises ``InvalidInput`` if two bear one name."""
    seen: dict[str, str] = {}
    for table in (all_of := tuple(tables)):
        if table.name in seen:
            raise InvalidInput(f"{seen[table.name]} and {table.full} would be one table in the new schema: load them one by one")
        seen[table.name] = table.full
    return all_of


def inside(keys: Iterable[ForeignKey], tables: Iterable[Table]) -> tuple[ForeignKey, ...]:
    """Foreign keys from one of the tables to one of them."""
    names = {table.full for table in tables}
    return tuple(key for key in keys if key.table in names and key.to in names)


def outward(keys: Iterable[ForeignKey], tables: Iterable[Table]) -> tuple[ForeignKey, ...]:
    """Foreign keys from one of the tables to one that is none of them."""
    names = {table.full for table in tables}
    return tuple(key for key in keys if key.table in names and key.to not in names)


def _demand(name: str, there: dict[str, Table], where: str) -> None:
    if name not in there:
        known = listed(sorted(there)[:10]) + (" and more" if len(there) > 10 else "")
        raise NotFound(f"there is no table {name} in {where}, only {known}; upper and lower case differ")
    if there[name].root:
        raise Refused(f"{name} is a partition of {there[name].root}: name that instead, and all its partitions come along")
