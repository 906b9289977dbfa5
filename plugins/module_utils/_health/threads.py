# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Work done beside the caller, so that one that hangs holds up nobody.

The threads are daemons: one that is stuck in a library, such as in the resolver, must not keep the module from ending.
"""

from __future__ import annotations

import concurrent.futures
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from functools import partial
from threading import Thread
from typing import TypeVar

T = TypeVar("T")
Item = TypeVar("Item")


def within(seconds: float, work: Callable[[], T]) -> T:
    """What ``work`` returns; raises what it raises, and ``TimeoutError`` if it takes longer."""
    try:
        return beside(work).result(max(0.0, seconds))
    except concurrent.futures.TimeoutError:
        raise TimeoutError from None


def at_once(work: Callable[[Item], T], items: Iterable[Item]) -> tuple[T, ...]:
    """``work`` of every item, all at the same time, results in the order of the items."""
    futures = [beside(partial(work, item)) for item in items]
    return tuple(future.result() for future in futures)


def beside(work: Callable[[], T]) -> Future[T]:
    """``work``, begun."""
    future: Future[T] = Future()
    Thread(target=_settle, args=(future, work), daemon=True).start()
    return future


def _settle(future: Future[T], work: Callable[[], T]) -> None:
    try:
        future.set_result(work())
    except Exception as error:  # whatever it is, it belongs to whoever waits for the result
        future.set_exception(error)
