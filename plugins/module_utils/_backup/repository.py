# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether everything in a repository is as it was written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from .._core.text import listed
from .._core.verdict import Verdict
from .archive import Archived
from .checks import Checked
from .choose import is_usable
from .metadata import records
from .model import Place, Stanza
from .pgbackrest import call
from .prospect import row_from

BAD = re.compile(r"status: (?!ok|valid|in-progress)\S+|invalid: [1-9]|missing: [1-9]|other: [1-9]")
LONGEST = 500


def sound(place: Place, stanza: Stanza, there: Archived, timeout: float) -> Iterator[Checked]:
    """Checksums of all files, the records, and a log without gaps after every backup."""
    with ThreadPoolExecutor(1) as beside:
        for repository in stanza.repositories:
            recorded = beside.submit(records, place, repository.number)
            yield _files(place, repository.number, timeout)
            yield recorded.result()
    yield gaps(stanza, there)


def gaps(stanza: Stanza, there: Archived) -> Checked:
    """pgbackrest verify counts what is there, and misses nothing."""
    rows = [row_from(backup, there, None) for backup in stanza.backups if is_usable(stanza, backup)]
    missing = sorted({row.missing for row in rows if row.missing})
    if missing:
        return Checked("write-ahead log", Verdict.FAIL, f"missing, though later segments are there: {listed(missing)}")
    return Checked("write-ahead log", Verdict.PASS if rows else Verdict.INCONCLUSIVE, f"no gap after {len(rows)} backups")


def _files(place: Place, number: int, timeout: float) -> Checked:
    """It ends with 0 whatever it finds."""
    said = call(place, "verify", f"--repo={number}", "--output=text", timeout=timeout)
    text, name = " ".join(said.output.split()), f"files of repository {number}"
    if BAD.search(text) or said.warnings:
        return Checked(name, Verdict.FAIL, f"{text} {' '.join(said.warnings)}".strip()[:LONGEST])
    return Checked(name, Verdict.PASS, "every checksum is right")
