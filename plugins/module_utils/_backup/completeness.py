# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether all is there that the repository says it has: the files of its backups, and the write-ahead log without a hole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .._core.text import listed
from .evidence import Contents, Finding, Limits, Seen, finding, unknown
from .model import DIFF, FULL, INCR, Backup
from .segments import Gap, before, behind, gaps, missing, timeline
from .wal import NAME, SEGMENT_SIZE

MOST_TOLD = 5


def complete(seen: Seen, limits: Limits, repository: int) -> Iterator[Finding]:
    contents = seen.contents[repository]
    if contents.trouble:
        yield unknown("files", contents.trouble, repository)
        yield unknown("segments", contents.trouble, repository)
        return
    yield _files(seen, contents, repository)
    yield _segments(seen, contents, repository)
    yield _arrived(seen, limits, contents, repository)
    if seen.server and seen.server.current:
        yield _timeline(seen.server.current, contents, repository)


def wal_begins(seen: Seen, repository: int) -> str:
    """The segment from which on the repository promises the whole log, "" before there is a backup.

    With ``repo-retention-archive`` older backups keep only what each needs by itself.
    """
    [storage] = [one for one in seen.settings.repositories if one.number == repository]
    counted = {FULL: (FULL,), DIFF: (FULL, DIFF)}.get(storage.archive_kind, (FULL, DIFF, INCR)) if storage.archive else (FULL,)
    backups = [backup for backup in seen.good(repository) if backup.wal_start and backup.kind in counted]
    kept = backups[-storage.archive :] if storage.archive else backups
    return kept[0].wal_start if kept else ""


def _files(seen: Seen, contents: Contents, repository: int) -> Finding:
    """A file that is gone, empty or cut makes the sum smaller; what was changed within is for a restore to find."""
    cut = [backup.label for backup in seen.stanza.of(repository) if is_cut(backup, contents)]
    told = (
        f"files are missing, empty or cut in {_some(cut)}" if cut else "every backup has all bytes that it had when it was taken"
    )
    return finding("files", not cut, told, repository, value=len(cut), limit=0)


def is_cut(backup: Backup, contents: Contents) -> bool:
    """Fewer bytes of it lie there than it had, or its manifest is gone."""
    return backup.label not in contents.manifests or contents.stored.get(backup.label, 0) < backup.stored


def _segments(seen: Seen, contents: Contents, repository: int) -> Finding:
    first = wal_begins(seen, repository)
    if not first:
        return unknown("segments", "without a backup nothing says from where on the write-ahead log is needed", repository)
    size = seen.server.segment_size if seen.server else SEGMENT_SIZE
    whole = {name for name, stored in contents.segments.items() if stored}
    found = {*gaps(whole, first, size), *(gap for b in seen.good(repository) if b.wal_start for gap in _needed(b, whole, size))}
    count = sum(gap.count for gap in found)
    told = (
        f"missing or empty: {_told(sorted(found, key=lambda gap: gap.first))}: nothing after it can be reached"
        if found
        else (f"from {first} to {max(whole)} none is missing")
    )
    return finding("segments", not found, told, repository, value=count, limit=0)


def _needed(backup: Backup, whole: set[str], size: int) -> tuple[Gap, ...]:
    """Without these a backup cannot even be made consistent."""
    return missing(whole, backup.wal_start, backup.wal_stop, size)


def _arrived(seen: Seen, limits: Limits, contents: Contents, repository: int) -> Finding:
    """What the server believes to be archived must be there, whoever it handed it to."""
    newest = max(contents.segments, default="")
    expected = _expected(seen)
    age = seen.now - contents.newest if contents.newest else None
    if not newest:
        return finding("archived", False, "no segment was ever archived here", repository, limit=limits.wal_age)
    if not expected:
        fresh = age is not None and age <= limits.wal_age
        told = (
            f"the newest segment, {newest}, came {age:.0f} s ago; {seen.trouble or 'what the server archived last is not known'}"
        )
        return finding("archived", True, told, repository, value=age) if fresh else unknown("archived", told, repository)
    size = seen.server.segment_size if seen.server else SEGMENT_SIZE
    late = behind(newest, expected, size)
    there = f"the newest segment is {newest}, and the server believes that {expected} is archived"
    return finding("archived", late <= 0, there, repository, value=max(0, late), limit=0)


def _timeline(current: str, contents: Contents, repository: int) -> Finding:
    """A former primary that came back goes on writing, and archiving, what nobody will miss who restores the newest."""
    own, newest = timeline(current), max(map(timeline, contents.segments), default=0)
    told = (
        f"the log of timeline {newest} is here, and the server writes timeline {own}: another one became the primary since, "
        "so find out which of them is right"
        if newest > own
        else f"no log is newer than timeline {own}, which the server writes"
    )
    return finding("timeline", newest <= own, told, repository, value=newest, limit=own)


def _expected(seen: Seen) -> str:
    """The newest segment that must have come: the one before the current, or before the oldest that waits."""
    server = seen.server
    if server is None or server.cluster.standby:
        return ""
    waiting = [one.name for one in server.waiting if NAME.fullmatch(one.name)]
    if server.current:
        return before(min([server.current, *waiting]), server.segment_size)
    return server.archived


def _some(names: Sequence[str]) -> str:
    rest = f" and {len(names) - MOST_TOLD} more" if len(names) > MOST_TOLD else ""
    return f"{', '.join(names[:MOST_TOLD])}{rest}" if rest else listed(names)


def _told(found: Sequence[Gap]) -> str:
    return _some([gap.first if gap.count == 1 else f"{gap.first} to {gap.last} ({gap.count})" for gap in found])
