# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The seam behind which an environment's state lives: a directory now, an object store later."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from .._core.errors import MainstayError


class Changed(MainstayError):
    """Somebody else wrote the document between our reading and our writing."""


class Store(Protocol):
    """Small documents that are replaced atomically, and streams of records that only grow.

    Whatever a method wrote is on stable storage when it returns.
    """

    def read(self, name: str) -> bytes | None:
        """The document, or None if there is none."""

    def replace(self, name: str, content: bytes, expected: bytes | None) -> None:
        """Write the document if it still is ``expected``; raises ``Changed`` otherwise."""

    def append(self, stream: str, following: Callable[[bytes], bytes]) -> None:
        """Add one record, which holds no newline, to the end of the stream.

        ``following`` makes it from the record before ("" for none), while nobody else can add one.
        """

    def records(self, stream: str) -> list[bytes]:
        """All records of the stream, oldest first; one that was being written during a crash does not count."""
