# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which server of a cluster is backed up, restored, and named before a migration: the one that takes writes.

Members are asked, never believed by their group. A server of a cluster of its own is none of ours; one that came back from
the past is no primary; and where nobody is known to take writes, the usual one is meant only if it may be that it does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .._core.errors import Refused
from .._core.text import listed
from .model import HELD, PRIMARY, STANDBY, STOPPED_PRIMARY, STOPPED_STANDBY

NO_WRITERS = (STANDBY, STOPPED_STANDBY, HELD)


class NoOneWriter(Refused):
    """Nobody takes writes, or nobody can say which server rightly does."""


class StillNeeded(Refused):
    """Nobody is known to have taken the place of the server that shall be fenced, or it takes no writes."""


@dataclass(frozen=True)
class Member:
    """A server as its host describes it; ``role`` is "" where it did not answer."""

    name: str
    role: str = ""
    system_id: str = ""
    timeline: int = 0
    fenced: bool = False
    removed: bool = False

    @property
    def told(self) -> str:
        return f"{self.name} is {self.role}" if self.role else f"{self.name} does not answer"


def writer(members: Sequence[Member], usual: str, *, needed: bool = True) -> str:
    """The name of the server; raises ``NoOneWriter`` where two are, or with ``needed`` where certainly none is."""
    ours = [one for one in members if one.system_id and one.system_id == _cluster(members, usual)]
    primaries = [one for one in ours if one.role == PRIMARY]
    if not primaries:
        return _usual(members, usual, needed)
    if len(primaries) > 1:
        raise NoOneWriter(
            f"{listed([one.name for one in primaries])} both take writes. Decide which one is right, most often the one "
            "that was promoted last, and fence the other: fence_primary -e host=..."
        )
    [one] = primaries
    if ahead := [other for other in ours if other.timeline > one.timeline]:
        raise NoOneWriter(_behind(one, ahead[0]))
    return one.name


def _behind(one: Member, other: Member) -> str:
    """Either it came back, or the other one was promoted by mistake and is fenced by now."""
    told = f"{one.name} takes writes on timeline {one.timeline}, but {other.told} on timeline {other.timeline}"
    if other.role == HELD:
        return f"{told}. If that was promoted by mistake, have it follow: add_replica -e host={other.name}. See docs/replicas.md"
    return (
        f"{told}: another one became the primary since. If that one is right, fence the other: fence_primary -e host={one.name}"
    )


def followers(members: Sequence[Member], usual: str) -> list[str]:
    """The standbys of the cluster that run."""
    return [one.name for one in members if one.system_id and one.system_id == _cluster(members, usual) and one.role == STANDBY]


def words_to_fence(members: Sequence[Member], name: str, environment: str) -> str:
    """What must be typed to fence a primary that came back, other words for the one promoted last, "" where it is fenced already.

    Raises ``StillNeeded`` where it is not known that another one took its place.
    """
    one = next((member for member in members if member.name == name), Member(name))
    if one.fenced and not one.removed and one.role != PRIMARY:
        return ""
    if one.removed or one.role not in (PRIMARY, STOPPED_PRIMARY):
        raise StillNeeded(
            f"{one.told}: only a server that takes writes, or did before it was stopped, is fenced; nothing was touched"
        )
    others = [other for other in members if other != one and other.system_id == one.system_id]
    if [other for other in others if other.role == PRIMARY and other.timeline < one.timeline]:
        return f"{environment} {name} was promoted by mistake"
    if [other for other in others if other.role == PRIMARY or (other.timeline > one.timeline and other.role != HELD)]:
        return f"{environment} {name}"
    if not others and len([member for member in members if member.system_id]) > 1:
        raise StillNeeded(
            f"{name} has a cluster of its own, of which no other member is: stop it and move its data away instead. Nothing "
            "was touched"
        )
    raise StillNeeded(
        f"nobody else is known to have taken the place of {name} ({listed([member.told for member in members])}): "
        "switch_primary -e to=... has another one take the writes, and fences the old one first. Nothing was touched"
    )


def _usual(members: Sequence[Member], usual: str, needed: bool) -> str:
    """Whoever works on it says what is wrong with it; but what only follows is not worked on as if it took writes."""
    [own] = [one for one in members if one.name == usual]
    if needed and own.role in NO_WRITERS:
        raise NoOneWriter(f"nobody is known to take writes: {listed([one.told for one in members])}. See docs/replicas.md")
    return usual


def _cluster(members: Sequence[Member], usual: str) -> str:
    """The one of most members; of clusters as large the one that was promoted more often, for a new one never was."""

    def weight(identity: str) -> tuple[int, int, bool]:
        alike = [one for one in members if one.system_id == identity]
        return len(alike), max(one.timeline for one in alike), usual in [one.name for one in alike]

    return max(sorted({one.system_id for one in members if one.system_id}), key=weight, default="")
