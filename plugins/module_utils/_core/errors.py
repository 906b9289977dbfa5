# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Every error that the collection raises on purpose, in one tree.

MainstayError
├── InvalidInput            a value that the grammar or the environment does not allow
├── LibraryMissing          the target lacks a Python library that a module needs
├── Refused                 a guard that an operator can satisfy or override
│   ├── LockHeld            another run owns the environment
│   ├── FencedOff           this run lost the lock to a newer one
│   ├── KnownBad            the release failed before and nobody has cleared it
│   └── Irreversible        old code cannot live with the new schema
├── NotFound                something that was named does not exist
├── Unavailable             a server did not answer, or not in time
├── Corrupt                 a stored record does not match its checksum
├── TimedOut                what was waited for did not come; says what was seen last
└── Failed                  an action was tried and did not work

A domain adds its own errors below the branch that they belong to, in its own package.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class MainstayError(Exception):
    """Says what was tried, on what, why it failed and what to do next.

    ``details`` is returned beside the message, so it must hold no secret.
    """

    def __init__(self, message: str, **details: object) -> None:
        super().__init__(message)
        self.message = message
        self.details: Mapping[str, Any] = details


class InvalidInput(MainstayError):
    """A value that the grammar or the environment does not allow."""


class LibraryMissing(MainstayError):
    """The target lacks a Python library that a module needs."""


class Refused(MainstayError):
    """A guard that an operator can satisfy or override."""


class LockHeld(Refused):
    """Another run owns the environment."""


class FencedOff(Refused):
    """This run lost the lock to a newer one."""


class KnownBad(Refused):
    """The release failed before and nobody has cleared it."""


class Irreversible(Refused):
    """Old code cannot live with the new schema."""


class NotFound(MainstayError):
    """Something that was named does not exist."""


class Unavailable(MainstayError):
    """A server did not answer, or not in time."""


class Corrupt(MainstayError):
    """A stored record does not match its checksum."""


class TimedOut(MainstayError):
    """What was waited for did not come; the message says what was seen last."""


class Failed(MainstayError):
    """An action was tried and did not work."""
