# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Proving backups by restoring one, put together for the module backup_verify."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .._core.errors import InvalidInput, NotFound
from .._core.plan import Plan, Step
from .._core.text import Grammar, seconds, within
from .._core.verdict import Verdict
from .._edge.require import PSYCOPG
from .._edge.run import Operation, Report
from .._edge.spec import into
from .._postgres.model import ROLE, Database
from . import pgbackrest, recoveries, throwaway
from .data import disk_bytes
from .operation_restore import checks_of, source_of
from .planted import Counted
from .prospect import look, prospect
from .restoration import Prospect
from .restore_plan import demand_reachable, demand_room, described, size
from .room import beside_the_living
from .verification import BackupNotSound, BackupUnproven, Verification, against
from .verifier import Live, Verifier

IDENTIFIER = Grammar("name of a table or schema", r"[A-Za-z_][A-Za-z0-9_$]{0,62}", "1 to 63 letters, digits, _ and $", 63)
REMOVE, PLANT, VERIFY = "remove", "plant", "verify"


@dataclass(frozen=True)
class Request:
    """What is to be verified, and the live server that a canary is written to; None without one."""

    verification: Verification
    live: Live | None


@dataclass(frozen=True)
class Found:
    """Where it will be restored to, what dead runs left there, what it will take, and the bytes of that disk."""

    workspace: Path
    dead: tuple[Path, ...]
    prospect: Prospect
    disk: int


def _parse(params: Mapping[str, Any]) -> Request:
    verification = Verification(
        source=source_of(params),
        environment=params["environment"],
        checks=checks_of(params),
        workspace=params["workspace"] or "",
        directory=params["directory"] or "",
        rpo=seconds(params["rpo"], noun="rpo"),
        rto=seconds(params["rto"], noun="rto"),
        jobs=params["jobs"],
        thorough=params["heapallindexed"],
        files=params["files"],
    )
    return Request(verification, _live(params))


def _live(params: Mapping[str, Any]) -> Live | None:
    given, counts = params["canary"], params["counts"] or ()
    if not given and counts:
        raise InvalidInput("counts need a canary: rows are compared as of the moment when it is written")
    if not given:
        return None
    limit = within("within in seconds", seconds(given["within"], noun="within"), 1, 86400)
    return Live(into(Database, given["database"]), limit, given["switch_wal"], tuple(map(_counted, counts)))


def _counted(given: Mapping[str, Any]) -> Counted:
    return Counted(ROLE.check(given["database"]), IDENTIFIER.check(given["schema"]), IDENTIFIER.check(given["table"]))


def _read(request: Request) -> Found:
    wanted = request.verification
    place = wanted.source.place
    data = pgbackrest.settings(place).data
    workspace = Path(wanted.workspace or data, "" if wanted.workspace else "..").resolve()
    if not (wanted.workspace or data) or not workspace.is_dir():
        raise NotFound(f"there is no directory {workspace}: give a workspace on a disk with room for a copy of the cluster")
    before = recoveries.measured(recoveries.open_store(wanted.directory, wanted.environment), place.stanza)
    ahead = prospect(wanted.source, wanted.aim, look(place), workspace, None, before)
    return Found(workspace, tuple(throwaway.dead(workspace, place.stanza)), ahead, disk_bytes(workspace))


def _plan(request: Request, found: Found) -> Plan:
    demand_reachable(request.verification.aim, found.prospect)
    demand_room(str(found.workspace), beside_the_living(found.prospect.room, found.disk))
    left = [Step(REMOVE, str(path), "left by a verification that did not end", "") for path in found.dead]
    live = request.live
    planted = [Step(PLANT, live.database.dbname, "", "a row that must come back")] if live else []
    backup = found.prospect.backup
    verify = Step(
        VERIFY, backup.label, f"{size(backup.size)} in repository {backup.repository}", f"restored in {found.workspace}"
    )
    return Plan((*left, *planted, verify))


def _apply(request: Request, found: Found, _plan: Plan) -> Report:
    for path in found.dead:
        throwaway.remove(path)
    verifier = Verifier(request.verification, found.workspace, request.live)
    seen = verifier.perform()
    report = {**_predict(request, found), **seen}
    if seen["verdict"] == Verdict.PASS:
        return report
    raised = BackupNotSound if seen["verdict"] == Verdict.FAIL else BackupUnproven
    raise raised(f"the backup {seen['backup']} is not proven: {against(verifier.checked)}", **report)


def _predict(_request: Request, found: Found) -> Report:
    return {
        "prospect": dict(described(found.prospect)),
        "verdict": str(Verdict.INCONCLUSIVE),
        "checks": [],
        "backup": found.prospect.backup.label,
        "repository": found.prospect.backup.repository,
        "rpo_s": None,
        "rto_s": None,
        "measured": {},
    }


BACKUP_VERIFY = Operation(parse=_parse, read=_read, plan=_plan, apply=_apply, predict=_predict, requires=(PSYCOPG,))
