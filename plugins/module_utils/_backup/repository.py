# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether everything in a repository is as it was written."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

from .._core.text import listed
from .._core.verdict import Verdict
from .checks import Checked
from .choose import is_usable
from .metadata import records
from .model import Place, Stanza
from .pgbackrest import call
from .prospect import row_from
from .reach import Archived

BAD = re.compile(r"status: (?!ok|valid|in-progress)\S+|invalid: [1-9]|missing: [1-9]|other: [1-9]")
LONGEST = 500
Reading = Mapping[int, Future[Checked]]
"""By the number of the repository, what will be known of its records."""


@contextmanager
def reading(place: Place, stanza: Stanza) -> Iterator[Reading]:
    """The records of all repositories are read in a thread, for the time in which others are waited for.

    Two programs are started for each, which would take the processors from the checksums. Whoever fails meanwhile waits for
    the repository that is being read, and for no other.
    """
    beside = ThreadPoolExecutor(1)
    try:
        yield {one.number: beside.submit(records, place, one.number) for one in stanza.repositories}
    finally:
        beside.shutdown(cancel_futures=True)


def sound(place: Place, recorded: Reading, timeout: float) -> Iterator[Checked]:
    """Checksums of all files, and the records."""
    for number, one in recorded.items():
        yield _files(place, number, timeout)
        yield one.result()


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
