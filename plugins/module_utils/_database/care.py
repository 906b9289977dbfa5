# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is done for a worn database, the most urgent first, and within its limits only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .._core.plan import Plan, Step
from .._core.text import listed
from .model import RightMissing
from .upkeep import Care, Index, Table, Wear
from .wear import held, needs_analyze, needs_freezing, needs_vacuum, to_rebuild

FREEZE, VACUUM, BOTH, ANALYZE, REBUILD, DROP = (
    "vacuum and freeze",
    "vacuum",
    "vacuum and analyze",
    "analyze",
    "rebuild index",
    "drop index",
)


def plan(wanted: Care, found: Wear) -> Plan:
    """The steps; raises ``RightMissing`` if one of them is for what our role may not touch."""
    steps = tuple(within_limits(wanted, every(wanted, found)))
    foreign = [step.data for step in steps if not step.data.is_ours]
    if foreign:
        raise _not_ours(found.role, foreign)
    return Plan(steps)


def every(wanted: Care, found: Wear) -> list[Step]:
    """All that there would be to do without limits."""
    vacuums = list(_tables(wanted, found))
    urgent = [step for step in vacuums if needs_freezing(step.data)]
    return [*urgent, *_drops(wanted, found), *_rebuilds(wanted, found), *(step for step in vacuums if step not in urgent)]


def within_limits(wanted: Care, steps: Iterable[Step]) -> Iterator[Step]:
    """As many as may be in one run; a table that alone is too large is passed by, and what is left has its turn."""
    count, size = 0, 0
    for step in steps:
        if count < wanted.most and size + step.data.size <= wanted.bytes:
            count, size = count + 1, size + step.data.size
            yield step


def _tables(wanted: Care, found: Wear) -> Iterator[Step]:
    for table in sorted(
        found.tables, key=lambda table: (-table.age if needs_freezing(table) else 0, -table.dead_share, table.title)
    ):
        if table.is_busy:
            continue
        vacuum = needs_vacuum(table, wanted.dead) if wanted.vacuum and not held(table, found.holders) else ""
        analyze = needs_analyze(table) if wanted.analyze else ""
        if vacuum and needs_freezing(table):
            yield Step(FREEZE, table.title, vacuum, "frozen", table)
        elif vacuum:
            yield Step(BOTH if wanted.analyze else VACUUM, table.title, vacuum, "vacuumed", table)
        elif analyze:
            yield Step(ANALYZE, table.title, analyze, "analyzed", table)


def _drops(wanted: Care, found: Wear) -> Iterator[Step]:
    for index in found.indexes:
        if wanted.drop_invalid and index.is_left_over and not index.is_busy:
            yield Step(DROP, index.title, f"left over on {index.table} by an interrupted rebuild", "gone", index)


def _rebuilds(wanted: Care, found: Wear) -> Iterator[Step]:
    for index, reason in to_rebuild(found, wanted) if wanted.reindex else ():
        if not index.is_busy:
            yield Step(REBUILD, index.title, f"{reason}, on {index.table}", "built anew", index)


def _not_ours(role: str, foreign: list[Table | Index]) -> RightMissing:
    owners = sorted({one.owner for one in foreign})
    grants = "; ".join(f'GRANT "{owner}" TO "{role}"' for owner in owners)
    return RightMissing(
        f"the role {role} may not look after {listed(one.title for one in foreign[:3])}, which belong to {listed(owners)}. "
        f"Nothing was done. Log in as the owner, or let a superuser run: {grants} (from PostgreSQL 17 on, MAINTAIN is enough)",
        right="owner",
    )
