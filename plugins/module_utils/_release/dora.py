# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""DORA's four key metrics of an environment, from its ledger."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import median

from .._report.model import Four
from .model import PASS, Ledger, Performed

DAY = 86400.0
DAYS = 30.0
DEPLOY, ROLLBACK = "deploy", "rollback"


def four(ledger: Ledger, now: float) -> Four:
    """Over the last 30 days, or as long as the ledger goes back if that is less, but at least a day."""
    first = ledger.operations[0].when if ledger.operations else now
    days = min(DAYS, max(1.0, (now - first) / DAY))
    recent = [done for done in ledger.operations if done.when >= now - DAYS * DAY]
    deploys = [done for done in recent if done.verb == DEPLOY]
    passed = [done for done in deploys if done.verdict == PASS]
    restored = list(_restored(recent))
    return Four(
        days=days,
        deploys=len(deploys),
        a_week=len(passed) * 7 / days,
        lead_time=_median([done.when - ledger.releases[done.asked].when for done in _first(passed, ledger)]),
        failures=len(restored) / len(deploys) if deploys else None,
        restore=_median(restored),
    )


def _median(durations: Sequence[float]) -> float | None:
    return median(durations) if durations else None


def _first(passed: Sequence[Performed], ledger: Ledger) -> list[Performed]:
    """The first success of each release."""
    found: dict[str, Performed] = {}
    for done in passed:
        if done.asked in ledger.releases:
            found.setdefault(done.asked, done)
    return list(found.values())


def _restored(operations: Sequence[Performed]) -> Iterator[float]:
    """How long each failure lasted: of a deploy that did not pass until it was undone, of one that was rolled back until then."""
    serving: list[float] = []
    for done in operations:
        if done.verb == DEPLOY and done.verdict != PASS:
            yield done.when - done.started
        elif done.verb == DEPLOY:
            serving.append(done.when)
        elif done.verb == ROLLBACK and done.verdict == PASS and serving:
            yield done.when - serving.pop()
