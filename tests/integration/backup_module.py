"""The backup modules run as processes, and what they did not like."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

from backup_server import Backed
from migration_server import result, start


def called(module: str, made: Backed, *, check_mode: bool = False, **options: Any) -> dict[str, Any]:
    """What the module returned."""
    return result(start(module, {**made.place, **options}, check_mode=check_mode), timeout=240)


def checked(made: Backed, *, asks: bool = True, **options: Any) -> dict[str, Any]:
    """What backup_check returned; with a login to the server, or by its directory alone."""
    database = {"database": made.server.database("postgres")} if asks else {}
    return called("backup_check", made, **{"must_pass": False, **database, **options})


def failing(made: Backed, **options: Any) -> dict[str, str]:
    """What did not pass of the check, and why."""
    told = checked(made, **options)
    assert "checks" in told, told
    return {one["check"]: f"{one['verdict']}: {one['told']}" for one in told["checks"] if one["verdict"] != "pass"}


def family(pid: int) -> list[int]:
    """The process and all that it started, from its youngest on."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [*(one for child in children for one in family(int(child))), pid]


def kill(pid: int) -> None:
    """The process and all that it started, none of which gets to say anything."""
    for one in reversed(family(pid)):
        os.kill(one, signal.SIGKILL)
