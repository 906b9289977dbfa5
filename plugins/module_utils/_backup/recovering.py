# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A backup restored into a directory of its own, and a fenced server on it that replays to the target.

Nothing is written outside of the two directories of its ``Home``.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .._core.errors import MainstayError
from .._core.text import without
from .._postgres.model import Limits
from .._postgres.postgres import session
from . import config, owner
from .beside import Home, Server, await_recovered, serving
from .checks import Check, Checked, judged, refused
from .control import read_control
from .model import Backup, Place
from .pgbackrest import PROGRAM
from .restoration import RecoveryFailed

STOPPED = re.compile(r"^LOG: +(recovery stopping .*)$", re.M)
ASKING = Limits(lock=10, statement=3600, deadline=3600)


@dataclass(frozen=True)
class Recovered:
    """How far the server came: its last transaction's end and its last position, and its own words where it stopped."""

    time: float | None
    lsn: str
    stopped: str


@dataclass
class Watch:
    """Seconds that each part took."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def timing(self, part: str) -> Iterator[None]:
        began = time.monotonic()
        try:
            yield
        finally:
            self.seconds[part] = self.seconds.get(part, 0.0) + time.monotonic() - began


def restore(place: Place, home: Home, backup: Backup, processes: int, timeout: float, *more: str, reuse: bool = False) -> None:
    """Copy the backup; what to recover to is told to the server, so no file of the data says it.

    With ``reuse`` files that are there and have the right checksum stay, and all others go.
    """
    options = [f"--config={place.config}", f"--stanza={place.stanza}", "--log-level-console=off", "--log-level-stderr=warn"]
    which = [f"--repo={backup.repository}", f"--set={backup.label}", "--type=none", f"--pg1-path={home.data}"]
    which.append("--delta" if reuse else "--no-delta")
    faster = [f"--process-max={processes}"] if processes else []
    code, text = owner.said(place.user, [PROGRAM, *options, "restore", *which, *faster, *more], timeout)
    if code:
        raise RecoveryFailed(
            f"pgbackrest could not restore {backup.label} of repository {backup.repository}: {_safe(place, text)}"
        )


@contextmanager
def recovered(home: Home, options: Mapping[str, str], timeout: float, watch: Watch) -> Iterator[tuple[Server, Recovered]]:
    """The server, once it has recovered as its options say; it is stopped afterwards."""
    (home.data / "recovery.signal").touch()
    owner.give(home.data / "recovery.signal", home.user)
    with serving(home, read_control(home.binaries, home.data, home.user), options) as server:
        with watch.timing("replay"):
            await_recovered(server, timeout)
        yield server, _come_to(server)


def asked(server: Server, checks: Sequence[Check]) -> list[Checked]:
    """The checks' queries, read-only, each in a session of its own."""
    return [_asked(server, check) for check in checks]


def catalogs(server: Server) -> Checked:
    """Every database lets itself be read."""

    def count() -> object:
        for dbname in databases(server):
            _first(server, dbname, "SELECT count(*) FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid")
        return 1

    return _trying(Check("catalogs", "SELECT 1", expect="1"), count)


def databases(server: Server) -> list[str]:
    with session(server.database(), ASKING) as connection:
        rows = connection.execute("SELECT datname FROM pg_database WHERE datallowconn ORDER BY datname").fetchall()
    return [str(name) for (name,) in rows]


def _asked(server: Server, check: Check) -> Checked:
    return _trying(check, lambda: _first(server, check.database, check.query))


def _trying(check: Check, ask: Callable[[], object]) -> Checked:
    try:
        return judged(check, ask())
    except MainstayError as error:
        return refused(check.name, error)


def _first(server: Server, dbname: str, query: str) -> Any:
    """The first value of the first row; of no row, None."""
    with session(server.database(dbname), ASKING) as connection:
        connection.execute("SET default_transaction_read_only = on")
        cursor = connection.execute(query.encode())
        row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None


def _come_to(server: Server) -> Recovered:
    with session(server.database(), ASKING) as connection:
        row = connection.execute("SELECT pg_last_xact_replay_timestamp(), pg_last_wal_replay_lsn()::text").fetchone()
    ended, position = row or (None, "")
    stopped = STOPPED.findall(server.log)
    return Recovered(ended.timestamp() if isinstance(ended, datetime) else None, position or "", stopped[-1] if stopped else "")


def _safe(place: Place, text: str) -> str:
    with suppress(MainstayError, OSError), open(place.config, encoding="utf-8", errors="replace") as file:
        text = without(text, config.secrets(file.read()))
    return " ".join(text.split())[:1000]
