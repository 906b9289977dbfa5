# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Keeps the lease of a run while it watches for long, and hears whether somebody ends the run meanwhile."""

from __future__ import annotations

import select
import sys
import time
from collections.abc import Callable
from threading import Event, Thread
from types import TracebackType

from .._core.errors import FencedOff, MainstayError, Unavailable

MISSES = 3
"""Beats in a row that may fail, because a disk is full for a moment, before the lease must be thought lost."""


class Heartbeat:
    """Beats ``every`` so many seconds, and once more at the end; listens more often.

    Raises at the end ``FencedOff`` if the lease was lost, or what kept it from beating. ``is_heard`` says whether whoever waits
    for the verdict is still there: without anybody the watch is over, so that the lease ends soon.
    """

    def __init__(
        self,
        beat: Callable[[], None],
        is_ended: Callable[[], bool],
        every: float,
        is_heard: Callable[[], bool] = lambda: True,
        *,
        listens: float = 0.5,
    ) -> None:
        self._beat, self._is_ended, self._every, self._is_heard, self._listens = beat, is_ended, every, is_heard, listens
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
        due, missed = time.monotonic() + self._every, 0
        while not self._stopped.wait(self._listens) and not self._over.is_set():
            if not self._is_heard():
                self._end(Unavailable("whoever began this run is gone, so nobody would act on a verdict"))
            elif self._is_ended():
                self._over.set()
            elif time.monotonic() >= due:
                missed = 0 if self._has_beaten(may_miss=missed < MISSES) else missed + 1
                due = time.monotonic() + self._every

    def _has_beaten(self, *, may_miss: bool) -> bool:
        try:
            self._beat()
        except MainstayError as error:
            if isinstance(error, FencedOff) or not may_miss:
                self._end(error)
            return False
        return True

    def _end(self, trouble: MainstayError) -> None:
        self._trouble = trouble
        self._over.set()


def is_heard() -> bool:
    """Whether somebody reads what this process prints; one end of a pipe tells when the other is closed."""
    look = select.poll()
    look.register(sys.stdout.fileno(), 0)
    return not any(event & (select.POLLERR | select.POLLHUP | select.POLLNVAL) for _descriptor, event in look.poll(0))
