# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a terminal shows of a run, as text; who prints it, and when, is the callback's."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ..module_utils._core.errors import InvalidInput
from ..module_utils._core.text import seconds

WIDTH = 24
"""Of a bar, in columns."""
LASTING = re.compile(r"then for ([0-9]\S*)$")


def clock(elapsed: float) -> str:
    """A duration in a column of its own."""
    minutes, rest = divmod(int(elapsed), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def lasting(name: str) -> float | None:
    """How many seconds a task watches at least, as its name says; None if it does not."""
    found = LASTING.search(name)
    try:
        return seconds(found[1]) if found else None
    except InvalidInput:
        return None


def waiting(name: str, elapsed: float, columns: int) -> str:
    """The line of a task under way, with a bar where it says how long it takes, no wider than the terminal."""
    total = lasting(name)
    if total and total >= 1:
        done = min(WIDTH, int(WIDTH * elapsed / total))
        left = f", {clock(total - elapsed)} left" if elapsed < total else ", until it is known"
        text = f"  {clock(elapsed):>7}  [{'#' * done}{'.' * (WIDTH - done)}]{left}  {name}"
    else:
        text = f"  {clock(elapsed):>7}  {name}"
    return text[: max(10, columns - 1)]


def title(mark: str, took: float, name: str) -> str:
    """The line of a task that is done."""
    return f"{mark} {took:>6.1f} s  {name}"


def details(result: Mapping[str, Any]) -> list[str]:
    """What is worth a line of its own: a verdict with its reason, the numbers of a canary, messages for people."""
    if "verdict" in result and "judged" in result:
        return [line for line in (_verdict(result), *_numbers(result.get("numbers") or {})) if line]
    message = result.get("msg")
    if isinstance(message, list):
        return [str(line) for line in message]
    return str(message).splitlines() if message else []


def _verdict(result: Mapping[str, Any]) -> str:
    why = result.get("why") or ""
    return f"{result['verdict']}: {why}" if why else "" if result["verdict"] == "pass" else str(result["verdict"])


def _numbers(numbers: Mapping[str, Any]) -> list[str]:
    return [f"{one['name']}: {one['verdict']}, {one['told']}" for one in numbers.get("metrics", ())]
