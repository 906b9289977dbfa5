# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is to be done about our silences. Those without our key are nobody's but their makers'."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from .._core.plan import Plan, Step
from .._core.text import moment
from .model import Silence, Silencing
from .ready import is_as_wanted, is_live, matches_the_same

PUT, EXTEND, EXPIRE = "silence", "extend", "expire"


def plan_present(wanted: Silencing, found: Iterable[Silence], now: float) -> Plan:
    """One silence with these matchers until then, and no other of this key."""
    ours = sorted(_ours(wanted.key, found), key=lambda silence: silence.ends)
    same = [silence for silence in ours if matches_the_same(silence, wanted.matchers)][-1:]
    first = _kept(wanted, same[0], now) if same else (_put(wanted, now),)
    return Plan((*first, *(_expire(silence) for silence in ours if silence not in same)))


def plan_absent(key: str, found: Iterable[Silence]) -> Plan:
    """No silence of this key."""
    return Plan(tuple(_expire(silence) for silence in _ours(key, found)))


def _ours(key: str, found: Iterable[Silence]) -> list[Silence]:
    return [silence for silence in found if silence.key == key and is_live(silence)]


def _put(wanted: Silencing, now: float) -> Step:
    made = Silence("", tuple(sorted(wanted.matchers)), "", now + wanted.seconds, wanted.marked, wanted.creator)
    return Step(PUT, made.shown, "", f"until {moment(made.ends)}", made)


def _kept(wanted: Silencing, silence: Silence, now: float) -> tuple[Step, ...]:
    if is_as_wanted(silence, wanted, now):
        return ()
    longer = replace(silence, ends=now + wanted.seconds, comment=wanted.marked, creator=wanted.creator)
    return (Step(EXTEND, silence.shown, f"until {moment(silence.ends)}", f"until {moment(longer.ends)}", longer),)


def _expire(silence: Silence) -> Step:
    return Step(EXPIRE, silence.shown, f"until {moment(silence.ends)}", "", silence)
