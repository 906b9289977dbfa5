# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""State in a directory of the operations host: write beside, fsync, rename, fsync the directory."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from .._core.errors import Unavailable
from .durable import sync
from .model import Changed


class DirectoryStore:
    """A ``Store`` in one directory, which is created when something is first written."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def read(self, name: str) -> bytes | None:
        try:
            return (self._root / name).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _unavailable(self._root / name, "read", error) from error

    def replace(self, name: str, content: bytes, expected: bytes | None) -> None:
        with self._exclusive(name):
            if self.read(name) != expected:
                raise Changed(f"{name} was changed by another run at the same moment; run again")
            fresh = self._root / f".{name}.new"
            _write(fresh, content, os.O_TRUNC)
            fresh.replace(self._root / name)
            sync(self._root)

    def remove(self, name: str) -> None:
        """Forget a document that nobody writes any more, and the lock beside it; one that is not there is no error."""
        with self._exclusive(name):
            (self._root / name).unlink(missing_ok=True)
            (self._root / f".{name}.lock").unlink(missing_ok=True)
            sync(self._root)

    def append(self, stream: str, following: Callable[[bytes], bytes]) -> None:
        """What a crash or a full disk left half written at the end goes first: nobody was told that it was there."""
        with self._exclusive(stream):
            whole = (self.read(stream) or b"").rpartition(b"\n")
            record = following(whole[0].rpartition(b"\n")[2])
            if whole[2]:
                os.truncate(self._root / stream, len(whole[0]) + len(whole[1]))
            _write(self._root / stream, record + b"\n", os.O_APPEND)
            sync(self._root)

    def records(self, stream: str) -> list[bytes]:
        whole = (self.read(stream) or b"").rpartition(b"\n")[0]
        return [line for line in whole.split(b"\n") if line]

    @contextmanager
    def _exclusive(self, name: str) -> Iterator[None]:
        try:
            self._root.mkdir(mode=0o750, parents=True, exist_ok=True)
            with open(self._root / f".{name}.lock", "w") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                yield
        except OSError as error:
            raise _unavailable(self._root / name, "write", error) from error


def _write(path: Path, content: bytes, how: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | how, 0o640)
    try:
        while content:
            content = content[os.write(descriptor, content) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _unavailable(path: Path, verb: str, error: OSError) -> Unavailable:
    return Unavailable(f"could not {verb} {path}: {error.strerror}; see to the directory's rights and to free space")
