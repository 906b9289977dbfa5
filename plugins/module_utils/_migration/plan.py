# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which migrations run, and in which order. Nothing that was applied runs again, and nothing doubtful runs at all."""

from __future__ import annotations

from collections.abc import Sequence

from .._core.errors import InvalidInput, Irreversible
from .._core.plan import Plan, Step
from .._core.text import listed, shown
from .model import Aim, Applied, ChecksumChanged, Found, Migration, OnStandby, OutOfOrder, Unfinished
from .ready import can_resume, is_applied, is_unfinished, was_edited


def plan(migrations: Sequence[Migration], aim: Aim, found: Found) -> Plan:
    """The steps from what is found to the aim; raises a ``Refused`` that names every migration that stands in the way."""
    _refuse_standby(found)
    _refuse_edited(migrations, found)
    if aim.direction == "down":
        return Plan(tuple(_reverted(migration) for migration in _to_revert(migrations, aim, found)))
    resumed = _to_resume(migrations, aim, found)
    coming = pending(migrations, found, aim.target)
    _refuse_out_of_order(coming, resumed, aim, found)
    return Plan(tuple(_applied(migration, aim, found) for migration in coming))


def pending(migrations: Sequence[Migration], found: Found, target: str = "") -> list[Migration]:
    """What is not applied yet, up to and with the target."""
    last = _position(migrations, target) if target else len(migrations) - 1
    return [migration for migration in migrations[: last + 1] if not is_applied(migration, found)]


def unknown(migrations: Sequence[Migration], found: Found) -> list[Applied]:
    """What was applied but has no file here: a newer release did it. Old code can live with it if it is compatible."""
    here = {migration.version for migration in migrations}
    return [row for row in found.history if row.version not in here]


def current(found: Found) -> str:
    """The version that was applied last in order, empty for an empty schema."""
    rows = [row for row in found.history if not is_unfinished(row)]
    return max(enumerate(rows), key=lambda pair: (pair[1].number, pair[0]))[1].version if rows else ""


def _refuse_standby(found: Found) -> None:
    if found.standby:
        raise OnStandby("the server is a standby, which only replays its primary: give the host of the primary")


def _refuse_edited(migrations: Sequence[Migration], found: Found) -> None:
    rows = {row.version: row for row in found.history}
    edited = [m.up.file for m in migrations if m.version in rows and was_edited(m, rows[m.version])]
    if edited:
        raise ChecksumChanged(
            f"{listed(edited)} changed after being applied: put the old text back and write a new migration for the change",
            edited=edited,
        )


def _to_resume(migrations: Sequence[Migration], aim: Aim, found: Found) -> set[str]:
    """Versions that began and may run again; raises ``Unfinished`` for others."""
    files = {migration.version: migration for migration in migrations}
    begun = [row for row in found.history if is_unfinished(row)]
    repaired = set(files) if aim.repair else set()
    stuck = [row for row in begun if row.version not in repaired and not can_resume(files.get(row.version), row)]
    if stuck:
        raise Unfinished(_unfinished(stuck), unfinished=[row.title for row in stuck])
    return {row.version for row in begun}


def _unfinished(stuck: Sequence[Applied]) -> str:
    names = listed(f"{row.title} ({row.state} since {row.started_at or 'an unknown time'})" for row in stuck)
    return (
        f"{names} began outside a transaction and did not finish: look at what it left, undo that by hand, then run again "
        "with repair: true, which runs it from its first statement"
    )


def _refuse_out_of_order(coming: Sequence[Migration], resumed: set[str], aim: Aim, found: Found) -> None:
    newest = max((row.number for row in found.history if not is_unfinished(row)), default=0)
    late = [m.up.file for m in coming if m.number < newest and m.version not in resumed]
    if late and not aim.out_of_order:
        raise OutOfOrder(
            f"{listed(late)} would run after version {current(found)}: give it a higher number, "
            "or say out_of_order: true if the order does not matter",
            late=late,
        )


def _to_revert(migrations: Sequence[Migration], aim: Aim, found: Found) -> list[Migration]:
    begun = [row for row in found.history if is_unfinished(row)]
    if begun and not aim.repair:
        raise Unfinished(_unfinished(begun), unfinished=[row.title for row in begun])
    keep = -1 if aim.target.strip("0") == "" else _position(migrations, aim.target)
    _refuse_unknown(migrations, found)
    leaving = [m for m in migrations[keep + 1 :] if any(row.version == m.version for row in found.history)]
    _refuse_without_way_down(leaving)
    return leaving[::-1]


def _refuse_unknown(migrations: Sequence[Migration], found: Found) -> None:
    strangers = [row.title for row in unknown(migrations, found)]
    if strangers:
        raise Irreversible(
            f"{listed(strangers)} was applied but has no file here, so nobody knows the way down: "
            "run it from the release that brought it",
            unknown=strangers,
        )


def _refuse_without_way_down(leaving: Sequence[Migration]) -> None:
    oneway = [migration.title for migration in leaving if migration.down is None]
    if oneway:
        raise Irreversible(
            f"{listed(oneway)} has no way down: write its .down.sql, or restore the data from before", oneway=oneway
        )


def _position(migrations: Sequence[Migration], target: str) -> int:
    for position, migration in enumerate(migrations):
        if target in (migration.version, migration.title):
            return position
    versions = listed(migration.version for migration in migrations[-5:])
    raise InvalidInput(f"there is no migration {shown(target)}: the newest are {versions}")


def _applied(migration: Migration, aim: Aim, found: Found) -> Step:
    begun = any(row.version == migration.version for row in found.history)
    action, before = ("resume", "unfinished") if begun else ("apply", "not applied")
    return Step(action, migration.title, before, f"applied by {aim.release}" if aim.release else "applied", migration)


def _reverted(migration: Migration) -> Step:
    return Step("revert", migration.title, "applied", "not applied", migration)
