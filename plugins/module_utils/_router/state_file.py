# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The file that HAProxy reads at a reload and at a start (`server-state-file`): write beside, fsync, rename."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from .._core.errors import Corrupt, Unavailable
from .._store.durable import sync
from .haproxy import marks
from .model import Key, Mark


def read(path: Path) -> Mapping[Key, Mark]:
    """The marks that were saved last; none if there is no file, or one that HAProxy would not read either."""
    try:
        return marks(path.read_text("utf-8", "replace"))
    except FileNotFoundError:
        return {}
    except ValueError:
        return {}
    except OSError as error:
        raise _unavailable(path, "read", error) from error


def write(path: Path, document: str) -> None:
    """Replace the file; refuses what is no state document, which would put every server back as configured."""
    if not document.startswith("1\n#"):
        raise Corrupt(f"HAProxy did not answer with a server state, so {path} was left as it is: {document[:80]!r}")
    replace(path, document.rstrip("\n") + "\n")


def replace(path: Path, text: str, mode: int = 0o644) -> None:
    """Put the text in place of the file, or leave the file as it is."""
    fresh = path.with_name(f".{path.name}.new")
    try:
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
        with open(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(descriptor)
        fresh.replace(path)
        sync(path.parent)
    except OSError as error:
        raise _unavailable(path, "write", error) from error


def _unavailable(path: Path, verb: str, error: OSError) -> Unavailable:
    return Unavailable(f"could not {verb} {path}: {error.strerror}; see to its directory, its rights and free space")
