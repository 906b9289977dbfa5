# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The files that say what a server is: the record of its fence beside the data, standby.signal, and its settings in the data."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from .._backup.owner import give
from .._core.errors import Corrupt
from .._postgres.model import Database
from .._store.durable import sync
from .model import Instance, Proof, Record

SIGNAL = "standby.signal"
SETTINGS = "postgresql.auto.conf"
SETTING = re.compile(r"^\s*([a-z_]+)\s*=\s*'((?:[^']|'')*)'", re.M)


def record_path(data: Path) -> Path:
    return data.with_name(f"{data.name}.replication.json")


def read_record(data: Path) -> Record | None:
    """None where there is none; raises ``Corrupt`` where the file is not ours."""
    path = record_path(data)
    try:
        found = json.loads(path.read_bytes())
        return Record(**{**found, "proof": Proof(**found["proof"]) if found["proof"] else None})
    except FileNotFoundError:
        return None
    except (ValueError, TypeError, KeyError):
        raise Corrupt(f"{path} is not a record of replication: see what is in it and move it away, then run again") from None


def write_record(data: Path, record: Record) -> None:
    """On stable storage when it returns."""
    _write(record_path(data), json.dumps(asdict(record), indent=1), 0o644)


def forget_record(data: Path) -> None:
    record_path(data).unlink(missing_ok=True)
    sync(data.parent)


def make_standby(instance: Instance, data: Path) -> None:
    """From now on, however it is started, it comes up in recovery."""
    _write(data / SIGNAL, "", 0o600)
    give(data / SIGNAL, instance.user)


def make_primary(data: Path) -> None:
    (data / SIGNAL).unlink(missing_ok=True)
    sync(data)


def settings(data: Path) -> Mapping[str, str]:
    """What ALTER SYSTEM left, the last of a name counting."""
    try:
        text = (data / SETTINGS).read_text(errors="replace")
    except FileNotFoundError:
        return {}
    return {name: value.replace("''", "'") for name, value in SETTING.findall(text)}


def follow(instance: Instance, data: Path, primary: str, slot: str) -> None:
    """Point the server to the primary; it reads that when it starts, or is told to."""
    path, wanted = data / SETTINGS, {"primary_conninfo": primary, "primary_slot_name": slot, "recovery_target_timeline": "latest"}
    text = path.read_text() if path.exists() else ""
    kept = [line for line in text.splitlines() if line.partition("=")[0].strip() not in wanted]
    _write(path, "\n".join([*kept, *(f"{name} = '{quoted(value)}'" for name, value in wanted.items()), ""]), 0o600)
    give(path, instance.user)


def quoted(value: str) -> str:
    return value.replace("'", "''")


def conninfo(primary: Database, slot: str, data: Path) -> str:
    """How the standby reaches its primary; the password stands in a file of its own."""
    given = {
        "host": primary.host, "port": str(primary.port), "user": primary.user, "sslmode": primary.sslmode,
        "sslrootcert": primary.ca, "application_name": slot, "passfile": str(passfile(data)) if primary.password else "",
    }  # fmt: skip
    words = {name: value.replace("\\", "\\\\").replace("'", "\\'") for name, value in given.items() if value}
    return " ".join(f"{name}='{value}'" for name, value in words.items())


def passfile(data: Path) -> Path:
    return data.with_name(f".{data.name}.passfile")


def write_passfile(instance: Instance, data: Path, primary: Database) -> None:
    """libpq reads it only where nobody else can."""
    if primary.password:
        word = re.sub(r"([\\:])", r"\\\1", primary.password)
        _write(passfile(data), f"*:*:*:*:{word}\n", 0o600)
        give(passfile(data), instance.user)


def _write(path: Path, text: str, mode: int) -> None:
    """Beside, then renamed; the owner stays whoever it was."""
    fresh = path.with_name(f".{path.name}.new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with open(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    if path.exists():
        give(fresh, path.owner())
    fresh.replace(path)
    sync(path.parent)
