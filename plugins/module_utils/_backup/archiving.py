# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether the server archives, by how long its segments wait and not by what it counts; an idle server has none that waits."""

from __future__ import annotations

from collections.abc import Iterator

from .evidence import Finding, Limits, Seen, Server, finding, unknown

OFF = "off"


def archiving(seen: Seen, limits: Limits) -> Iterator[Finding]:
    server = seen.server
    if server is None:
        yield unknown("archiver", seen.trouble or "the server could not be asked, nor its directory read")
        return
    if seen.trouble:
        yield unknown("database", seen.trouble)
    if server.cluster.standby:
        yield unknown("archiver", "this is a standby, and what its primary archives is known there: check the primary")
        return
    yield finding("server", server.cluster.runs, "it runs" if server.cluster.runs else "it does not run, so nothing is archived")
    yield _waits(server, limits)
    if server.mode:
        yield _mode(server)
        yield _timeout(server, limits)
    else:
        yield unknown("archive_mode", "only the server itself can say whether it archives, and how soon: give database")
    if seen.probed:
        told = seen.probe or "a segment that was ended for this arrived in every repository"
        yield finding("probe", not seen.probe, told, limit=limits.archive_within)


def _waits(server: Server, limits: Limits) -> Finding:
    oldest = max(server.waiting, key=lambda one: one.age, default=None)
    if oldest is None:
        return finding("archiver", True, "no segment waits to be archived", value=0, limit=limits.archive_within)
    told = (
        f"{len(server.waiting)} segments wait to be archived, {oldest.name} for {oldest.age:.0f} s; "
        f"{limits.archive_within:.0f} s are allowed"
    )
    is_good = oldest.age <= limits.archive_within
    advice = "" if is_good else ": see what archive_command says in the server's log, and whether it hangs"
    return finding("archiver", is_good, told + advice, value=max(0.0, oldest.age), limit=limits.archive_within)


def _mode(server: Server) -> Finding:
    return finding("archive_mode", server.mode != OFF, f"archive_mode is {server.mode}")


def _timeout(server: Server, limits: Limits) -> Finding:
    """Without it, what was written an hour ago lies in a segment that nobody archives before it is full."""
    timeout = server.timeout or 0
    told = f"archive_timeout is {timeout} s; more than 0 and at most {limits.wal_age:.0f} are expected"
    return finding("archive_timeout", 0 < timeout <= limits.wal_age, told, value=timeout, limit=limits.wal_age)
