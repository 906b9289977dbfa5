# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From what Prometheus scraped to what a side has counted since the first look, scrape by scrape.

A look that finds no new scrape adds nothing. A counter that shrank began again from nothing. A series that turns up on a target
which was scraped before began from nothing too, as a status does that was never answered before; on a target that was not known
it tells from where to count. A target that is not scraped any more is trouble, because what it did since is not known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from .._core.errors import Unavailable
from .._core.text import listed

Labels = tuple[tuple[str, str], ...]
"""Of a series, by name, in their order."""

TARGET = ("job", "instance")
"""The labels that Prometheus gives to whatever it scrapes."""


class Sample(NamedTuple):
    """A value, and the second since 1970 at which it was scraped."""

    at: float
    value: float


class Key(NamedTuple):
    """What a series counts, such as ``requests`` or the bound of a bucket, and its other labels."""

    what: str
    labels: Labels

    @property
    def target(self) -> str:
        known = dict(self.labels)
        return " ".join(known[label] for label in TARGET if label in known)


Found = Mapping[Key, Sequence[Sample]]
"""The latest samples of each series, oldest first; each has at least one."""


@dataclass(frozen=True)
class Tally:
    """What a side has ``counted`` since the first look, the last sample of each series, and of each target how often it was
    scraped since, and when last."""

    counted: Mapping[str, float] = field(default_factory=dict)
    last: Mapping[Key, Sample] = field(default_factory=dict)
    scraped: Mapping[str, int] = field(default_factory=dict)
    times: Mapping[str, float] = field(default_factory=dict)

    @property
    def scrapes(self) -> int:
        """Of whoever was scraped least often."""
        return min(self.scraped.values(), default=0)

    def after(self, found: Found) -> Tally:
        """With another look; raises ``Unavailable`` where a target is missing that was there before."""
        moments = _moments(found)
        if gone := sorted(set(self.scraped) - set(moments)):
            raise Unavailable(f"Prometheus has not scraped {listed(gone)} any more")
        counted = dict.fromkeys(self.counted, 0.0) | dict.fromkeys((key.what for key in found), 0.0)
        for key, samples in found.items():
            counted[key.what] += self._grown(key, samples)
        return replace(
            self,
            counted={what: self.counted.get(what, 0.0) + more for what, more in counted.items()},
            last={key: samples[-1] for key, samples in found.items()},
            scraped={target: self._scraped(target, when) for target, when in moments.items()},
            times={target: max(when) for target, when in moments.items()},
        )

    def _grown(self, key: Key, samples: Sequence[Sample]) -> float:
        """By how much the series grew since the last look, through restarts in between."""
        if key.target not in self.times:
            return 0.0
        before = self.last.get(key, Sample(self.times[key.target], 0.0))
        grown, value = 0.0, before.value
        for sample in samples:
            if sample.at > before.at:
                grown += sample.value - value if sample.value >= value else sample.value
                value = sample.value
        return grown

    def _scraped(self, target: str, when: Sequence[float]) -> int:
        """Whoever joins later has been scraped as often as the one that was scraped least."""
        if target not in self.times:
            return self.scrapes
        return self.scraped[target] + sum(at > self.times[target] for at in when)


def _moments(found: Found) -> dict[str, Sequence[float]]:
    """When each target was scraped."""
    moments: dict[str, set[float]] = {}
    for key, samples in found.items():
        moments.setdefault(key.target, set()).update(sample.at for sample in samples)
    return {target: sorted(when) for target, when in moments.items()}
