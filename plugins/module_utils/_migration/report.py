# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the modules return, from migrations and what was found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from .._core.plan import Plan
from .model import Applied, Found, Migration
from .plan import current, pending, unknown
from .ready import is_unfinished

Values = Mapping[str, Any]


def outcome(migrations: Sequence[Migration], done: Plan, before: Found, after: Found) -> Values:
    """After a run; what another runner did meanwhile is not ours."""
    return {
        "changed": done.changed,
        "steps": done.as_list(),
        "diff": done.diff(),
        **_subjects(done),
        **_state(migrations, after),
        "schema": {"from": current(before), "to": current(after)},
    }


def forecast(migrations: Sequence[Migration], planned: Plan, found: Found) -> Values:
    """Without a run: in check mode, or because nothing is to be done."""
    return {
        "applied": [],
        "reverted": [],
        **_state(migrations, found),
        "schema": {"from": current(found), "to": current(_foreseen(planned, found))},
        "retries": 0,
        "waited_ms": 0,
    }


def broken_off(planned: Plan, done: int) -> Values:
    """What was done before a step failed, and what was not."""
    return {**_subjects(Plan(planned.steps[:done])), "pending": [step.subject for step in planned.steps[done:]]}


def info(migrations: Sequence[Migration], found: Found) -> Values:
    strangers = unknown(migrations, found)
    return {
        **_state(migrations, found),
        "dirty": [row.title for row in found.history if is_unfinished(row)],
        "history": [_row(row) for row in found.history],
        "standby": found.standby,
        "compatible": all_compatible(strangers),
    }


def all_compatible(strangers: Sequence[Applied]) -> bool:
    """Whether the code of this release can live with every migration that newer releases applied."""
    return all(row.compatible for row in strangers)


def _state(migrations: Sequence[Migration], found: Found) -> Values:
    return {
        "current": current(found),
        "pending": [migration.title for migration in pending(migrations, found)],
        "unknown": [_stranger(row) for row in unknown(migrations, found)],
    }


def _row(row: Applied) -> Values:
    return {name: value for name, value in asdict(row).items() if name != "number"}


def _stranger(row: Applied) -> Values:
    return {"version": row.version, "name": row.name, "release": row.release, "compatible": row.compatible}


def _subjects(plan: Plan) -> Values:
    return {
        "applied": [step.subject for step in plan.steps if step.action != "revert"],
        "reverted": [step.subject for step in plan.steps if step.action == "revert"],
    }


def _foreseen(planned: Plan, found: Found) -> Found:
    """What would be found after the steps."""
    touched = {step.data.version for step in planned.steps}
    stays = [row for row in found.history if row.version not in touched]
    new = [step.data for step in planned.steps if step.action != "revert"]
    return Found((*stays, *(Applied(m.version, m.name, number=m.number) for m in new)), found.standby)
