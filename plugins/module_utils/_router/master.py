# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""HAProxy's master: its command line (management guide, 9.4), which is not there for a moment during each reload."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Iterator

from .._core.errors import Unavailable

ANSWERS_WITHIN = 10.0
PAUSES = (0.05, 0.1, 0.2, 0.5, 1.0)
"""Seconds; a reload of a large configuration takes about one."""
_FAILED = re.compile(r"\[failed: (\d+)\]")
_WORKER = re.compile(r"^(\d+)\s+worker\b", re.M)


def reload(path: str) -> None:
    """Have the master start new workers; it closes the connection when it begins."""
    _ask(path, "reload")


def failures(path: str) -> int:
    """How many reloads failed since the last that succeeded."""
    match = _FAILED.search(_ask(path, "show proc"))
    return int(match[1]) if match else 0


def has_handed_over(path: str) -> bool:
    """Whether every old worker has stopped to listen, for clients and for commands; before, either may get a command."""
    old = _ask(path, "show proc").partition("# old workers")[2]
    return all("Stopping: 1" in line for line in _stopping(path, _WORKER.findall(old)))


def _stopping(path: str, workers: list[str]) -> Iterator[str]:
    for worker in workers:
        answer = _ask(path, f"@!{worker} show info")
        yield answer if "Pid:" in answer else "Stopping: 1, it is gone"


def _ask(path: str, line: str) -> str:
    """Asked again where a master that begins anew, as it does at each reload, cut the connection; twice does no harm."""
    attempts = [0.0, *PAUSES]
    while True:
        time.sleep(attempts.pop(0))
        try:
            return _answer(path, line)
        except OSError as error:
            if not (attempts and isinstance(error, ConnectionError)):
                raise Unavailable(
                    f"HAProxy's master does not answer at {path}: {error}; is HAProxy run with -W and -S?"
                ) from error


def _answer(path: str, line: str) -> str:
    """The master keeps a connection open until its client says that there is no more to come."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(ANSWERS_WITHIN)
        connection.connect(path)
        connection.sendall(line.encode() + b"\n")
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(1 << 16), b"")).decode("utf-8", "replace")
