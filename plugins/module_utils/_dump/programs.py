# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""pg_dump and pg_restore as processes of ours, which die with us.

The password is in the environment of the child and in no list of processes. What a program says may quote rows, so only its
errors are told, without their details.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any

from .._core.errors import LibraryMissing, NotFound, TimedOut
from .._core.text import without
from .._postgres.model import Database
from .model import ProgramFailed

DIES_WITH_US = ("setpriv", "--pdeathsig", "KILL")
KEPT = ("PATH", "HOME", "KRB5CCNAME")
LOOK_S = 60.0
LONGEST_SAID = 600


@dataclass(frozen=True)
class Child:
    """A program that runs, and where it complains."""

    process: subprocess.Popen[bytes]
    complaints: IO[bytes]
    database: Database

    def end(self, timeout: float) -> bytes:
        """What it wrote, if it ended well; raises what it said otherwise, or ``TimedOut``."""
        program = str(self.process.args[len(DIES_WITH_US)])  # type: ignore[index]  # a list, as given below
        try:
            output = self.process.communicate(timeout=timeout)[0] or b""
        except subprocess.TimeoutExpired:
            raise TimedOut(
                f"{program} did not end within {timeout:g} s and was stopped: raise timeout, or see what it waits for"
            ) from None
        if self.process.returncode:
            raise ProgramFailed(f"{program} of {self.database.dbname} failed: {self._said()}", code=self.process.returncode)
        return output

    def _said(self) -> str:
        self.complaints.seek(0)
        said = errors(self.complaints.read().decode("utf-8", "replace"))
        code = self.process.returncode
        silent = f"it was killed by signal {-code}" if code < 0 else f"it ended with {code} and said nothing"
        return without(said, [self.database.password]) or silent


@contextmanager
def child(database: Database, *command: str, stdin: IO[bytes] | None = None, stdout: IO[bytes] | None = None) -> Iterator[Child]:
    """Start a program that finds the database in its environment; it does not outlive the block."""
    with tempfile.TemporaryFile() as complaints:
        process = _started(command, _environment(database), stdin or subprocess.DEVNULL, stdout or subprocess.PIPE, complaints)
        try:
            yield Child(process, complaints, database)
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()
            if process.stdout:
                process.stdout.close()


def run(database: Database, *command: str, timeout: float) -> bytes:
    with child(database, *command) as one:
        return one.end(timeout)


def version(program: str) -> str:
    """Such as ``15.14``; raises ``LibraryMissing`` where there is no such program."""
    if not shutil.which(program):
        raise LibraryMissing(f"there is no program {program} on this host: install the Debian package postgresql-client")
    said = run(Database("none"), program, "--version", timeout=LOOK_S).decode(errors="replace")
    found = re.search(r"\d+(\.\d+)*", said)
    if not found:
        raise ProgramFailed(f"{program} does not say its version: see whether it is PostgreSQL's own")
    return found[0]


def errors(said: str) -> str:
    """The lines of a program that are errors, without what may quote rows."""
    lines = [line.split(" error: ", 1)[-1] for line in said.splitlines() if " error: " in line or "ERROR: " in line]
    return "; ".join(" ".join(line.split()) for line in lines)[:LONGEST_SAID]


def _started(
    command: tuple[str, ...], environment: dict[str, str], stdin: Any, stdout: Any, stderr: IO[bytes]
) -> subprocess.Popen[bytes]:
    try:
        # pylint: disable-next=ansible-bad-function # this is no module, which alone has run_command
        return subprocess.Popen([*DIES_WITH_US, *command], stdin=stdin, stdout=stdout, stderr=stderr, env=environment, cwd="/")
    except OSError as error:
        raise NotFound(f"could not start {DIES_WITH_US[0]}: {error.strerror}; it is of the Debian package util-linux") from None


def _environment(database: Database) -> dict[str, str]:
    given = {
        "PGHOST": database.host,
        "PGTARGETSESSIONATTRS": "read-write" if "," in database.host else "",
        "PGPORT": str(database.port),
        "PGUSER": database.user,
        "PGDATABASE": database.dbname,
        "PGPASSWORD": database.password,
        "PGSSLMODE": database.sslmode,
        "PGSSLROOTCERT": database.ca,
        "PGAPPNAME": database.application_name,
        "PGCONNECT_TIMEOUT": "10",
        "PGCLIENTENCODING": "UTF8",
        "LC_ALL": "C.UTF-8",
    }
    ours = {name: os.environ[name] for name in KEPT if name in os.environ}
    return {**ours, **{name: value for name, value in given.items() if value}}
