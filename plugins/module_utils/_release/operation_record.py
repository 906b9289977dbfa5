# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Writing down work on the data, put together for the module operation_record."""

from __future__ import annotations

import math
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from .._core.errors import InvalidInput, MainstayError, Refused
from .._core.plan import Plan, Step
from .._core.text import NAME, Grammar, moment, seconds, shown, within
from .._edge.run import Operation, Report
from .._edge.spec import FENCE, into
from .._fence.fence import Fence
from .._store import textfile
from .._store.directory import DirectoryStore
from . import ledger, reports, stored, works, works_metrics
from .model import Work

RECORD: Mapping[str, Mapping[str, Any]] = {
    "environment": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["begun", "ended"], "default": "ended"},
    "verb": {"type": "str", "required": True},
    "host": {"type": "str", "required": True},
    "run": {"type": "str"},
    "who": {"type": "str", "default": "somebody"},
    "within": {"type": "str", "default": "1d"},
    "verdict": {"type": "str", "choices": ["pass", "fail", "inconclusive"]},
    "why": {"type": "str", "default": ""},
    "about": {"type": "list", "elements": "str", "default": []},
    "measured": {"type": "dict", "default": {}},
    "rpo": {"type": "str"},
    "rto": {"type": "str"},
    "quiet": {"type": "str", "default": "0s"},
    "fence": {"type": "dict", "options": FENCE},
    "metrics": {"type": "path"},
    "hosts": {"type": "list", "elements": "str", "default": []},
    "cluster": {"type": "list", "elements": "str", "default": []},
    "directory": {"type": "path", "default": "/var/lib/mainstay"},
}
HOST = Grammar("host", r"[A-Za-z0-9_][A-Za-z0-9_.\-]{0,127}", "1 to 128 letters, digits, dots, dashes and underscores", 128)
RUN = Grammar("run", r"[A-Za-z0-9][A-Za-z0-9_\-]{0,63}", "1 to 64 letters, digits, dashes and underscores", 64)
LONGEST_S = 30 * 86400.0
LONGEST_WHY, MOST_ABOUT, MOST_MEASURED = 1000, 40, 40
BEGUN = "begun"


@dataclass(frozen=True)
class Wanted:
    """What to write down; ``quiet`` is for how many seconds the same need not be written again.

    ``hosts`` are those whose data is still looked after, ``cluster`` the servers that take turns with the same data.
    """

    work: Work
    environment: str
    directory: str
    quiet: float = 0.0
    fence: Fence | None = None
    metrics: str = ""
    hosts: tuple[str, ...] = ()
    cluster: tuple[str, ...] = ()


@dataclass(frozen=True)
class Found:
    """All that was written down before."""

    store: DirectoryStore
    works: tuple[Work, ...]


def _parse(params: Mapping[str, Any]) -> Wanted:
    fence = into(Fence, params["fence"]) if params.get("fence") else None
    environment = NAME.check(params["environment"])
    if fence and fence.environment != environment:
        raise InvalidInput(f"the lock is that of {shown(fence.environment)}, and the ledger that of {shown(environment)}")
    return Wanted(
        work=_begun(params) if params["state"] == BEGUN else _ended(params),
        environment=environment,
        directory=params["directory"] or "",
        quiet=within("quiet in seconds", seconds(params["quiet"], noun="quiet"), 0, LONGEST_S),
        fence=fence,
        metrics=textfile.PAGE.check(params["metrics"]) if params["metrics"] else "",
        hosts=tuple(HOST.check(host) for host in params["hosts"]),
        cluster=tuple(HOST.check(host) for host in params["cluster"]),
    )


def _begun(params: Mapping[str, Any]) -> Work:
    return Work(
        run=RUN.check(params["run"]) if params["run"] else uuid.uuid4().hex[:12],
        verb=NAME.check(params["verb"]),
        host=HOST.check(params["host"]),
        who=_line(params["who"]),
        started=time.time(),
        within=within("within in seconds", seconds(params["within"], noun="within"), 1, LONGEST_S),
    )


def _ended(params: Mapping[str, Any]) -> Work:
    if not params["verdict"]:
        raise InvalidInput("how it ended is not said: give a verdict, which is pass, fail or inconclusive")
    aims = {works.POINT: params["rpo"], works.TIME: params["rto"]}
    return replace(
        _begun(params),
        started=0.0,
        within=0.0,
        when=time.time(),
        verdict=params["verdict"],
        why=_line(params["why"]),
        about=tuple(_line(one) for one in params["about"][:MOST_ABOUT]),
        measured=_numbers(params["measured"]),
        targets={name: seconds(aim, noun="target") for name, aim in aims.items() if aim},
    )


def _line(text: str) -> str:
    """What others said, as one printable line that is not too long."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())[:LONGEST_WHY]


def _numbers(given: Mapping[str, Any]) -> Mapping[str, float]:
    """What was not measured is null, and left out."""
    found = {NAME.check(name): value for name, value in given.items() if value is not None}
    for name, value in found.items():
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise InvalidInput(f"measured: {name} is {shown(value)}, and must be a number")
    if len(found) > MOST_MEASURED:
        raise InvalidInput(f"measured: {len(found)} numbers are too many, allowed are {MOST_MEASURED}")
    return found


def _read(wanted: Wanted) -> Found:
    store = stored.open_store(wanted.directory, wanted.environment)
    if wanted.fence and wanted.fence.token:
        stored.demand_lock(store, wanted.work.run, wanted.fence.token)
    return Found(store, ledger.works(store))


def _plan(wanted: Wanted, found: Found) -> Plan:
    """A second time is no second record; what ended cannot end otherwise."""
    work, before = wanted.work, works.started(found.works, wanted.work)
    if before and before.verdict and work.verdict and before.verdict != work.verdict:
        raise Refused(
            f"{work.verb} {work.run} of {work.host} ended at {moment(before.when)} with {before.verdict}: give a run of its own"
        )
    if before and (before.verdict or not work.verdict):
        return Plan()
    if work.verdict and works.repeats(work, found.works, wanted.quiet):
        return Plan()
    after = work.verdict or BEGUN
    return Plan((Step("record", f"{work.verb} of {work.host}", BEGUN if before else "", after, works.ended(work, before)),))


def _apply(wanted: Wanted, found: Found, plan: Plan) -> Report:
    ledger.append(found.store, plan.steps[-1].data)
    return _told(wanted, found.store)


def _told(wanted: Wanted, store: DirectoryStore) -> Report:
    """What the page and the metrics say follows from the ledger, so they are trouble to be told of and no reason to fail."""
    now, known = time.time(), ledger.works(store)
    root = Path(wanted.directory) / wanted.environment
    dead = [one for one in works.unfinished(known, now) if (one.verb, one.host) == (wanted.work.verb, wanted.work.host)]
    warnings = (
        []
        if wanted.work.verdict
        else [f"{one.verb} of {one.host} began at {moment(one.started)} and did not end" for one in dead[-1:]]
    )
    warnings += _tried(lambda: reports.write_index(root, lambda: ledger.load(store), lambda: ledger.works(store), now))
    if wanted.metrics:
        counted = works.of_cluster(known, wanted.cluster, wanted.work.host)
        page = works_metrics.page(wanted.environment, counted, now, wanted.hosts)
        warnings += _tried(lambda: textfile.write(Path(wanted.metrics), page))
    return {**_predict(wanted, None), "unfinished": [one.run for one in dead], "warnings": warnings}


def _tried(tell: Callable[[], object]) -> list[str]:
    try:
        tell()
    except MainstayError as error:
        return [f"it is in the ledger, and not told as it should be: {error.message}"]
    return []


def _predict(wanted: Wanted, _found: Found | None) -> Report:
    return {"run": wanted.work.run, "unfinished": []}


OPERATION_RECORD = Operation(parse=_parse, read=_read, plan=_plan, apply=_apply, predict=_predict)
