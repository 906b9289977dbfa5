# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What replicas wrote last, for whoever has to find out why they failed or why they were taken back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from .._core.errors import MainstayError
from .masked import last_lines
from .model import Container, Engine, Replica
from .ready import is_up

TAIL = 50
"""Lines that are asked for, as empty ones do not count."""
SPEAKERS = 5
"""Replicas of a host whose last words are kept when they are stopped."""


@dataclass(frozen=True)
class Words:
    """The last lines of a replica; none if it wrote nothing, or if nobody can tell any more."""

    replica: str
    container: str
    lines: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """The last line, where most programs say why they end; all of them are returned as data."""
        return f"It wrote last: {self.lines[-1]}" if self.lines else "It wrote nothing."

    @property
    def row(self) -> dict[str, Any]:
        return {"replica": self.replica, "container": self.container, "lines": list(self.lines)}


def heard(engine: Engine, one: Container | Replica, secrets: Iterable[str]) -> Words:
    """What it wrote last, without these secrets. That its log cannot be read must not hide why it is asked for."""
    try:
        lines = last_lines(engine.logs(one.name, TAIL), secrets)
    except MainstayError:
        lines = ()
    return Words(f"{one.service} {one.number}", one.name, lines)


def of_stopped(engine: Engine, stopped: Sequence[Replica], secrets: Iterable[str]) -> list[dict[str, Any]]:
    """Of replicas that are about to be stopped, those first that ended or were started again by themselves."""
    hidden = tuple(secrets)
    first = sorted(stopped, key=lambda replica: is_up(replica) and not replica.restarts)[:SPEAKERS]
    return [words.row for replica in first if (words := heard(engine, replica, hidden)).lines]
