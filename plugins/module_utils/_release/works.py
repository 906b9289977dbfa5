# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the works on the data come to: which did not end, what to write down of one, and what a report tells of recovery."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from .._report.model import Doing, Measurement, Recovery
from .model import PASS, Work

BACKUP, VERIFY = "backup", "verify_backup"
UNFINISHED, UNDER_WAY = "unfinished", "under way"
POINT, TIME = "rpo_s", "rto_s"
MEASUREMENTS = 100
"""So many are drawn."""
DOINGS = 30
"""So many are listed."""


def started(known: Iterable[Work], work: Work) -> Work | None:
    """What the ledger knows of this run on this host."""
    return next((one for one in known if (one.run, one.host) == (work.run, work.host)), None)


def ended(work: Work, before: Work | None) -> Work:
    """How it ended, with when it began; that is not known of one that nobody wrote down when it began."""
    return replace(work, started=before.started, who=before.who or work.who) if before else work


def repeats(work: Work, known: Sequence[Work], quiet: float) -> bool:
    """The last of its kind came to the same, and is younger than ``quiet`` seconds."""
    alike = [one for one in known if (one.verb, one.host) == (work.verb, work.host)]
    if not alike:
        return False
    last = alike[-1]
    return (last.verdict, sorted(last.about)) == (work.verdict, sorted(work.about)) and work.when - last.when < quiet


def unfinished(known: Sequence[Work], now: float) -> list[Work]:
    """What began and cannot be under way any more: its time is over, or another of its kind began after it."""
    waiting = [one for one in known if not one.verdict]
    return [one for one in waiting if now > one.started + one.within or _is_followed(one, known)]


def _is_followed(work: Work, known: Iterable[Work]) -> bool:
    return any((one.verb, one.host) == (work.verb, work.host) and one.started > work.started for one in known)


def of_cluster(known: Iterable[Work], cluster: Collection[str], host: str) -> list[Work]:
    """What was done with any server of a cluster counts for the one whose data it is now, or a switch would look like neglect."""
    return [replace(one, host=host) if {one.host, host} <= {*cluster} else one for one in known]


def passed(known: Iterable[Work], verb: str, host: str) -> Work | None:
    """The last of its kind that passed."""
    return next((one for one in reversed(ended_of(known, verb)) if one.host == host and one.verdict == PASS), None)


def ended_of(known: Iterable[Work], verb: str) -> list[Work]:
    return [one for one in known if one.verb == verb and one.verdict]


def recovery(known: Sequence[Work], now: float) -> Recovery:
    """What the page of an environment tells; the last of each kind counts over all hosts."""
    dead = unfinished(known, now)
    backups, verified = ended_of(known, BACKUP), ended_of(known, VERIFY)
    good = [one for one in backups if one.verdict == PASS]
    measured = [one for one in known if one.verdict and {POINT, TIME} & one.measured.keys()]
    return Recovery(
        written=now,
        backup=_doing(good[-1], dead) if good else None,
        verified=_doing(verified[-1], dead) if verified else None,
        unfinished=tuple(_doing(one, dead) for one in dead),
        measurements=tuple(_measurement(one) for one in measured[-MEASUREMENTS:]),
        doings=tuple(_doing(one, dead) for one in reversed(known[-DOINGS:])),
    )


def _measurement(work: Work) -> Measurement:
    return Measurement(
        work.when, work.measured.get(POINT), work.measured.get(TIME), work.targets.get(POINT), work.targets.get(TIME)
    )


def _doing(work: Work, dead: Sequence[Work]) -> Doing:
    return Doing(
        when=work.when or work.started,
        verb=work.verb,
        host=work.host,
        who=work.who,
        seconds=work.when - work.started if work.verdict and work.started else None,
        verdict=work.verdict or (UNFINISHED if work in dead else UNDER_WAY),
        why=work.why,
        measured=_measurement(work),
    )
