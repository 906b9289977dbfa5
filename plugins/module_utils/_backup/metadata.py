# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What pgbackrest verify does not look at: the repository's own records of what lies in it.

pgBackRest keeps each of them twice and quietly reads the other where one is damaged, so damage is seen by comparing the two.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path, PurePosixPath

from .._core.errors import Corrupt, MainstayError
from .._core.text import listed
from .._core.verdict import Verdict
from .archive import fetch
from .checks import Checked
from .model import Place
from .pgbackrest import listing

COPY = ".copy"
MANIFEST = "backup.manifest"
OF_A_BACKUP = re.compile(
    rb"START WAL LOCATION: [0-9A-F]+/[0-9A-F]+ \(file [0-9A-F]{24}\)\n"
    rb"STOP WAL LOCATION: [0-9A-F]+/[0-9A-F]+ \(file [0-9A-F]{24}\)\n"
    rb"(?:[A-Z ]+: [ -~]+\n)+"
)
OF_A_TIMELINE = re.compile(rb"(?:[0-9]+\t[0-9A-F]+/[0-9A-F]+\t[ -~]+\n|\n)+")
SHOWN = 5
AT_ONCE = 2
"""Records that are read at the same time: most of it is waiting for a program to start."""


def records(place: Place, repository: int) -> Checked:
    """Every record of the repository, read and compared with its twin."""
    paths = sorted(_paths(place, repository))
    with tempfile.TemporaryDirectory(prefix="mainstay-records-") as scratch, ThreadPoolExecutor(AT_ONCE) as pool:
        sound = pool.map(partial(_is_sound, place, repository, scratch=Path(scratch)), paths)
        bad = [path for path, is_sound in zip(paths, sound, strict=True) if not is_sound]
    name = f"records of repository {repository}"
    if bad:
        return Checked(name, Verdict.FAIL, f"damaged: {listed(bad[:SHOWN])}{' and more' if len(bad) > SHOWN else ''}")
    return Checked(name, Verdict.PASS, "all are as they were written")


def _paths(place: Place, repository: int) -> Iterator[str]:
    """Those of which there are two are named once."""
    for root in (f"backup/{place.stanza}", f"archive/{place.stanza}"):
        files = {path for path, entry in json.loads(listing(place, repository, root)).items() if entry["type"] == "file"}
        yield from (f"{root}/{path}" for path in _interesting(files))


def _interesting(files: Iterable[str]) -> Iterator[str]:
    for path in files:
        name = PurePosixPath(path).name
        if name.endswith((".info", ".history", ".backup", MANIFEST)) or path.startswith("backup.history/"):
            yield path


def _is_sound(place: Place, repository: int, path: str, scratch: Path) -> bool:
    try:
        content = _read(place, repository, path, scratch)
        if path.endswith(".backup"):
            return OF_A_BACKUP.fullmatch(content) is not None
        if path.endswith(".history"):
            return OF_A_TIMELINE.fullmatch(content) is not None
        return "/backup.history/" in path or content == _read(place, repository, path + COPY, scratch)
    except MainstayError:
        return False


def _read(place: Place, repository: int, path: str, scratch: Path) -> bytes:
    with tempfile.NamedTemporaryFile(dir=scratch) as file:
        fetch(place, repository, path, Path(file.name))
        content = file.read()
    if not content:
        raise Corrupt(f"{path} is empty")
    return content
