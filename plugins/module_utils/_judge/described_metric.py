# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A metric of a canary as a user writes it, of one of three kinds, and how it is looked at."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial

from .._core.errors import InvalidInput
from .._core.text import NAME, listed, shown
from .fetch import Place
from .haproxy_page import sides
from .latency import Latencies
from .scraped import SLOT, Answers, Latency, Source
from .verdict import Comparison
from .watch import Look, Metric

LONGEST = 2000
"""Characters of a selector."""

SELECTOR = re.compile(
    r"""\s*(?=[a-zA-Z_:{])(?:[a-zA-Z_:][a-zA-Z0-9_:]*)?\s*  # its name
        (?:\{(?:[^"'`{}]|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`)*\})?\s*  # labels, which may hold braces in quotes
    """,
    re.X | re.S,
)


@dataclass(frozen=True)
class Asked:
    """The errors of some ``backends`` of HAProxy, counters of ``requests`` and ``bad`` ones, or the buckets of a ``latency``.

    One that is not ``critical`` is told and changes nothing. One on a ``dry_run`` is too, and told as if it did.
    """

    name: str
    critical: bool = True
    dry_run: bool = False
    backends: tuple[str, ...] | None = None
    requests: str | None = None
    bad: str | None = None
    latency: str | None = None

    @property
    def is_scraped(self) -> bool:
        return self.backends is None


def checked(asked: Asked) -> None:
    """Raise ``InvalidInput`` unless it is of exactly one kind."""
    counters = asked.bad if asked.requests is None else asked.requests
    kinds = {"backends": asked.backends, "requests and bad": counters, "latency": asked.latency}
    given = [kind for kind, value in kinds.items() if value is not None]
    if len(given) != 1:
        raise InvalidInput(f"metric {asked.name} has {listed(given)}: give it backends, or requests and bad, or latency")
    if asked.is_scraped and (asked.requests is None) != (asked.bad is None):
        raise InvalidInput(f"metric {asked.name} has only one of requests and bad: name the counters of both")
    if asked.backends is not None and not asked.backends:
        raise InvalidInput(f"metric {asked.name} has no backends, such as shop_api: name at least one")
    for backend in asked.backends or ():
        NAME.check(backend)
    for option in ("requests", "bad", "latency"):
        if getattr(asked, option) is not None:
            _check_selector(asked.name, option, getattr(asked, option))


def _check_selector(name: str, option: str, text: str) -> None:
    """Only of a selector does Prometheus tell when its samples were scraped."""
    if len(text) > LONGEST or not SELECTOR.fullmatch(text.replace(SLOT, "blue")):
        raise InvalidInput(
            f"metric {name}: {option} {shown(text)} is not a selector of counters: write a name and labels, such as "
            f'shop_requests_total{{slot="{SLOT}"}}, and no functions, sums or ranges; series are added up here'
        )
    if SLOT not in text:
        raise InvalidInput(
            f"metric {name}: {option} has no {SLOT}, which stands for blue and green, so both sides would be the same"
        )


def metric(asked: Asked, haproxy: tuple[Place, ...], slots: tuple[str, str], source: Source | None) -> Metric:
    """The metric, ready to be looked at; ``source`` is there if any is scraped."""
    named = partial(Metric, name=asked.name, critical=asked.critical, dry_run=asked.dry_run)
    if asked.backends is not None:
        return named(look=partial(_by_haproxy, haproxy, asked.backends, slots))
    if source is None:
        raise InvalidInput(f"metric {asked.name} is asked of Prometheus: give its address in prometheus")
    if asked.latency is not None:
        return named(look=Latency(source, asked.latency), compares=Latencies)
    return named(look=Answers(source, asked.requests or "", asked.bad or ""), compares=partial(Comparison, scraped=True))


def _by_haproxy(places: tuple[Place, ...], backends: tuple[str, ...], slots: tuple[str, str]) -> Look:
    return {name: counted for place in places for name, counted in sides(place, backends, slots).items()}
