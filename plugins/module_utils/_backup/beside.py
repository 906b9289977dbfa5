# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A server on restored data, fenced off: a socket that only its owner reaches, and nothing that it does to the outside.

It is told all that it needs on its command line, which counts more than any file in the data, so nothing has to be
cleaned up afterwards. The archiver gets no command: what is to be archived waits for the real service, so that the history
of the new timeline is not lost.
"""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from .._core.errors import MainstayError, Unavailable
from .._core.wait import Pace, wait_until
from .._postgres.model import Database, Limits
from .._postgres.postgres import session
from .control import Control
from .owner import give, start
from .restoration import RecoveryFailed
from .said import in_words

INTERVAL_S = 0.02
STOP_S = 300.0
FENCED = {
    "listen_addresses": "",
    "port": "5432",
    "archive_mode": "on",
    "archive_command": "",
    "archive_library": "",
    "shared_preload_libraries": "",
    "session_preload_libraries": "",
    "local_preload_libraries": "",
    "primary_conninfo": "",
    "primary_slot_name": "",
    "synchronous_standby_names": "",
    "max_logical_replication_workers": "0",
    "archive_cleanup_command": "",
    "recovery_end_command": "",
    "hot_standby": "off",
    "autovacuum": "off",
    "ssl": "off",
    "logging_collector": "off",
    "log_destination": "stderr",
    "log_min_messages": "warning",
    "log_line_prefix": "",
    "log_timezone": "UTC",
    "lc_messages": "C",
    "restart_after_crash": "off",
    "external_pid_file": "",
}
NEWER = {"archive_library": 15}
"""Settings that older versions do not know."""


@dataclass(frozen=True)
class Home:
    """Where the server's data, its socket and its log are, whose it is, and which PostgreSQL it is."""

    data: Path
    run: Path
    binaries: Path
    user: str
    superuser: str = "postgres"
    version: int = 15


@dataclass(frozen=True)
class Server:
    """A server that runs."""

    home: Home
    process: subprocess.Popen[bytes]

    def database(self, dbname: str = "postgres") -> Database:
        return Database(dbname, host=str(self.home.run), user=self.home.superuser, sslmode="disable")

    @property
    def log(self) -> str:
        return (self.home.run / "log").read_text(errors="replace")


@contextmanager
def serving(home: Home, control: Control, options: Mapping[str, str]) -> Iterator[Server]:
    """Start the server, and stop it cleanly when all went well, at once when not."""
    _furnish(home)
    with open(home.run / "log", "wb") as log:
        server = Server(home, start(home.user, _command(home, control, options), log, death="QUIT"))
    try:
        yield server
        _stop(server, signal.SIGINT)
    finally:
        _stop(server, signal.SIGQUIT)


def await_recovered(server: Server, timeout: float) -> None:
    """Wait until the server is a primary; raises ``RecoveryFailed`` with its own words turned into ours."""
    pace = Pace(timeout, INTERVAL_S)
    done, _last = wait_until(lambda: _state(server), lambda state: state != "recovers", pace)
    if server.process.poll() is not None:
        raise RecoveryFailed(f"the server beside could not recover: {in_words(server.log)}")
    if not done:
        raise RecoveryFailed(f"the server beside did not reach the target within {timeout:g} s: {in_words(server.log)}")


def says_ready(data: Path) -> bool:
    """In its own file, as pg_ctl looks for it: every question before would be answered by a process that says no."""
    with suppress(OSError):
        return (data / "postmaster.pid").read_text().rstrip().endswith("\nready")
    return False


def _state(server: Server) -> str:
    if server.process.poll() is not None:
        return "ended"
    if not says_ready(server.home.data):
        return "recovers"
    try:
        with session(server.database(), Limits()) as connection:
            row = connection.execute("SELECT pg_is_in_recovery()").fetchone()
    except (Unavailable, MainstayError):
        return "recovers"
    return "recovers" if row is None or row[0] else "serves"


def _furnish(home: Home) -> None:
    (home.run / "postgresql.conf").write_text("")
    (home.run / "pg_ident.conf").write_text("")
    (home.run / "pg_hba.conf").write_text("local all all trust\n")
    for path in (home.run, *home.run.iterdir()):
        give(path, home.user)


def _command(home: Home, control: Control, options: Mapping[str, str]) -> list[str]:
    files = {
        "config_file": f"{home.run}/postgresql.conf",
        "hba_file": f"{home.run}/pg_hba.conf",
        "ident_file": f"{home.run}/pg_ident.conf",
        "unix_socket_directories": str(home.run),
    }
    known = {name: value for name, value in FENCED.items() if home.version >= NEWER.get(name, 0)}
    given = {**control.settings, **known, **files, **options}
    return [str(home.binaries / "postgres"), "-D", str(home.data), *(f"-c{name}={value}" for name, value in given.items())]


def _stop(server: Server, how: signal.Signals) -> None:
    if server.process.poll() is None:
        server.process.send_signal(how)
        stopped, _code = wait_until(server.process.poll, lambda code: code is not None, Pace(STOP_S, INTERVAL_S))
        if not stopped:
            raise RecoveryFailed(f"the server on {server.home.data} did not stop within {STOP_S:g} s")
