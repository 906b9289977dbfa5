# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The write-ahead log in the repositories: which segments are there, and what the last ones hold."""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from .._core.errors import Corrupt, LibraryMissing
from .model import Place, Stanza
from .owner import ENVIRONMENT, command, give, said
from .pgbackrest import PROGRAM, call, listing
from .reach import Archived, Reach
from .wal import Segment, lsn, parsed_name, segment_name

FILE = re.compile(r"[0-9A-F]{16}/([0-9A-F]{24})-[0-9a-f]{40}(\.[a-z0-9]+)?")
HISTORY = re.compile(r"([0-9A-F]{8})\.history")
UNPACK = {".zst": ("zstd", "-dcq"), ".lz4": ("lz4", "-dcq"), ".gz": ("gzip", "-dc"), ".bz2": ("bzip2", "-dc")}
RECORD = re.compile(r"lsn: ([0-9A-F]+/[0-9A-F]+),")
DESCRIBED = ", desc: "
ENDED = re.compile(DESCRIBED + r"(?:COMMIT|ABORT)(?:_PREPARED)?:? .*?([0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:.]+) UTC")
LOOKED_AT = 64
"""Segments that are looked into for the last commit, from the newest back."""
LOOK_S = 120.0


@dataclass(frozen=True)
class Witness:
    """The end of what can be reached: where its last record begins, and when its last transaction ended; None if unknown."""

    record: int = 0
    ended: float | None = None


def archived(place: Place, stanza: Stanza, size: int) -> Archived:
    """A segment that lies in several repositories is taken from the first."""
    segments: dict[tuple[int, int], Segment] = {}
    histories: dict[int, str] = {}
    for repository in (one.number for one in stanza.repositories if not one.problem):
        folder = stanza.archive(repository)
        if folder is None:
            continue
        root = f"archive/{place.stanza}/{folder.name}"
        for path, entry in json.loads(listing(place, repository, root)).items():
            segment = _segment(f"{root}/{path}", path, entry, repository, size)
            if segment:
                segments.setdefault((segment.timeline, segment.number), segment)
            elif match := HISTORY.fullmatch(path):
                histories.setdefault(int(match[1], 16), _history(place, repository, f"{root}/{path}"))
    return Archived(tuple(sorted(segments.values())), histories)


def witness(place: Place, binaries: Path, reach: Reach) -> Witness:
    """Looks into the last segments, newest first, until one holds the end of a transaction.

    Once the last record is known, nothing else is asked for: the segment before is often full of other records.
    """
    record, ended = 0, 0.0
    with tempfile.TemporaryDirectory(prefix="mainstay-wal-") as scratch:
        give(Path(scratch), place.user)
        for segment in list(reversed(reach.segments))[:LOOKED_AT]:
            file = Path(scratch) / segment_name(segment.timeline, segment.number, reach.size)
            only = ["--rmgr=Transaction"] if record else []
            text = _dumped(place, segment, file, [str(binaries / "pg_waldump"), *only])
            record, ended = record or last_record(text), last_end(text)
            if ended:
                break
    return Witness(record, ended or None)


def last_record(text: str) -> int:
    """The position at which the last record begins of those that pg_waldump tells, 0 where it tells none."""
    return next((lsn(found[1]) for line in reversed(text.splitlines()) if (found := RECORD.search(line))), 0)


def last_end(text: str) -> float:
    """When the last transaction ended of those that pg_waldump tells, in seconds since the epoch; 0 where it tells none.

    Of a full segment it writes a hundred thousand lines, so it is not taken apart line by line.
    """
    found = (match[1] for match in ENDED.finditer(text) if _describes(text, match.start()))
    return max((datetime.fromisoformat(f"{moment}+00:00").timestamp() for moment in found), default=0.0)


def _segment(file: str, path: str, entry: Mapping[str, object], repository: int, size: int) -> Segment | None:
    match = FILE.fullmatch(path)
    parsed = parsed_name(match[1], size) if match else None
    if not parsed:
        return None
    timeline, number = parsed
    return Segment(number, timeline, int(str(entry["size"])), float(str(entry["time"])), repository, file)


def _history(place: Place, repository: int, path: str) -> str:
    return call(place, "repo-get", f"--repo={repository}", path, timeout=LOOK_S).output


def _describes(text: str, start: int) -> bool:
    """The description begins there, and is not quoted in one: anybody may write messages into the log."""
    return text.find(DESCRIBED, text.rfind("\n", 0, start) + 1) == start


def _dumped(place: Place, segment: Segment, file: Path, program: Sequence[str]) -> str:
    """What pg_waldump says of the segment; it fails at the log's end."""
    fetch(place, segment.repository, segment.file, file)
    give(file, place.user)
    _code, text = said(place.user, [*program, str(file)], LOOK_S)
    file.unlink()
    return text


def fetch(place: Place, repository: int, path: str, file: Path) -> None:
    """Bring a file of the repository here; pgBackRest decrypts and does not unpack."""
    asked = [PROGRAM, f"--config={place.config}", f"--stanza={place.stanza}", "--log-level-console=off", "--log-level-stderr=off"]
    get = command(place.user, [*asked, "repo-get", f"--repo={repository}", path])
    unpack = UNPACK.get(Path(path).suffix)
    with open(file, "wb") as to:
        # pylint: disable-next=ansible-bad-function # this is no module, which alone has run_command
        source = subprocess.Popen(
            get, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE if unpack else to, cwd="/", env=ENVIRONMENT
        )
        with source:
            unpacked = _unpacked(unpack, source, to.fileno()) if unpack else 0
    if source.returncode or unpacked:
        why = f"pgbackrest ended with {source.returncode}" + (f", {unpack[0]} with {unpacked}" if unpack else "")
        raise Corrupt(
            f"{path} of repository {repository} could not be read ({why}): run backup_verify to see what else is damaged"
        )


def _unpacked(unpack: Sequence[str], source: subprocess.Popen[bytes], to: int) -> int:
    try:
        # pylint: disable-next=ansible-bad-function # likewise
        return subprocess.run(unpack, stdin=source.stdout, stdout=to, stderr=subprocess.DEVNULL, check=False).returncode
    except FileNotFoundError:
        source.kill()
        raise LibraryMissing(f"the program {unpack[0]} is missing on this host: install the Debian package {unpack[0]}") from None
