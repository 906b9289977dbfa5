# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the modules return, from migrations and what was found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from .._core.plan import Plan, Step
from .batches_done import Progress
from .model import BASELINE, Applied, Found, Migration
from .plan import current, is_late, pending, unknown
from .ready import is_unfinished
from .safety import accepted

Values = Mapping[str, Any]


def outcome(migrations: Sequence[Migration], done: Plan, before: Found, after: Found, unlinted: str = "") -> Values:
    """After a run; what another runner did meanwhile is not ours. ``unlinted`` is why what no linter has seen runs."""
    return {
        "changed": done.changed,
        "steps": done.as_list(),
        "diff": done.diff(),
        **_subjects(done),
        "accepted": _accepted(done, before, unlinted),
        "late": _late(done, before),
        **_state(migrations, after),
        "schema": {"from": current(before), "to": current(after)},
    }


def forecast(migrations: Sequence[Migration], planned: Plan, found: Found, unlinted: str = "") -> Values:
    """Without a run: in check mode, or because nothing is to be done."""
    return {
        "applied": [],
        "reverted": [],
        "taken_over": [],
        "accepted": _accepted(planned, found, unlinted),
        "late": _late(planned, found),
        **_state(migrations, found),
        "schema": {"from": current(found), "to": current(_foreseen(planned, found))},
        "backfilled": [],
        "retries": 0,
        "waited_ms": 0,
    }


def broken_off(planned: Plan, done: int, before: Found, unlinted: str = "") -> Values:
    """What was done before a step failed, and what was not."""
    ended = Plan(planned.steps[:done])
    left = [step.subject for step in planned.steps[done:]]
    return {**_subjects(ended), "accepted": _accepted(ended, before, unlinted), "pending": left}


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
        "server": asdict(found.server) if found.server else {},
    }


def backfilled(done: Mapping[str, Progress]) -> list[Values]:
    """How many rows each backfill touched, and in how many batches, interrupted runs before this one included."""
    return [{"migration": title, "rows": one.touched, "batches": one.batches} for title, one in done.items()]


def _accepted(done: Plan, found: Found, unlinted: str) -> list[Values]:
    """Which rules the files break on purpose, and why."""
    return [asdict(one) for one in accepted([step.data for step in done.steps if _runs(step)], found, unlinted)]


def _late(done: Plan, found: Found) -> list[str]:
    """Which run after newer ones."""
    return [step.subject for step in done.steps if step.action == "apply" and is_late(step.data, found)]


def _row(row: Applied) -> Values:
    return {name: value for name, value in asdict(row).items() if name != "number"}


def _stranger(row: Applied) -> Values:
    return {"version": row.version, "name": row.name, "release": row.release, "compatible": row.compatible}


def _subjects(plan: Plan) -> Values:
    return {
        "applied": [step.subject for step in plan.steps if _runs(step)],
        "taken_over": [step.subject for step in plan.steps if step.action == BASELINE],
        "reverted": [step.subject for step in plan.steps if step.action == "revert"],
    }


def _runs(step: Step) -> bool:
    return step.action not in ("revert", BASELINE)


def _foreseen(planned: Plan, found: Found) -> Found:
    """What would be found after the steps."""
    touched = {step.data.version for step in planned.steps}
    stays = [row for row in found.history if row.version not in touched]
    new = [step.data for step in planned.steps if step.action != "revert"]
    return Found((*stays, *(Applied(m.version, m.name, number=m.number) for m in new)), found.standby)
