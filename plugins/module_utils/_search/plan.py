# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is to be done about a repository and its snapshots."""

from __future__ import annotations

from collections.abc import Iterable

from .._core.plan import Plan, Step
from .._core.text import listed, moment
from .choice import expired
from .model import GOOD, Repository, Snapshot, StillHolds, Taking
from .ready import is_as_registered, is_good, is_moved, is_of

REGISTER, UNREGISTER, TAKE, EXPIRE = "register", "unregister", "take", "expire"


def plan_registered(wanted: Repository, found: Repository | None, holds: int | None, place: str, confirm: str) -> Plan:
    """The registration as wanted; ``holds`` is how many snapshots it shows now, None if it cannot say."""
    if is_as_registered(wanted, found):
        return Plan()
    if found and is_moved(wanted, found):
        _confirmed(wanted.name, holds, place, confirm)
    return Plan((Step(REGISTER, wanted.name, found.shown if found else "", wanted.shown, wanted),))


def plan_unregistered(name: str, found: Repository | None, holds: int | None, place: str, confirm: str) -> Plan:
    """No registration of this name. What is stored stays where it is."""
    if not found:
        return Plan()
    _confirmed(name, holds, place, confirm)
    return Plan((Step(UNREGISTER, name, found.shown, "", found),))


def _confirmed(name: str, holds: int | None, place: str, confirm: str) -> None:
    word = f"{place}/{name}"
    if holds != 0 and confirm != word:
        held = "cannot say what it holds" if holds is None else f"holds {holds} snapshots"
        raise StillHolds(
            f"the repository {name} of {place} {held}, which could not be restored from here any more. They are not deleted. "
            f"If that is meant, run it again with confirm: {word}",
            confirm=word,
        )


def plan_taken(wanted: Taking, found: Iterable[Snapshot], indices: Iterable[str], now: float) -> Plan:
    """A new snapshot, unless one is fresh, and then those that go; they go only once the new one is good."""
    snapshots, holding = list(found), tuple(indices)
    if any(_serves(wanted, one, holding, now) for one in snapshots):
        return Plan(_expiring(wanted, snapshots, now))
    made = Snapshot(f"{wanted.prefix}-{stamp(now)}", GOOD, holding, now)
    taking = Step(TAKE, f"{wanted.repository}/{made.name}", "", listed(holding), made)
    return Plan((taking, *_expiring(wanted, [*snapshots, made], now)))


def _serves(wanted: Taking, one: Snapshot, indices: tuple[str, ...], now: float) -> bool:
    is_fresh = now - one.begun < wanted.fresh
    return is_good(one) and is_of(wanted.prefix, one) and is_fresh and set(indices) <= set(one.indices)


def _expiring(wanted: Taking, snapshots: Iterable[Snapshot], now: float) -> tuple[Step, ...]:
    going = expired(wanted.prefix, snapshots, wanted.retention, now)
    return tuple(Step(EXPIRE, f"{wanted.repository}/{one.name}", f"{one.state} of {moment(one.begun)}", "", one) for one in going)


def stamp(now: float) -> str:
    """The end of a snapshot's name: when it was taken, in UTC, and in small letters as servers want it."""
    return moment(now).replace("-", "").replace(":", "").replace(" ", "-").lower()
