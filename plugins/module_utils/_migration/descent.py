# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The way down: newest first, only where a file says that nothing is lost, and never below the code that serves. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from .._core.errors import InvalidInput, Irreversible
from .._core.plan import Plan, Step
from .._core.text import listed, shown
from .model import Aim, Found, Migration
from .refused import StillNeeded

FORWARD = "write a new migration that goes forward, or restore the data from before (restore, to the point that the deploy named)"


def plan_down(migrations: Sequence[Migration], keep: int, aim: Aim, found: Found) -> Plan:
    """Revert what was applied after position ``keep``, the newest first; raises a ``Refused`` that says what to do instead."""
    leaving = [one for one in migrations[keep + 1 :] if any(row.version == one.version for row in found.history)]
    _refuse_without_way_down(leaving)
    _refuse_undeclared(leaving)
    if leaving:
        _refuse_needed(migrations, leaving, aim)
    return Plan(tuple(Step("revert", one.title, "applied", "not applied", one) for one in leaving[::-1]))


def _refuse_without_way_down(leaving: Sequence[Migration]) -> None:
    oneway = [migration.title for migration in leaving if migration.down is None]
    if oneway:
        raise Irreversible(f"{listed(oneway)} has no way down: {FORWARD}", oneway=oneway)


def _refuse_undeclared(leaving: Sequence[Migration]) -> None:
    """A way down loses what was written since, unless somebody thought about that."""
    silent = [one.down.file for one in leaving if one.down and not one.down.reversible]
    if silent:
        raise Irreversible(
            f"{listed(silent)} does not say that going down loses nothing, so nothing was run: {FORWARD}. Where nothing is lost, "
            "write into the file -- mainstay: reversible because REASON",
            undeclared=silent,
        )


def _refuse_needed(migrations: Sequence[Migration], leaving: Sequence[Migration], aim: Aim) -> None:
    """Only what the code that serves does not know may go."""
    if aim.serves.strip("0") == "":
        _refuse_unsaid(aim)
        return
    names = [(migration.version, migration.title) for migration in migrations]
    known = next((position for position, name in enumerate(names) if aim.serves in name), None)
    if known is None:
        raise InvalidInput(f"serves says {shown(aim.serves)}, which is no migration here, so nobody knows what that code needs")
    needed = [one.title for one in leaving if one in migrations[: known + 1]]
    if needed:
        raise StillNeeded(
            f"the code that serves knows {aim.serves}, so it may need {listed(needed)}; nothing was run: put a release into "
            f"service that does without (rollback, or deploy), or {FORWARD}",
            needed=needed,
        )


def _refuse_unsaid(aim: Aim) -> None:
    if not aim.serves:
        raise InvalidInput("say in serves which migration the code knows that serves now, or 0 where none serves: it may need it")
