# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A command that runs once in a container of its own, and what is there of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .._core.errors import Failed, Refused, TimedOut
from .._replicas.model import Scope


class CommandFailed(Failed):
    """The command ended with an exit code other than 0."""


class CommandTimedOut(TimedOut):
    """The command did not end in time and was stopped."""


class CommandRunning(Refused):
    """A command of this name still runs for another release, or with other options."""


@dataclass(frozen=True)
class Command:
    """What is to run, in the container ``name``; ``text`` is how it may be shown, times are seconds."""

    scope: Scope
    name: str
    text: str
    image: str
    release: str
    config: str
    body: Mapping[str, Any]
    timeout: float
    lines: int
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Running:
    """A container of an earlier run; ``started_at`` is seconds since the epoch, 0 if it never ran."""

    id: str
    state: str
    release: str
    config: str
    started_at: float = 0.0
    exit_code: int = 0
    oom_killed: bool = False
    is_ours: bool = True


@dataclass(frozen=True)
class Found:
    """What an earlier run left, and whether the image is here."""

    left: Running | None = None
    has_image: bool = False


@dataclass(frozen=True)
class Ended:
    """How the command ended; ``attached`` says that an earlier run had started it."""

    exit_code: int
    output: tuple[str, ...]
    seconds: float
    attached: bool = False
    oom_killed: bool = False
