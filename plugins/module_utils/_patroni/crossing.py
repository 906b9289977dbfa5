# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A switch while it goes on: Patroni is asked, and both members are watched for how long nobody takes writes."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from .._core.errors import Unavailable
from .._core.wait import Pace, wait_until
from .._judge.fetch import Place
from . import rest
from .model import Member, PatroniRefused

LOOK_S = 0.05
PATIENCE_S = 2.0
"""For how long one look may last: a member that hangs must not hide the other."""
PROMOTION_S = 10.0
"""For how long the new leader is still looked at after Patroni's answer: it may answer while PostgreSQL is being promoted."""
UNSURE = frozenset({500, 503})
"""Patroni answers 503 both when a switch failed and when it has waited long enough to be told how it ended."""


@dataclass
class Watch:
    """When the old leader was last seen taking writes, and the new one first: seconds of the monotonic clock."""

    old: Place
    new: Place
    last: float
    first: float | None = None

    def look(self) -> bool:
        """Whether the new one takes writes. A look counts from its beginning to its end, so the pause is never told too short."""
        began = time.monotonic()
        if rest.is_writing(self.old):
            self.last = began
        if self.first is None and rest.is_writing(self.new):
            self.first = time.monotonic()
        return self.first is not None

    @property
    def pause(self) -> float | None:
        return None if self.first is None else round(max(self.first - self.last, 0.0), 2)


@dataclass(frozen=True)
class Crossing:
    """What Patroni said in the end, and for how many seconds nobody took writes, None if the end was not seen."""

    answer: str
    pause: float | None


def cross(place: Place, leader: Member, candidate: Member, deadline: float) -> Crossing:
    """Switch. An answer that does not come, or leaves it open, is no error here: the cluster is read afterwards."""
    old, new = (replace(rest.own_place(place, one), timeout=PATIENCE_S) for one in (leader, candidate))
    watch = Watch(old, new, time.monotonic())
    patient = replace(place, timeout=max(deadline, place.timeout))
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(_answer, patient, leader.name, candidate.name)
        wait_until(lambda: watch.look() or asked.done(), bool, Pace(deadline, LOOK_S))
        answer = asked.result()
    wait_until(watch.look, bool, Pace(min(PROMOTION_S, deadline), LOOK_S))
    return Crossing(answer, watch.pause)


def _answer(place: Place, leader: str, candidate: str) -> str:
    """What Patroni answers; ``PatroniRefused`` and ``LoginRefused`` where it surely did not begin, or gave up."""
    try:
        return rest.switch(place, leader, candidate)
    except PatroniRefused as error:
        if error.details.get("status") not in UNSURE or "failed" in error.message:
            raise
        return error.message
    except Unavailable as error:
        return error.message
