# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a run that was killed left behind: a directory of ours, and programs that still work in it.

pgBackRest's helpers outlive it for a moment, and would go on to fill a directory that is being removed. Which ones they are
is told by the data directory on their command line, which is nobody else's.
"""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from .._core.errors import Unavailable
from .._core.wait import Pace, wait_until
from .data import running_pid
from .restoration import ServerRuns

PACE = Pace(timeout=60, interval=0.05)


def clear(directory: Path, data: Path) -> None:
    """Remove the directory and what is in it, after everything has ended that works on its ``data``."""
    ended, left = wait_until(lambda: end(data), lambda pids: not pids, PACE)
    if not ended:
        raise ServerRuns(f"what an earlier run left at work on {data} does not end (pids {left}): end it, then run again")
    try:
        shutil.rmtree(directory)
    except FileNotFoundError:
        return
    except OSError as error:
        raise Unavailable(
            f"could not remove {directory}, which an earlier run left: {error.strerror}; see what is in it"
        ) from None


def end(data: Path) -> list[int]:
    """Signal them, the server so that it ends at once; those that there were."""
    server = running_pid(data)
    found = {**dict.fromkeys(programs(data), signal.SIGKILL), **({server: signal.SIGQUIT} if server else {})}
    for pid, how in found.items():
        with suppress(ProcessLookupError):
            os.kill(pid, how)
    return sorted(found)


def programs(data: Path) -> Iterator[int]:
    """Processes of pgBackRest for this data directory."""
    sign = f"--pg1-path={data}".encode()
    for entry in Path("/proc").iterdir():
        with suppress(OSError):
            if entry.name.isdigit() and sign in (entry / "cmdline").read_bytes().split(b"\0"):
                yield int(entry.name)
