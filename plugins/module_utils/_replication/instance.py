# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The server of this host: what it is, and how it is started, stopped, and kept from starting."""

from __future__ import annotations

import re
import subprocess
from dataclasses import replace
from pathlib import Path

from .._backup.control import Control, read_control
from .._backup.data import free_bytes, look, running_pid
from .._backup.owner import said
from .._backup.restoration import Data
from .._backup.wal import lsn
from .._core.errors import NotFound
from .._core.wait import Pace, demand, wait_until
from .markers import read_record, settings
from .model import Instance, Local, ReplicationFailed
from .replicated import here

DEBIAN = "/usr/lib/postgresql/{version}/bin"
MASKS = Path("/etc/systemd/system")
LEFT = re.compile(r"\.standby-[0-9]{8}T[0-9]{6}Z")
ANSWER_S = 60.0


def local(instance: Instance) -> Local:
    """All of it; a server that runs and does not answer yet is waited for a while."""
    data = Path(instance.data)
    controls: list[Control] = []

    def control(path: Path) -> Control:
        controls.append(read_control(programs(instance, _version(path)), path, instance.user))
        return controls[-1]

    return _local(instance, look(data, control), controls[0] if controls else None)


def _local(instance: Instance, found: Data, known: Control | None) -> Local:
    data, told = Path(instance.data), settings(Path(instance.data))
    seen = Local(
        data=str(data),
        is_empty=found.is_empty,
        pid=found.pid,
        is_standby=found.is_standby,
        is_mount=found.is_mount,
        tablespaces=found.tablespaces,
        record=read_record(data),
        conninfo=told.get("primary_conninfo", ""),
        slot=told.get("primary_slot_name", ""),
        masked=is_masked(instance),
        left=left(data),
        free=free_bytes(data.parent),
    )
    return _controlled(instance, seen, known) if known else seen


def _controlled(instance: Instance, seen: Local, known: Control) -> Local:
    """With what the control file says, and the server if it runs."""
    program, pace = binaries(instance), Pace(ANSWER_S if seen.pid else 0, 0.2)
    return replace(
        seen,
        system_id=known.system_id,
        timeline=known.timeline,
        state=known.state,
        checkpoint=lsn(known.checkpoint),
        checksums=known.checksums,
        server=wait_until(lambda: here(instance, program), bool, pace)[1] if seen.pid else None,
    )


def programs(instance: Instance, version: str) -> Path:
    """Where this version's programs are; raises ``NotFound``."""
    found = Path(instance.binaries or DEBIAN.format(version=version))
    if not (found / "postgres").exists():
        raise NotFound(
            f"PostgreSQL {version} is not in {found}: install the Debian package postgresql-{version}, or give binaries"
        )
    return found


def binaries(instance: Instance, version: str = "") -> Path:
    """Those of the data, or of this version where there is none."""
    return programs(instance, _version(Path(instance.data)) or version)


def left(data: Path) -> tuple[str, ...]:
    """Copies that a killed run left beside the data."""
    found = data.parent.glob(f"{data.name}.standby-*")
    return tuple(sorted(str(path) for path in found if LEFT.fullmatch(path.name.removeprefix(data.name))))


def start(instance: Instance) -> None:
    """Through systemd where there is a unit, so that it is the service that runs and no other."""
    data = Path(instance.data)
    if instance.unit:
        _systemctl(instance, "start", instance.unit)
    else:
        # The server takes our output over and would keep it open, which is why it gets a log.
        _ctl(instance, "-l", f"{data}.log", *_options(instance), "-w", "-t", f"{instance.timeout:.0f}", "start")
    program = programs(instance, _version(data))
    demand(lambda: here(instance, program), bool, Pace(instance.timeout, 0.1), waiting_for=f"an answer of the server on {data}")


def stop(instance: Instance) -> None:
    """Fast: sessions are ended, and whoever follows gets all of the log before the server is gone."""
    data = Path(instance.data)
    if instance.unit:
        _systemctl(instance, "stop", instance.unit)
    if running_pid(data):  # it may run without its unit
        _ctl(instance, "-m", "fast", "-w", "-t", f"{instance.timeout:.0f}", "stop")
    ended, pid = wait_until(lambda: running_pid(data), lambda one: not one, Pace(instance.timeout, 0.05))
    if not ended:
        raise ReplicationFailed(f"the server on {data} (pid {pid}) did not stop within {instance.timeout:g} s: see its log")


def reload(instance: Instance) -> None:
    _ctl(instance, "reload")


def promote(instance: Instance) -> None:
    """Ends in success only once the server takes writes."""
    _ctl(instance, "-w", "-t", f"{instance.timeout:.0f}", "promote")


def mask(instance: Instance) -> None:
    """systemd starts it no more, not even at boot."""
    if instance.unit:
        _systemctl(instance, "mask", instance.unit)


def unmask(instance: Instance) -> None:
    if instance.unit and is_masked(instance):
        _systemctl(instance, "unmask", instance.unit)


def is_masked(instance: Instance) -> bool:
    return bool(instance.unit) and (MASKS / instance.unit).is_symlink() and str((MASKS / instance.unit).readlink()) == "/dev/null"


def _options(instance: Instance) -> list[str]:
    return ["-o", f"-c config_file={instance.config}"] if instance.config else []


def _ctl(instance: Instance, *arguments: str) -> None:
    program = programs(instance, _version(Path(instance.data))) / "pg_ctl"
    code, text = said(instance.user, [str(program), "-D", instance.data, *arguments], instance.timeout + 30)
    if code:
        raise ReplicationFailed(f"pg_ctl {arguments[-1]} on {instance.data} ended with {code}: {' '.join(text.split())[-400:]}")


def _systemctl(instance: Instance, verb: str, unit: str) -> None:
    try:
        # pylint: disable-next=ansible-bad-function # this is no module, which alone has run_command
        done = subprocess.run(
            ["systemctl", verb, unit], capture_output=True, text=True, timeout=instance.timeout + 30, check=False
        )
    except (subprocess.TimeoutExpired, FileNotFoundError) as error:
        raise ReplicationFailed(f"systemctl {verb} {unit} did not work: {type(error).__name__}") from None
    if done.returncode:
        raise ReplicationFailed(f"systemctl {verb} {unit} ended with {done.returncode}: {' '.join(done.stderr.split())[-400:]}")


def _version(data: Path) -> str:
    try:
        return (data / "PG_VERSION").read_text().strip()
    except OSError:
        return ""
