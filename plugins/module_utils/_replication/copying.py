# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Data of a primary brought to this host: copied whole by pg_basebackup, or only where it differs by pg_rewind."""

from __future__ import annotations

import re
import time
from pathlib import Path

from .._backup.control import read_control
from .._backup.data import running_pid
from .._backup.exchange import exchange, rename
from .._backup.owner import give, said
from .._postgres.model import Database
from . import markers
from .instance import binaries
from .joining import Rehearsal
from .model import REWINDING, SHUT_DOWN, Instance, Local, NotThisCluster, PrimaryRuns, Record, ReplicationFailed

DAY_S = 86400.0
UNNEEDED = "no rewind required"
PROGRESS = re.compile(r"^\s*[0-9]+/[0-9]+ kB.*$", re.M)


def copy(instance: Instance, primary: Database, slot: str, beside: Path, version: str, system_id: int) -> None:
    """A base backup, with the log that it needs, through the slot; it is the cluster that was meant, or an error."""
    beside.mkdir(mode=0o700)
    give(beside, instance.user)
    data, program = Path(instance.data), binaries(instance, version)
    markers.write_passfile(instance, data, primary)
    options = ["--checkpoint=fast", "--wal-method=stream", f"--slot={slot}", "--no-password"]
    where = ["-D", str(beside), "-d", markers.conninfo(primary, slot, data)]
    _done(instance, [str(program / "pg_basebackup"), *where, *options], f"copy the primary to {beside}")
    found = read_control(program, beside, instance.user).system_id
    if found != system_id:
        raise NotThisCluster(f"what was copied has the system identifier {found}, not {system_id}: nothing was replaced")


def rehearse(instance: Instance, primary: Database, local: Local) -> Rehearsal | None:
    """Have pg_rewind try; None where it cannot, because the data was not shut down, which pg_rewind itself repairs later."""
    if local.pid or not local.system_id:
        return None
    if local.state not in SHUT_DOWN:
        return Rehearsal(possible=True, words="the server was not shut down cleanly")
    markers.write_passfile(instance, Path(instance.data), primary)
    code, text = said(instance.user, _rewind(instance, primary, "--dry-run"), DAY_S)
    words = " ".join(PROGRESS.sub("", text).split())[-300:]
    return Rehearsal(possible=code == 0, needed=UNNEEDED not in text, words="" if code == 0 else f"pg_rewind cannot: {words}")


def rewind(instance: Instance, primary: Database, local: Local) -> None:
    """Until it has ended, the record says that the data is neither the old nor the new, so that nobody starts it."""
    data = Path(instance.data)
    markers.write_record(data, Record(REWINDING, time.time(), local.record.proof if local.record else None))
    if local.state not in SHUT_DOWN:
        markers.make_primary(data)  # crash recovery in single-user mode refuses to be a standby
    try:
        _done(instance, _rewind(instance, primary), f"rewind {data}")
    finally:
        markers.make_standby(instance, data)


def swap(instance: Instance, beside: Path, before: Path) -> None:
    """The copy takes the place of what was there, which is kept.

    Before they change places the copy gets the name under which the old data is kept: a run that is killed then leaves nothing
    under a name that the next one clears away.
    """
    data = Path(instance.data)
    if running_pid(data):
        raise PrimaryRuns(f"a server was started on {data} meanwhile: stop it, then run again; nothing was replaced")
    if not data.exists() or not any(data.iterdir()):
        beside.rename(data)
        return
    rename(beside, before)
    if not exchange(before, data):
        rename(before, beside)
        rename(data, before)
        rename(beside, data)


def _rewind(instance: Instance, primary: Database, *more: str) -> list[str]:
    data = Path(instance.data)
    source = f"{markers.conninfo(primary, 'mainstay_rewind', data)} dbname='{primary.dbname}'"
    config = [f"--config-file={instance.config}"] if instance.config else []
    return [str(binaries(instance) / "pg_rewind"), "-D", str(data), f"--source-server={source}", *config, *more]


def _done(instance: Instance, program: list[str], what: str) -> None:
    code, text = said(instance.user, program, DAY_S)
    if code:
        raise ReplicationFailed(f"could not {what}: {' '.join(PROGRESS.sub('', text).split())[-400:]}; run again")
