# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is flushed, and what was found to flush."""

from __future__ import annotations

from dataclasses import dataclass, field

from .._core.errors import InvalidInput, Refused
from .._redis.model import Server

ALWAYS = (
    "*:queue*",
    "queue*",
    "session:*",
    "sessions:*",
    "sess:*",
    "*:session:*",
    "*:sessions:*",
    "bull:*",
    "celery*",
    "_kombu*",
    "unacked*",
    "rq:*",
    "resque:*",
    "sidekiq:*",
)
"""Queues and sessions under the names that frameworks give them. They are no cache: what is deleted there is lost."""

MOST_UNCONFIRMED = 1_000_000


class KeysProtected(Refused):
    """The pattern is for keys that are no cache."""


class NotAPrimary(Refused):
    """The server follows another one, so what is deleted here is not deleted at all."""


class TooMany(Refused):
    """More keys match than may be deleted without a confirmation."""


@dataclass(frozen=True)
class Flush:
    """Keys to delete: those that match the pattern and none of the protected patterns."""

    server: Server
    pattern: str
    protected: tuple[str, ...] = ALWAYS
    largest: int = 100_000
    confirm: str = ""
    timeout: float = 10.0

    def __post_init__(self) -> None:
        if not 1 <= self.largest <= MOST_UNCONFIRMED:
            raise InvalidInput(f"largest is {self.largest}: allowed are 1 to {MOST_UNCONFIRMED}; for more, give confirm")
        if not 0.1 <= self.timeout <= 600:
            raise InvalidInput(f"a timeout of {self.timeout:g} s is not sensible: allowed are 100ms to 10m")


@dataclass(frozen=True)
class Standing:
    """What a server says of itself: ``role`` and ``mode`` in Redis's words, and for a replica where its primary is."""

    role: str
    mode: str
    version: str
    primary: str = ""


@dataclass(frozen=True)
class Tally:
    """Keys that match and may be deleted, keys that match and may not, keys that were deleted; and a few of the first."""

    matched: int = 0
    protected: int = 0
    deleted: int = 0
    samples: tuple[str, ...] = ()

    def plus(self, other: Tally, most: int = 5) -> Tally:
        return Tally(
            self.matched + other.matched,
            self.protected + other.protected,
            self.deleted + other.deleted,
            (self.samples + other.samples)[:most],
        )


@dataclass(frozen=True)
class Primary:
    """A server that takes writes, and what it holds of the pattern."""

    server: Server
    tally: Tally = field(default_factory=Tally)
    is_sharded: bool = False


def total(primaries: tuple[Primary, ...]) -> Tally:
    whole = Tally()
    for primary in primaries:
        whole = whole.plus(primary.tally)
    return whole


def printable(key: bytes, longest: int = 100) -> str:
    """A key as it may be printed."""
    text = key.decode("utf-8", "backslashreplace")
    plain = "".join(sign if sign.isprintable() else "?" for sign in text[:longest])
    return plain + "..." * (len(text) > longest)
