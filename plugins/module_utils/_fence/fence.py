# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The fencing token of the lock, remembered on every host that is written to.

A run that was paused past its lease may wake up and go on writing. Every host keeps the highest token that it has seen
and refuses lower ones, so the newer run is safe from the older (Kleppmann, "How to do distributed locking", 2016).
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from .._core.errors import Corrupt, FencedOff, InvalidInput, TimedOut
from .._core.text import NAME
from .._core.wait import Clock, Pace, wait_until

PATIENCE = Pace(timeout=90, interval=0.1)
"""For as long as an older module may be at a step: it looks at the token between two of them."""
ROOT = Path("/var/lib/mainstay")


@dataclass(frozen=True)
class Fence:
    """The environment that is written to, and the token of the lock under which it is."""

    environment: str
    token: int | None = None
    root: Path = ROOT

    def __post_init__(self) -> None:
        NAME.check(self.environment)
        if self.token is not None and self.token < 1:
            raise InvalidInput(f"{self.token} is not a fencing token: take the one that ops_lock returned")

    @property
    def path(self) -> Path:
        return self.root / self.environment / "fence"


def highest(fence: Fence) -> int:
    """The highest token that this host has seen, 0 if none. ``Corrupt`` is raised where its record cannot be read."""
    try:
        said = fence.path.read_text(errors="replace")
    except FileNotFoundError:
        return 0
    if not (said.isascii() and said.strip().isdigit()):
        raise Corrupt(
            f"{fence.path} should hold the highest fencing token that wrote here, a number, and holds {said[:20]!r}, so no "
            "run can be told from an older one; nothing was changed here. See that no other run is at work, then remove it"
        )
    return int(said)


def check(fence: Fence) -> None:
    """Raise ``FencedOff`` if a newer run has written here, or if this run has no lock where others do."""
    seen = highest(fence)
    if fence.token is None and seen:
        raise FencedOff(f"{fence.environment} is deployed under a lock: give the token that ops_lock returned")
    if fence.token is not None and fence.token < seen:
        raise FencedOff(
            f"this run holds token {fence.token} of {fence.environment}, but a newer run wrote here with token {seen}: "
            "its lease ended; run it again to take a new one"
        )


@contextmanager
def held(fence: Fence, clock: Clock | None = None) -> Iterator[None]:
    """Write on this host: remembers the token, then waits until an older module that is still at work here is done.

    The older module sees the new token at its next step and stops. One that does not, because it hangs, must not hang
    this run too: ``TimedOut`` is raised.
    """
    check(fence)
    if fence.token is None:
        yield
        return
    fence.path.parent.mkdir(parents=True, exist_ok=True)
    _remember(fence)
    with open(fence.path.with_suffix(".lock"), "w") as file:
        done, _last = wait_until(lambda: _taken(file), bool, PATIENCE, clock=clock)
        if not done:
            raise TimedOut(
                f"a module of another run has been at work on this host for more than {PATIENCE.timeout:g} s; nothing was "
                f"changed here. See what it hangs at (fuser {file.name}), end it, and run again"
            )
        check(fence)
        yield


def _taken(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _remember(fence: Fence) -> None:
    """Modules of one run may come to a host at the same time, so only one of them at a time compares and replaces."""
    with open(fence.path.with_suffix(".remember"), "w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        if fence.token is None or fence.token <= highest(fence):
            return
        fresh = fence.path.with_suffix(".new")
        with open(fresh, "w") as file:
            file.write(str(fence.token))
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(fence.path)
