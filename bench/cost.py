# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs a command and prints as JSON what it cost: seconds, CPU seconds of all that it started, bytes sent over SSH.

A process of its own, which adopts what the command leaves behind: SSH's masters outlive ansible-playbook, and their CPU time and
connections belong to it. Each run so begins without connections, on either side.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import re
import resource
import signal
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

PR_SET_CHILD_SUBREAPER = 36
SENT = re.compile(r"\bbytes_sent:(\d+)")


@dataclass(frozen=True)
class Cost:
    """What one run took of the controller."""

    seconds: float
    cpu_seconds: float
    bytes_sent: int
    code: int


def spend(command: list[str], subnet: str) -> Cost:
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)
    began = time.perf_counter()
    code = subprocess.run(command, stdout=sys.stderr, check=False).returncode
    took = time.perf_counter() - began
    sent = bytes_sent(subnet)
    _end_the_adopted()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Cost(took, used.ru_utime + used.ru_stime, sent, code)


def bytes_sent(subnet: str) -> int:
    """Of all SSH connections into the subnet that are still open, as the kernel counts them."""
    command = ["ss", "--no-header", "--tcp", "--info", "--numeric", "dst", subnet, "and", "dport", "=", ":22"]
    listed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return sum(int(figure) for figure in SENT.findall(listed))


def _end_the_adopted() -> None:
    for child in Path("/proc/self/task").joinpath(str(os.getpid()), "children").read_text().split():
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(child), signal.SIGTERM)
    with contextlib.suppress(ChildProcessError):
        while True:
            os.wait()


if __name__ == "__main__":
    print(json.dumps(asdict(spend(sys.argv[2:], sys.argv[1]))))
