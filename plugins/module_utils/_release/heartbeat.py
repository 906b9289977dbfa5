# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Keeps the lease of a run while it watches for long, and hears whether somebody ends the run meanwhile."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Event, Thread
from types import TracebackType

from .._core.errors import MainstayError

LISTENS_S = 0.5


class Heartbeat:
    """Beats once more at the end; raises then what a beat raised, such as ``FencedOff``."""

    def __init__(self, beat: Callable[[], None], is_ended: Callable[[], bool], every: float) -> None:
        self._beat, self._is_ended, self._every = beat, is_ended, every
        self._over, self._stopped = Event(), Event()
        self._trouble: MainstayError | None = None
        self._thread = Thread(target=self._live, daemon=True)

    def __enter__(self) -> Heartbeat:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stopped.set()
        self._thread.join()
        if error is None:
            if self._trouble:
                raise self._trouble
            self._beat()

    def is_over(self) -> bool:
        """Whether there is no use in watching on."""
        return self._over.is_set()

    def _live(self) -> None:
        due = time.monotonic() + self._every
        while not self._stopped.wait(LISTENS_S) and not self._over.is_set():
            try:
                if self._is_ended():
                    self._over.set()
                if time.monotonic() >= due:
                    self._beat()
                    due = time.monotonic() + self._every
            except MainstayError as error:
                self._trouble = error
                self._over.set()
