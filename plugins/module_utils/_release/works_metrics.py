# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the ledger says of the works on the data, as metrics: alarms watch how old the last one is that passed."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from .._store import textfile
from .._store.textfile import Labels, Sample
from .model import PASS, Work
from .works import BACKUP, POINT, TIME, VERIFY, ended_of, passed, unfinished

HELP = {
    "mainstay_work_passed_timestamp_seconds": "When the last one that passed ended, 0 if none ever did.",
    "mainstay_work_ended_timestamp_seconds": "When the last one ended.",
    "mainstay_work_good": "1 if the last one passed, 0 if it failed or proved nothing.",
    "mainstay_work_unfinished": "How many began and did not end since the last one that ended.",
    "mainstay_recovery_point_seconds": "How much would have been lost, as it was measured last.",
    "mainstay_recovery_point_target_seconds": "How much may be lost.",
    "mainstay_recovery_time_seconds": "How long a recovery took, as it was measured last.",
    "mainstay_recovery_time_target_seconds": "How long a recovery may take.",
}
NEEDED = (BACKUP, VERIFY)
"""What is told of every host, also where it never ran, so that an alarm can be raised."""


def page(environment: str, known: Sequence[Work], now: float, hosts: Collection[str] = ()) -> str:
    """Of the hosts that are named, or where none are of all that are known: one that is gone must not ring for ever."""
    told = [work for work in known if not hosts or work.host in hosts]
    return textfile.page(_samples({"environment": environment}, told, now), HELP)


def _samples(scope: Labels, known: Sequence[Work], now: float) -> Iterator[Sample]:
    hosts = sorted({work.host for work in known})
    kinds = {(verb, host) for host in hosts for verb in NEEDED} | {(work.verb, work.host) for work in known}
    for verb, host in sorted(kinds):
        yield from _of_kind(
            {**scope, "verb": verb, "host": host}, [one for one in known if (one.verb, one.host) == (verb, host)], now
        )
    for host in hosts:
        yield from _measured({**scope, "host": host}, [one for one in known if one.host == host])


def _of_kind(labels: Labels, known: Sequence[Work], now: float) -> Iterator[Sample]:
    good, done = passed(known, labels["verb"], labels["host"]), ended_of(known, labels["verb"])
    yield "mainstay_work_passed_timestamp_seconds", labels, f"{good.when if good else 0:.3f}"
    if done:
        yield "mainstay_work_ended_timestamp_seconds", labels, f"{done[-1].when:.3f}"
        yield "mainstay_work_good", labels, f"{done[-1].verdict == PASS:d}"
    since = done[-1].started or done[-1].when if done else 0.0
    yield "mainstay_work_unfinished", labels, str(len([one for one in unfinished(known, now) if one.started > since]))


def _measured(labels: Labels, known: Sequence[Work]) -> Iterator[Sample]:
    for key, name in ((POINT, "mainstay_recovery_point"), (TIME, "mainstay_recovery_time")):
        last = next((one for one in reversed(known) if key in one.measured), None)
        if last:
            yield f"{name}_seconds", labels, f"{last.measured[key]:.3f}"
        if last and key in last.targets:
            yield f"{name}_target_seconds", labels, f"{last.targets[key]:.3f}"
