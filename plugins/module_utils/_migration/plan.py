# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which migrations run, and in which order. Nothing that was applied runs again, and nothing doubtful runs at all."""

from __future__ import annotations

from collections.abc import Sequence

from .._core.errors import InvalidInput, Irreversible
from .._core.plan import Plan, Step
from .._core.text import listed, shown
from .baseline import plan_baseline
from .descent import plan_down
from .hazards import touched
from .model import Aim, Applied, Found, Migration
from .ready import can_resume, is_applied, is_unfinished, was_edited, was_leaving
from .refused import ChecksumChanged, OnStandby, OutOfOrder, Unfinished, WrongServer
from .safety import refuse_unsafe


def plan(migrations: Sequence[Migration], aim: Aim, found: Found) -> Plan:
    """The steps from what is found to the aim; raises a ``Refused`` that names every migration that stands in the way."""
    refuse_stranger(aim, found)
    _refuse_standby(found)
    _refuse_edited(migrations, found)
    if aim.baseline:
        return plan_baseline(migrations[: _position(migrations, aim.baseline) + 1], found)
    if aim.direction == "down":
        keep = -1 if aim.target.strip("0") == "" else _position(migrations, aim.target)
        _refuse_unfinished([row for row in found.history if is_unfinished(row)])
        _refuse_unknown(migrations, found)
        return plan_down(migrations, keep, aim, found)
    resumed = _to_resume(migrations, found)
    late = waiting(migrations, aim, found)
    coming = [migration for migration in pending(migrations, found, aim.target) if migration not in late]
    _refuse_overtaking(coming, late)
    _refuse_out_of_order(coming, resumed, aim, found)
    refuse_unsafe(coming, aim, found)
    return Plan(tuple(_applied(migration, aim, found) for migration in coming))


def pending(migrations: Sequence[Migration], found: Found, target: str = "") -> list[Migration]:
    """What is not applied yet, up to and with the target."""
    last = _position(migrations, target) if target else len(migrations) - 1
    return [migration for migration in migrations[: last + 1] if not is_applied(migration, found)]


def waiting(migrations: Sequence[Migration], aim: Aim, found: Found) -> list[Migration]:
    """Contract migrations that the code which serves now does not know: it still uses what they take away."""
    names = [(migration.version, migration.title) for migration in migrations]
    known = next((position for position, name in enumerate(names) if aim.serves and aim.serves in name), -1)
    return [m for m in migrations[known + 1 :] if m.contract and not any(row.version == m.version for row in found.history)]


def unknown(migrations: Sequence[Migration], found: Found) -> list[Applied]:
    """What was applied but has no file here: a newer release did it. Old code can live with it if it is compatible."""
    here = {migration.version for migration in migrations}
    return [row for row in found.history if row.version not in here]


def is_late(migration: Migration, found: Found) -> bool:
    """A newer one was applied already, as after two branches were merged; a contract migration is meant to come later."""
    newest = max((row.number for row in found.history if not is_unfinished(row)), default=0)
    return migration.number < newest and not migration.contract


def current(found: Found) -> str:
    """The version that was applied last in order, empty for an empty schema."""
    rows = [row for row in found.history if not is_unfinished(row)]
    return max(enumerate(rows), key=lambda pair: (pair[1].number, pair[0]))[1].version if rows else ""


def refuse_stranger(aim: Aim, found: Found) -> None:
    """Raises ``WrongServer`` if another cluster answers than the only one that is meant."""
    if aim.expect_system_identifier and found.server and found.server.system_identifier != aim.expect_system_identifier:
        raise WrongServer(
            f"{found.server} answers, but expect_system_identifier says {shown(aim.expect_system_identifier)}: this is another "
            "cluster than the one that is meant, so nothing was run. Name the right host, or the new identifier",
            found=str(found.server),
        )


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


def _to_resume(migrations: Sequence[Migration], found: Found) -> set[str]:
    """Versions that began and may run again; raises ``Unfinished`` for others."""
    files = {migration.version: migration for migration in migrations}
    begun = [row for row in found.history if is_unfinished(row)]
    stuck = [row for row in begun if not can_resume(files.get(row.version), row)]
    _refuse_unfinished(stuck)
    return {row.version for row in begun}


def _refuse_unfinished(stuck: Sequence[Applied]) -> None:
    if stuck:
        raise Unfinished(_unfinished(stuck), unfinished=[row.title for row in stuck])


def _unfinished(stuck: Sequence[Applied]) -> str:
    names = listed(f"{row.title} ({_state(row)} since {row.started_at or 'an unknown time'})" for row in stuck)
    return (
        f"{names} began outside a transaction and did not finish: look at what it left, undo or finish that by hand, then say "
        "by the playbook repair_migrations which of both was done"
    )


def _state(row: Applied) -> str:
    return f"{row.state} on its way down" if was_leaving(row) else row.state


def _refuse_out_of_order(coming: Sequence[Migration], resumed: set[str], aim: Aim, found: Found) -> None:
    late = [m.up.file for m in coming if is_late(m, found) and m.version not in resumed]
    if late and not aim.out_of_order:
        raise OutOfOrder(
            f"{listed(late)} would run after version {current(found)}: give it a higher number, "
            "or say out_of_order: true if the order does not matter",
            late=late,
        )


def _refuse_overtaking(coming: Sequence[Migration], late: Sequence[Migration]) -> None:
    """What waits would run after what was written to follow it, and might take away what that has made."""
    for waits in late:
        overtaking = [m.up.file for m in coming if m.number > waits.number and touched(m.up) & touched(waits.up)]
        if overtaking:
            raise OutOfOrder(
                f"{listed(overtaking)} would run before {waits.up.file}, which waits until old code is gone, and both change "
                f"{listed(sorted(touched(waits.up)))}: bring it with a later release",
                late=overtaking,
            )


def _refuse_unknown(migrations: Sequence[Migration], found: Found) -> None:
    strangers = [row.title for row in unknown(migrations, found)]
    if strangers:
        raise Irreversible(
            f"{listed(strangers)} was applied but has no file here, so nobody knows the way down: "
            "run it from the release that brought it",
            unknown=strangers,
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
    if is_late(migration, found) and not begun:
        before += f", and older than {current(found)}, which is applied"
    return Step(action, migration.title, before, f"applied by {aim.release}" if aim.release else "applied", migration)
