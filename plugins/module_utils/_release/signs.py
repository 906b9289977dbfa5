# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What monitoring sees of a run: its silences, and a page of metrics. Trouble with either is told, and holds nothing up."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TypeAlias, TypeVar

from .._core.errors import FencedOff, MainstayError, Unavailable
from .._health.threads import within
from .._judge.fetch import Place
from .._lock import stored as lock
from .._store import textfile
from .._store.model import Store
from . import annotation, ledger, silences
from .annotation import UnderWay
from .model import Journal, Ledger
from .monitoring import Monitoring
from .silences import Kept, Known, Term

PATIENCE_S = 3.0
"""For all that is asked of Alertmanager at one moment; a quarter of the lease where that is less."""
QUIET_S = 60.0
"""How long an Alertmanager that did not answer is left alone: its silences are worth less than the run."""
NOT_SILENCED = "what this run does to alerts is not silenced as it should be, and the run goes on"
NOT_ENDED = "the silences of this run could not be ended, and end by themselves with its lease"
NOT_MARKED = "this run is not marked in the metrics as it should be, and goes on"
BY_HAND = "somebody ended a silence of this run by hand, so it stays ended"

T = TypeVar("T")
Change: TypeAlias = Callable[[Place, Monitoring, Term, Mapping[str, Kept]], dict[str, Kept]]


class Signs:
    """The signs of the runs of one environment; ``warnings`` says what went wrong with them."""

    def __init__(self, monitoring: Monitoring, store: Store, environment: str) -> None:
        self._monitoring, self._store, self._environment = monitoring, store, environment
        self.warnings: list[str] = []

    def put_up(self, journal: Journal) -> None:
        """The run begins: it has the lock, and the journal is open."""
        self._try(NOT_MARKED, lambda: self._mark(journal))
        self._try(NOT_SILENCED, lambda: self._silence(journal, silences.put_up))

    def keep(self, journal: Journal) -> None:
        """The lease was renewed."""
        self._try(NOT_MARKED, lambda: self._mark(journal))
        self._try(NOT_SILENCED, lambda: self._keep(journal))

    def take_down(self, application: str) -> None:
        """The run is over, and in the ledger."""
        self._try(NOT_MARKED, lambda: self._write(application, lambda: None))
        self._try(NOT_ENDED, lambda: self._end(application))

    def clear(self, application: str) -> None:
        """Nothing is to be done; where there is a trace of a dead run's silences, these go."""
        self._try(NOT_MARKED, lambda: self._write(application, lambda: None))
        self._try(NOT_ENDED, lambda: self._clear(application))

    def _try(self, what: str, sign: Callable[[], None]) -> None:
        try:
            sign()
        except MainstayError as error:
            self._warn(f"{what}: {error.message}")

    def _warn(self, text: str) -> None:
        if text not in self.warnings:
            self.warnings.append(text)

    def _mark(self, journal: Journal) -> None:
        self._write(journal.application, lambda: UnderWay(journal, self._lease_ends))

    def _write(self, application: str, under_way: Callable[[], UnderWay | None]) -> None:
        if self._monitoring.metrics:
            scope = {"environment": self._environment, "application": application}
            textfile.write(Path(self._monitoring.metrics), annotation.page(scope, self._known, under_way()))

    def _silence(self, journal: Journal, change: Change) -> None:
        if self._monitoring.alertmanager:
            now = time.time()
            term = silences.of_run(self._environment, journal, now, self._lease_ends)
            known = silences.load(self._store).silences
            place = replace(self._monitoring.alertmanager, timeout=min(PATIENCE_S, (term.ends - now) / 4))
            kept = self._asked(place, lambda: change(place, self._monitoring, term, known))
            silences.save(self._store, Known(kept))
            if any(known[key].id and not one.id for key, one in kept.items() if key in known):
                self._warn(BY_HAND)

    def _keep(self, journal: Journal) -> None:
        if silences.load(self._store).quiet_until <= time.time():
            self._silence(journal, silences.keep)

    def _clear(self, application: str) -> None:
        if silences.load(self._store).silences:
            self._end(application)

    def _end(self, application: str) -> None:
        if self._monitoring.alertmanager:
            place = replace(self._monitoring.alertmanager, timeout=PATIENCE_S)
            term = Term(self._environment, application, now=time.time())
            self._asked(place, lambda: silences.take_down(place, term, self._monitoring.lingering))
            silences.save(self._store, Known())

    def _asked(self, place: Place, ask: Callable[[], T]) -> T:
        """What became of it within the timeout, which is for all of it; an Alertmanager that fails is left alone for a while."""
        try:
            return within(place.timeout, ask)
        except TimeoutError:
            self._be_quiet()
            raise Unavailable(f"{place.shown} did not answer within {place.timeout:.1f} s") from None
        except MainstayError:
            self._be_quiet()
            raise

    def _be_quiet(self) -> None:
        silences.save(self._store, replace(silences.load(self._store), quiet_until=time.time() + QUIET_S))

    @cached_property
    def _known(self) -> Ledger:
        return ledger.load(self._store)

    @property
    def _lease_ends(self) -> float:
        holder = lock.read(self._store).holder
        if holder is None:
            raise FencedOff("nobody has the lock")
        return holder.expires
