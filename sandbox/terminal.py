"""Progress on the terminal: what was done, and how many seconds it took."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager


def say(text: str) -> None:
    print(text, flush=True)


def report(what: str, seconds: float) -> None:
    say(f"  {what:<58} {seconds:6.1f} s")


@contextmanager
def step(what: str) -> Iterator[None]:
    """Reports the block when it is done; a block that fails reports nothing, its error does."""
    began = time.monotonic()
    yield
    report(what, time.monotonic() - began)


def agrees(question: str) -> bool:
    """Asks when somebody can answer; a script that nobody watches has already decided by calling."""
    if not sys.stdin.isatty():
        return True
    return input(f"{question} [Y/n] ").strip().lower() in {"", "y", "yes"}
