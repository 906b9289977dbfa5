# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where a recovery ends: the grammar of it, and how PostgreSQL is told."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from .._core.errors import InvalidInput
from .._core.text import Grammar, choice, shown
from .wal import lsn, lsn_text

LATEST, IMMEDIATE, TIME, LSN, NAME = "latest", "immediate", "time", "lsn", "name"
KINDS = (LATEST, IMMEDIATE, TIME, LSN, NAME)
TIMESTAMP = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}(:?[0-9]{2})?)")
POINT = Grammar(
    "name of a restore point",
    r"[A-Za-z0-9][A-Za-z0-9_.\-]{0,62}",
    "1 to 63 letters, digits, dots, dashes and underscores, beginning with a letter or a digit",
    63,
)


@dataclass(frozen=True)
class Target:
    """``at`` is the time in seconds since the epoch, the LSN as a number, or the name; None where the kind needs none."""

    kind: str = LATEST
    at: float | int | str | None = None

    @property
    def moment(self) -> float:
        """The time that is aimed at; later than all others where it is no time."""
        return self.at if self.kind == TIME and isinstance(self.at, float) else float("inf")

    @property
    def lsn(self) -> int | None:
        return self.at if self.kind == LSN and isinstance(self.at, int) else None

    @property
    def written(self) -> str:
        """As PostgreSQL reads it and people understand it."""
        if isinstance(self.at, float):
            return datetime.fromtimestamp(self.at, UTC).strftime("%Y-%m-%d %H:%M:%S.%f+00")
        return lsn_text(self.at) if isinstance(self.at, int) else str(self.at or "")

    @property
    def shown(self) -> str:
        return f"{self.kind} {self.written}".strip()


def target(kind: str, at: str, now: float) -> Target:
    """The target as it was asked for; raises ``InvalidInput`` for one that is ambiguous or lies ahead."""
    choice(kind, dict.fromkeys(KINDS), "target")
    if kind in (LATEST, IMMEDIATE):
        return _bare(kind, at)
    if not at:
        raise InvalidInput(f"the target {kind} needs at: say which {kind}")
    if kind == TIME:
        return Target(kind, _past(at, now))
    return Target(kind, lsn(at) if kind == LSN else POINT.check(at))


def recovery_options(aim: Target, timeline: int) -> Mapping[str, str]:
    """What PostgreSQL is told; once there it goes on as a primary."""
    options = {"recovery_target_timeline": str(timeline), "recovery_target_action": "promote"}
    if aim.kind == IMMEDIATE:
        return {**options, "recovery_target": "immediate"}
    return options if aim.kind == LATEST else {**options, f"recovery_target_{aim.kind}": aim.written}


def _bare(kind: str, at: str) -> Target:
    if at:
        raise InvalidInput(
            f"the target {kind} takes no at, and {shown(at)} was given: leave it away, or choose time, lsn or name"
        )
    return Target(kind)


def _past(text: str, now: float) -> float:
    moment = _moment(text)
    if moment > now:
        raise InvalidInput(f"{shown(text)} lies in the future: nothing can be recovered to it; give a time in the past")
    return moment


def _moment(text: str) -> float:
    if not TIMESTAMP.fullmatch(text):
        raise InvalidInput(
            f"{shown(text)} is not a time: write date, time and zone, such as 2026-05-03T14:30:00Z or 2026-05-03 16:30:00+02:00"
        )
    try:
        return datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError) as error:
        raise InvalidInput(f"{shown(text)} is not a time: {error}") from None
