# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A run as metrics: what is under way, what ended last, what serves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .._store import textfile
from .._store.textfile import Labels
from .model import Journal, Ledger, Performed

HELP = {
    "mainstay_operation_running": "An operation that is under way; there is no series when none is.",
    "mainstay_operation_lease_ends_timestamp_seconds": "When the lease of the operation under way ends unless it is renewed.",
    "mainstay_operation_started_timestamp_seconds": "When the operation under way, or else the last one, began.",
    "mainstay_operation_ended_timestamp_seconds": "When the last operation ended, and how.",
    "mainstay_release_info": "The release that serves.",
}


@dataclass(frozen=True)
class UnderWay:
    """The operation under way, and when its lease ends, in seconds since the epoch."""

    journal: Journal
    lease_ends: float


def page(scope: Labels, known: Ledger, under_way: UnderWay | None) -> str:
    """The whole page; ``scope`` are the labels that every series has."""
    return textfile.page(((name, {**scope, **labels}, value) for name, labels, value in _samples(known, under_way)), HELP)


def _samples(known: Ledger, under_way: UnderWay | None) -> Iterator[tuple[str, Labels, str]]:
    last = known.operations[-1] if known.operations else None
    if under_way:
        journal = under_way.journal
        running = _operation(journal.verb, journal.release, journal.run)
        yield "mainstay_operation_running", running, "1"
        yield "mainstay_operation_lease_ends_timestamp_seconds", running, _moment(under_way.lease_ends)
        yield "mainstay_operation_started_timestamp_seconds", running, _moment(journal.started)
    elif last:
        yield "mainstay_operation_started_timestamp_seconds", _of(last), _moment(last.started)
    if last:
        yield "mainstay_operation_ended_timestamp_seconds", {**_of(last), "verdict": last.verdict}, _moment(last.when)
    if known.live:
        yield "mainstay_release_info", _serving(known, known.live), "1"


def _of(done: Performed) -> Labels:
    return _operation(done.verb, done.asked, done.run)


def _operation(verb: str, release: str, run: str) -> Labels:
    return {"verb": verb, "release": release, "run": run}


def _serving(known: Ledger, live: Performed) -> Labels:
    release = known.releases.get(live.release)
    return {"release": live.release, "version": release.version if release else "", "slot": live.slot}


def _moment(when: float) -> str:
    return f"{when:.3f}"
