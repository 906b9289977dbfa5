# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One small function for each call to pgBackRest.

It runs as the owner of the repository, without anything of our environment, and is killed with all its processes when its
time is over. Secrets stay in its configuration, so none is in a list of processes.
"""

from __future__ import annotations

import os
import pwd
import signal
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .._core.errors import MainstayError, NotFound, Refused, TimedOut, Unavailable
from .._core.text import without
from . import config
from .model import PgBackRestFailed, Place, Settings, StanzaBusy, StanzaMissing, WrongCluster

PROGRAM = "pgbackrest"
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
QUIET = ("--log-level-console=off", "--log-level-stderr=warn", "--no-log-timestamp")
LONGEST_SAID = 1000
LOOK_S = 120.0
"""Seconds that a look into a repository may take."""
EXPIRE_S = 3600.0
ANSWER_S = 5
"""Seconds after which a repository that does not answer is tried again, four times in all; what it says then tells of it."""


@dataclass(frozen=True)
class Said:
    """What pgBackRest wrote, and what it warned of."""

    output: str
    warnings: tuple[str, ...] = ()


def settings(place: Place) -> Settings:
    """What the configuration says of the stanza."""
    return config.settings(_configuration(place), place.stanza)


def info(place: Place, timeout: float = LOOK_S) -> str:
    """What lies in all repositories of the stanza, as JSON."""
    return call(place, "info", f"--io-timeout={ANSWER_S}", "--output=json", timeout=timeout).output


def listing(place: Place, repository: int, path: str, timeout: float = LOOK_S) -> str:
    """Every file below a path of the repository with its size and time, as JSON."""
    options = (f"--repo={repository}", f"--io-timeout={2 * ANSWER_S}", "--recurse", "--output=json", "--sort=none")
    return call(place, "repo-ls", *options, path, timeout=timeout).output


def backup(place: Place, repository: int, kind: str, annotations: Mapping[str, str], timeout: float) -> Said:
    """Take a backup into one repository; what its retention does not keep stays until ``expire``."""
    notes = [f"--annotation={name}={value}" for name, value in annotations.items()]
    options = (f"--repo={repository}", f"--type={kind}", "--no-expire-auto")
    return call(place, "backup", *options, *notes, timeout=timeout)


def expire(place: Place, repository: int) -> Said:
    """Remove what the retention of the repository does not keep."""
    return call(place, "expire", f"--repo={repository}", timeout=EXPIRE_S)


def check(place: Place, within: float) -> Said:
    """Have the server switch to a new segment, and see it arrive in every repository within so many seconds."""
    return call(place, "check", f"--archive-timeout={within:g}", timeout=within + LOOK_S)


def call(place: Place, command: str, *arguments: str, timeout: float) -> Said:
    """Run a command on the stanza; raises what it says, in our words."""
    options = (f"--config={place.config}", f"--stanza={place.stanza}", *QUIET)
    process = _started(place, [PROGRAM, *options, command, *arguments])
    try:
        output, complaints = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        raise TimedOut(
            f"pgbackrest {command} of the stanza {place.stanza} did not end within {timeout:g} s and was stopped: "
            "see its log, and whether every repository answers"
        ) from None
    finally:
        _end(process)
    said = _safe(place, complaints)
    if process.returncode:
        raise _failure(place, command, process.returncode, " ".join(said)[:LONGEST_SAID])
    return Said(output, tuple(line.removeprefix("WARN: ") for line in said if line.startswith("WARN: ")))


def _started(place: Place, command: list[str]) -> subprocess.Popen[str]:
    try:
        # pylint: disable-next=ansible-bad-function # this is no module, which alone has run_command
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
            cwd="/",
            env={"PATH": PATH, "LANG": "C.UTF-8"},
            start_new_session=True,
            **_rights(place),
        )
    except FileNotFoundError:
        raise NotFound("there is no program pgbackrest on this host: install the Debian package pgbackrest") from None
    except OSError as error:
        raise Unavailable(f"could not start pgbackrest as {place.user}: {error.strerror}") from None


def _rights(place: Place) -> dict[str, Any]:
    """Root becomes the user, others stay who they are."""
    if os.geteuid() != 0:
        return {}
    try:
        user = pwd.getpwnam(place.user)
    except KeyError:
        raise NotFound(f"there is no user {place.user} on this host: give the one that PostgreSQL runs as") from None
    groups = os.getgrouplist(place.user, user.pw_gid)
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": groups}


def _end(process: subprocess.Popen[str]) -> None:
    """Whatever is left of it, its helpers included."""
    if process.poll() is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def _failure(place: Place, command: str, code: int, said: str) -> MainstayError:
    kind, advice = DENIED if "Permission denied" in said else ERRORS.get(code, (PgBackRestFailed, "see its log"))
    tried = f"pgbackrest {command} of the stanza {place.stanza} failed"
    return kind(f"{tried}: {said or f'it ended with {code} and said nothing'}; {advice}", code=code)


DENIED = (PgBackRestFailed, "see whose the file is: somebody ran pgbackrest as another user")
ERRORS: Mapping[int, tuple[type[MainstayError], str]] = {
    50: (StanzaBusy, "another pgBackRest is at work on this stanza: wait until it has ended, and run again"),
    51: (WrongCluster, "the server is not the one that the stanza belongs to: give the right stanza, or run stanza-upgrade"),
    55: (StanzaMissing, "a file is missing: see whether the configuration is there and stanza-create was run"),
    56: (WrongCluster, "backups are taken of a primary that runs: see whether the server runs, and is no standby"),
    58: (WrongCluster, "the server does not agree with its own files: see whether the data directory is the server's"),
    62: (Refused, "somebody stopped pgBackRest for this stanza: pgbackrest start lets it work again"),
    82: (PgBackRestFailed, "a segment did not arrive: see what archive_command says in the server's log"),
    87: (Refused, "the server archives nothing: set archive_mode and archive_command, and restart it"),
}
"""By the exit code, which is the number of pgBackRest's error."""


def _safe(place: Place, text: str) -> list[str]:
    """The lines that it wrote, without secrets."""
    with suppress(MainstayError):
        text = without(text, config.secrets(_configuration(place)))
    return [" ".join(line.split()) for line in text.strip().splitlines()]


def _configuration(place: Place) -> str:
    try:
        return Path(place.config).read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise StanzaMissing(f"could not read pgBackRest's configuration {place.config}: {error.strerror}; give config") from None
