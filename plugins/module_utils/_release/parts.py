# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The parts in which a release comes into service: hosts one batch after the other, or traffic one step after the other."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from . import batches
from .canary import ALL, Course, comparison, weights
from .model import Fleet, Release, other


@dataclass(frozen=True)
class Part:
    """``starts`` are the hosts that begin to run the release, ``serves`` those that then serve it, ``rest`` those that serve the
    one before, and ``leaves`` those on which that one is over. ``share`` is the percentage of the traffic that the release gets,
    None where it is as much as its servers take. Of a canary, ``spare`` are the hosts that can take all traffic back at once,
    and a person may take ``pause`` to let it go on.
    """

    starts: tuple[str, ...]
    serves: tuple[str, ...]
    rest: tuple[str, ...]
    leaves: tuple[str, ...]
    watch: str
    share: int | None = None
    spare: tuple[str, ...] = ()
    pause: str = "0s"


def by_host(hosts: Sequence[Sequence[str]], watch: str) -> list[Part]:
    """Batches of hosts, each of which replaces what served on it."""
    done = [tuple(host for batch in hosts[: n + 1] for host in batch) for n in range(len(hosts))]
    return [
        Part(tuple(batch), serves, tuple(host for host in done[-1] if host not in serves), tuple(batch), watch)
        for batch, serves in zip(hosts, done, strict=True)
    ]


def by_share(course: Course, ready: Sequence[str], behind: Sequence[str]) -> list[Part]:
    """Steps of a canary: as many hosts as the share of the traffic, those ``behind`` first, which serve nothing else any more.

    What serves keeps all of its replicas until the last step, so that going back is one change of weights. A host starts again
    in each step what it started in an earlier one, which does nothing if that runs.
    """
    ordered = (*behind, *ready)
    parts = []
    for step in course.steps:
        serves = ordered[: max(len(behind), math.ceil(len(ordered) * step.share / ALL))]
        is_last = step.share == ALL
        rest, leaves = ((), ordered) if is_last else (tuple(ready), ())
        share = None if is_last else step.share
        parts.append(Part(serves, serves, rest, leaves, step.watch, share, tuple(ready), step.pause))
    return parts


@dataclass(frozen=True)
class Move:
    """A release on its way into a slot; ``counts`` are the replicas per host by service and slot."""

    release: Release
    slot: str
    fleet: Fleet
    counts: Mapping[str, Mapping[str, int]]
    course: Course
    application: str

    def batch(self, part: Part, *, is_last: bool) -> dict[str, Any]:
        """The part as the roles take it. A host of an earlier part that has become sick since ends the run too."""
        asked = {host: self.fleet.addresses[host] for host in part.serves}
        return {
            "hosts": list(part.starts),
            "share": part.share or ALL,
            "route": self._route(part),
            "endpoints": batches.endpoints(self.release, self.slot, asked),
            "entrances": batches.entrances(self.release, self.fleet.entrances) if is_last else [],
            "workers": batches.proofs(self.release, self.slot, asked),
            "watch": part.watch,
            "canary": self._comparison() if part.share else {},
            "ask": self._asking(part) if part.spare else {},
            "spare": list(part.spare),
        }

    def _route(self, part: Part) -> batches.Route:
        slots = {self.slot: part.serves, other(self.slot): part.rest}
        weigh = partial(weights, self.slot, part.share) if part.share else batches.evenly
        return batches.route(self.release.services, self.counts, slots, len(self.fleet.servers), weigh)

    def _asking(self, part: Part) -> dict[str, Any]:
        return {"promotion": part.pause, "inconclusive": self.course.ask, "another": self.course.another}

    def _comparison(self) -> dict[str, Any]:
        both = {name: spec for name, spec in self.release.services.items() if other(self.slot) in self.counts[name]}
        return comparison(self.course, both, self.application, self.fleet, self.slot)
