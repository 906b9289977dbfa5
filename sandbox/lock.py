"""One command changes the fleet at a time."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from .errors import SandboxError
from .settings import Settings


@contextmanager
def alone(settings: Settings) -> Iterator[None]:
    """Held by the process, so that a killed one leaves nothing behind."""
    settings.state.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (settings.state / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SandboxError("Another sandbox command is changing this fleet: wait for it, then try again") from None
        yield
