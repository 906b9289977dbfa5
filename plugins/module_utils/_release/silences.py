# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The silences of a run. Each ends with the lease of its run, so that those of a killed run go by themselves.

What is remembered between two modules of a run, and from a dead run to the next, is a document beside the journal.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace

from .._alert import alertmanager
from .._alert.model import Silence, Silencing
from .._alert.plan import plan_absent, plan_present
from .._alert.ready import is_live
from .._judge.fetch import Place
from .._store.model import Store
from .model import Journal
from .monitoring import Monitoring, matchers

DOCUMENT = "silences.json"
ENDED_BY_HAND_S = 2.0
"""Seconds by which a silence must have ended too early before somebody must have ended it; clocks differ, and it is rounded."""


@dataclass(frozen=True)
class Kept:
    """A silence of ours: its id, "" once somebody ended it by hand, and when it is to end."""

    id: str
    ends: float


@dataclass(frozen=True)
class Known:
    """Silences by key, and until when Alertmanager is not asked again because it did not answer."""

    silences: Mapping[str, Kept] = field(default_factory=dict)
    quiet_until: float = 0.0


@dataclass(frozen=True)
class Term:
    """Whose silences they are, why, and from when to when."""

    environment: str
    application: str
    comment: str = ""
    now: float = 0.0
    ends: float = 0.0

    @property
    def prefix(self) -> str:
        return "/".join(filter(None, (self.environment, self.application)))


def of_run(environment: str, journal: Journal, now: float, ends: float) -> Term:
    who = journal.who or "somebody"
    comment = f"{journal.verb} {journal.release} (run {journal.run}) by {who} in {environment}"
    return Term(environment, journal.application, comment, now, ends)


def wanted(monitoring: Monitoring, term: Term) -> list[Silencing]:
    """What is to be silenced; the key is the same in every run, so the next one finds what a dead one left."""
    return [
        Silencing(f"{term.prefix}/{_digest(labels)}", matchers(labels), term.ends - term.now, term.comment)
        for labels in monitoring.silences
    ]


def put_up(place: Place, monitoring: Monitoring, term: Term, _known: Mapping[str, Kept]) -> dict[str, Kept]:
    """Silence what is wanted and nothing else that is ours, whatever an earlier run left and remembered."""
    asked, found = wanted(monitoring, term), alertmanager.live(place)
    keys = {one.key for one in asked}
    for silence in found:
        if _is_of(silence, term) and silence.key not in keys:
            alertmanager.expire(place, silence.id)
    return {one.key: _put(place, one, found, term) for one in asked}


def _put(place: Place, one: Silencing, found: Sequence[Silence], term: Term) -> Kept:
    ids = alertmanager.carry_out(place, plan_present(one, found, term.now))
    there = [silence.id for silence in found if silence.key == one.key]
    return Kept((ids or there)[-1], term.ends)


def keep(place: Place, monitoring: Monitoring, term: Term, known: Mapping[str, Kept]) -> dict[str, Kept]:
    """Let the silences end with the lease as it is now. One that somebody ended by hand stays ended."""
    asked = {one.key: one for one in wanted(monitoring, term)}
    if set(asked) != set(known):
        return put_up(place, monitoring, term, known)
    return {key: _extended(place, one, known[key], term) for key, one in asked.items()}


def _extended(place: Place, one: Silencing, kept: Kept, term: Term) -> Kept:
    silence = alertmanager.one(place, kept.id) if kept.id else None
    if not kept.id or (silence and _was_ended_by_hand(silence, kept)):
        return replace(kept, id="")
    if silence is None or not is_live(silence):
        return _put(place, one, [], term)
    return Kept(alertmanager.put(place, replace(silence, ends=term.ends)), term.ends)


def _was_ended_by_hand(silence: Silence, kept: Kept) -> bool:
    return not is_live(silence) and silence.ends < kept.ends - ENDED_BY_HAND_S


def take_down(place: Place, term: Term, lingering: float) -> None:
    """End all silences that are ours, remembered or not, once what the run caused has passed, so many seconds from now."""
    found = alertmanager.live(place)
    for silence in found:
        if _is_of(silence, term) and lingering:
            alertmanager.put(place, replace(silence, ends=term.now + lingering))
        elif _is_of(silence, term):
            alertmanager.carry_out(place, plan_absent(silence.key, found))


def load(store: Store) -> Known:
    """What is remembered; what cannot be read is looked for in Alertmanager."""
    try:
        document = json.loads(store.read(DOCUMENT) or b"{}")
        kept = {key: Kept(**one) for key, one in document.get("silences", {}).items()}
        return Known(kept, float(document.get("quiet_until", 0)))
    except (ValueError, TypeError, AttributeError):
        return Known()


def save(store: Store, known: Known) -> None:
    store.replace(DOCUMENT, json.dumps(asdict(known), sort_keys=True).encode(), store.read(DOCUMENT))


def _is_of(silence: Silence, term: Term) -> bool:
    return silence.key.rpartition("/")[0] == term.prefix


def _digest(labels: Mapping[str, str]) -> str:
    return hashlib.sha256(json.dumps(dict(labels), sort_keys=True).encode()).hexdigest()[:12]
