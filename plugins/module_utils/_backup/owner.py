# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Programs that run as the owner of the data, and that end when we do, however we end."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from .._core.errors import NotFound, TimedOut

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
ENVIRONMENT = {"PATH": PATH, "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def command(user: str, program: Sequence[str], death: str = "KILL") -> list[str]:
    """The program with the user's rights where we are root, and with the signal that it gets when we die."""
    rights = [f"--reuid={user}", f"--regid={_group(user)}", "--init-groups"] if os.geteuid() == 0 else []
    return ["setpriv", f"--pdeathsig={death}", *rights, "--", *program]


def start(user: str, program: Sequence[str], output: IO[Any] | int, death: str = "KILL") -> subprocess.Popen[bytes]:
    # pylint: disable-next=ansible-bad-function # this is no module, which alone has run_command
    return subprocess.Popen(
        command(user, program, death),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        cwd="/",
        env=ENVIRONMENT,
        start_new_session=True,
    )


def said(user: str, program: Sequence[str], timeout: float, also: Mapping[str, str] | None = None) -> tuple[int, str]:
    """The exit code of the program, and all that it wrote."""
    try:
        # pylint: disable-next=ansible-bad-function # likewise
        done = subprocess.run(
            command(user, program),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd="/",
            env={**ENVIRONMENT, **(also or {})},
            timeout=timeout,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise TimedOut(
            f"{program[0]} did not end within {timeout:g} s and was stopped: give it more time, or see its log"
        ) from None
    if done.returncode == 127 or (done.returncode and b"setpriv: failed to execute" in done.stdout):
        raise NotFound(f"there is no program {program[0]} on this host: install the package that brings it")
    return done.returncode, done.stdout.decode(errors="replace")


def give(path: Path, user: str) -> None:
    """Make it the user's; it may be already, where we are not root."""
    if path.owner() != user:
        shutil.chown(path, user, _group(user))


def _group(user: str) -> int:
    try:
        return pwd.getpwnam(user).pw_gid
    except KeyError:
        raise NotFound(f"there is no user {user} on this host: give the one that PostgreSQL runs as") from None
