# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The verdict on a phase: counts every host that had to take part, whatever became of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from .._health.model import Result
from .model import FAIL, INCONCLUSIVE, PASS


@dataclass(frozen=True)
class Outcome:
    """What one host made of a phase: ``ok``, ``failed``, ``unreachable``, or ``missing`` when it never ran it.

    ``last_words`` are those of replicas, as docker_replicas returns them, ``accepted`` what db_migrate returns.
    """

    host: str
    state: str
    message: str = ""
    error: str = ""
    last_words: Sequence[Mapping[str, Any]] = ()
    accepted: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True)
class Verdict:
    """``pass`` only if every host and every endpoint was seen to be well. ``blames_release`` says whose fault it was.

    ``numbers`` are those of the canary that was compared, as canary_check returns them. ``last_words`` are what replicas wrote
    last, each with its host, ``accepted`` the rules that migrations break on purpose.
    """

    verdict: str
    why: str = ""
    blames_release: bool = False
    numbers: Mapping[str, Any] = field(default_factory=dict)
    last_words: tuple[Mapping[str, Any], ...] = ()
    accepted: tuple[Mapping[str, Any], ...] = ()


SPEAKERS = 10
"""Replicas whose last words a journal keeps of a phase: of a hundred that failed, ten tell why."""
RELEASE_ERRORS = frozenset(
    {
        "ReplicaNotHealthy",
        "ReplicaCrashed",
        "CommandFailed",
        "StatementFailed",
        "OverBudget",
        "ChecksumChanged",
        "OutOfOrder",
        "ServerNotUp",
    }
)
"""Errors that speak against the release; others, such as a full disk, speak against the environment."""


def outcome(host: str, phase: str, result: Mapping[str, Any] | None) -> Outcome:
    """What a registered result says; one of another phase is no result of this one."""
    if not result or ("unreachable" not in result and "failed" not in result and result.get("phase") != phase):
        return Outcome(host, "missing", "it never ran this phase")
    if result.get("unreachable"):
        return Outcome(host, "unreachable", str(result.get("msg", "")))
    if result.get("failed"):
        return Outcome(host, "failed", str(result.get("msg", "")), str(result.get("error", "")), **_told(result))
    if result.get("skipped") or result.get("phase") != phase:
        return Outcome(host, "missing", "it was skipped")
    return Outcome(host, "ok", **_told(result))


def _told(result: Mapping[str, Any]) -> dict[str, Any]:
    return {name: result.get(name) or () for name in ("last_words", "accepted")}


def of_hosts(outcomes: Sequence[Outcome], *, any_will_do: bool = False) -> Verdict:
    """Nobody to ask is inconclusive; a host that did not answer is too; a host that failed is a failure."""
    if not outcomes:
        return Verdict(INCONCLUSIVE, "no host took part")
    bad = [outcome for outcome in outcomes if outcome.state != "ok"]
    words, accepted = _last_words(outcomes), tuple(one for outcome in outcomes for one in outcome.accepted)
    if not bad or (any_will_do and len(bad) < len(outcomes)):
        return Verdict(PASS, last_words=words, accepted=accepted)
    failed = [outcome for outcome in bad if outcome.state == "failed"]
    why = "; ".join(f"{o.host} {o.state}: {o.message}" for o in bad)
    blames = any(o.error in RELEASE_ERRORS for o in failed)
    return Verdict(FAIL if failed else INCONCLUSIVE, why, blames, last_words=words, accepted=accepted)


def _last_words(outcomes: Sequence[Outcome]) -> tuple[Mapping[str, Any], ...]:
    """Those of hosts that failed come first."""
    heard = sorted(outcomes, key=lambda outcome: outcome.state == "ok")
    return tuple({"host": one.host, **words} for one in heard for words in one.last_words)[:SPEAKERS]


def of_endpoints(results: Sequence[Result]) -> Verdict:
    """Every endpoint that was asked must have passed; what is wrong speaks against the release."""
    bad = [result for result in results if result.verdict != PASS]
    if not bad:
        return Verdict(PASS)
    failed = any(result.verdict == FAIL for result in bad)
    why = "; ".join(f"{r.name}: {r.error or 'too few answers'}{_last_answer(r)}" for r in bad)
    return Verdict(FAIL if failed else INCONCLUSIVE, why, failed)


def of_canary(told: Mapping[str, Any]) -> Verdict:
    """What canary_check found, with its numbers."""
    return Verdict(told["verdict"], told["told"], told["verdict"] == FAIL, told)


def of_workers(told: Mapping[str, Any]) -> Verdict:
    """What worker_check found."""
    return Verdict(told["verdict"], told["told"], told["verdict"] == FAIL)


def of_promises(told: Mapping[str, Any]) -> Verdict:
    """What slo_check found. It counts what all users got, so it does not tell which release was at fault."""
    return Verdict(told["verdict"], told["told"])


def worst(verdicts: Sequence[Verdict]) -> Verdict:
    """Of what was watched at the same time the first that failed, else the first that did not pass; with the numbers of any."""
    numbers = next((one.numbers for one in verdicts if one.numbers), {})
    for bad in (FAIL, INCONCLUSIVE):
        found = [one for one in verdicts if one.verdict == bad]
        if found:
            return replace(found[0], numbers=numbers)
    return Verdict(PASS, "; ".join(one.why for one in verdicts if one.why), numbers=numbers)


def _last_answer(result: Result) -> str:
    if result.status is None:
        return ""
    return f" (last answer {result.status} {result.excerpt[:200]})"


def excused(judged: Verdict, dependencies: Sequence[Result]) -> Verdict:
    """A release is not to blame while something that it depends on is not well."""
    sick = [result for result in dependencies if result.verdict != PASS]
    if not judged.blames_release or not sick:
        return judged
    why = "; ".join(f"{result.name}: {result.error}" for result in sick)
    both = f"{judged.why}; but what the release depends on is not well either: {why}"
    return replace(judged, verdict=INCONCLUSIVE, why=both, blames_release=False)
