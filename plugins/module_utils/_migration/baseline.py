# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Taking over a schema that others made: its migrations are written down as applied, and none of them runs. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from .._core.plan import Plan, Step
from .._core.text import listed
from .model import BASELINE, Found, Migration
from .ready import is_applied
from .refused import NoBaseline


def plan_baseline(there: Sequence[Migration], found: Found) -> Plan:
    """Write down what is ``there``; raises ``NoBaseline`` for a history that says otherwise, or a database without a table."""
    missing = [migration for migration in there if not is_applied(migration, found)]
    if missing:
        _refuse_begun(missing, found)
        _refuse_nothing(found)
    return Plan(tuple(Step(BASELINE, one.title, "not applied", "taken for applied, without running it", one) for one in missing))


def _refuse_begun(missing: Sequence[Migration], found: Found) -> None:
    if found.history:
        raise NoBaseline(
            f"the history begins with {found.history[0].title} already, and {listed(one.title for one in missing[:5])} is not in "
            "it: a schema is taken over once, before the first migration. Run what is pending, or see repair_migrations"
        )


def _refuse_nothing(found: Found) -> None:
    if not found.tables:
        raise NoBaseline(
            "the database holds no table of an application, so there is nothing to take over: name the right database, or leave "
            "baseline away and run all migrations"
        )
