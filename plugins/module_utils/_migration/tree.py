# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The files of a directory, read with limits: on the controller by the action plugins, on the target with remote_src."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from .._core.errors import InvalidInput, NotFound
from .._core.text import shown

LARGEST_FILE = 1 << 20
LARGEST_TREE = 16 << 20
MOST_FILES = 5000


def read(root: Path, *, nested: bool) -> dict[str, str]:
    """Every file by its path below ``root``; hidden ones, README and bytecode do not count.

    Raises ``InvalidInput`` for whatever is no regular file of UTF-8 text or too large, ``NotFound`` without a directory.
    """
    if not root.is_dir():
        raise NotFound(f"{root} is not a directory: give the one that holds the migrations")
    found: dict[str, str] = {}
    total = 0
    for path in _paths(root, nested):
        found[path.relative_to(root).as_posix()] = text = _text(path)
        total += len(text)
        _limit(root, len(found), total)
    return found


def write(files: Mapping[str, str], root: Path) -> None:
    """The files below ``root``, which exists; a path that leads elsewhere is refused."""
    for name, text in files.items():
        parts = name.split("/")
        if name.startswith("/") or "\0" in name or not all(part.strip(".") for part in parts):
            raise InvalidInput(f"{shown(name)} is not a path below the directory of the migrations")
        path = root.joinpath(*parts)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="")


def checked(files: Mapping[str, object]) -> dict[str, str]:
    """Files that came as a parameter, held to the same limits."""
    texts = {name: text for name, text in files.items() if isinstance(text, str)}
    if len(texts) < len(files):
        raise InvalidInput("files must hold text only: a dictionary from file names to contents")
    for name, text in texts.items():
        if len(text) > LARGEST_FILE:
            raise InvalidInput(f"{shown(name)} has {len(text)} characters: allowed are {LARGEST_FILE}")
    _limit(Path("files"), len(texts), sum(map(len, texts.values())))
    return texts


def _paths(root: Path, nested: bool) -> Iterator[Path]:
    for entry in sorted(os.scandir(root), key=lambda entry: entry.name):
        path = Path(entry.path)
        if entry.name.startswith((".", "README")) or entry.name == "__pycache__":
            continue
        if nested and entry.is_dir(follow_symlinks=False):
            yield from _paths(path, nested)
        elif entry.is_file(follow_symlinks=False):
            yield path
        else:
            raise InvalidInput(f"{path} is not a regular file: only those may lie among migrations, no links and no directories")


def _text(path: Path) -> str:
    try:
        size = path.stat().st_size
        if size > LARGEST_FILE:
            raise InvalidInput(f"{path} has {size} bytes: allowed are {LARGEST_FILE}; load data by other means")
        return path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{path} is not UTF-8 text: byte {error.start} cannot be read; save it as UTF-8") from error
    except OSError as error:
        raise InvalidInput(f"could not read {path}: {error.strerror}") from error


def _limit(root: Path, count: int, total: int) -> None:
    if count > MOST_FILES or total > LARGEST_TREE:
        raise InvalidInput(
            f"{root} holds more than {MOST_FILES} files or {LARGEST_TREE} characters: give a directory that holds migrations only"
        )
