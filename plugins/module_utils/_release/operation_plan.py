# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reading, deciding and opening the journal, put together for the module release_plan."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from .._core.errors import InvalidInput, MainstayError
from .._core.plan import Plan
from .._core.text import VERSION, choice, reason, seconds
from .._edge.run import Operation, Report
from .._edge.spec import Seconds, into
from .._fence.fence import Fence
from .._judge.described_slo import Described as Promises
from .._judge.described_slo import check as check_promises
from .._judge.fetch import Place
from .._store.directory import DirectoryStore
from . import choice as choose
from . import ledger, plan, stored
from .batches import longest, started
from .canary import USUAL_COURSE, Course
from .model import Fleet, Journal, Release, other
from .monitoring import UNMONITORED, Monitoring
from .operation_checks import check_comparisons, check_jobs
from .promised import Tolerated, gate, is_gated
from .ready import check_services
from .recovery import calm, ended
from .registry import Registry, pin
from .signs import Signs

SHORTEST = Seconds(60)
STRATEGIES = {"rolling": "", "blue_green": "", "canary": ""}


@dataclass(frozen=True)
class Request:
    """What the playbook asks for; ``secrets`` maps names to values."""

    run: str
    verb: str
    fence: Fence
    services: Mapping[str, Any]
    fleet: Fleet
    version: str = ""
    strategy: str = "rolling"
    batch: str = "1"
    bake: str = "0s"
    canary: Course = USUAL_COURSE
    prometheus: Place | None = None
    application: str = ""
    keep_previous: bool = True
    who: str = ""
    secrets: Mapping[str, str] = field(default_factory=dict)
    registry: Registry = field(default_factory=Registry)
    directory: str = "/var/lib/mainstay"
    force_schema: bool = False
    newest_migration: str = ""
    migrates: str = "no"
    lease: Seconds = SHORTEST
    slo: Promises | None = None
    override: str = ""
    schema: Mapping[str, bool] = field(default_factory=dict)
    monitoring: Monitoring = UNMONITORED

    def __post_init__(self) -> None:
        choice(self.strategy, STRATEGIES, "strategy")
        seconds(self.bake, noun="bake")
        if self.verb == "deploy" or self.version:
            VERSION.check(self.version)
        if self.override:
            reason(self.override)
        if self.slo:
            check_promises(replace(self.slo, duration=self.bake))

    @property
    def order(self) -> plan.Order:
        """Going back is for people in a hurry: a rollback switches where a deploy would take the steps of a canary."""
        strategy = "blue_green" if self.verb != "deploy" and self.strategy == "canary" else self.strategy
        kept = self.keep_previous and strategy != "rolling" and self.verb != plan.RECOVER
        return plan.Order(self.verb, strategy, self.batch, kept, self.bake, self.canary, self.application)


@dataclass(frozen=True)
class Known:
    """What was read: the store, what the fleet and the ledger say, the release chosen, the rollout decided, what it tolerates."""

    store: DirectoryStore
    found: plan.Found
    rollout: plan.Rollout
    secrets_fingerprint: str
    tolerated: Tolerated


def _parse(params: Mapping[str, Any]) -> Request:
    request = into(Request, {**params, "prometheus": (params.get("canary") or {}).get("prometheus")})
    check_services(request.services)
    check_jobs(request.services)
    missing = sorted(choose.secret_names(request.services) - set(request.secrets))
    if missing:
        raise InvalidInput(f"mainstay_secrets lacks {', '.join(missing)}, which services ask for: add them to vault.yml")
    return request


def _read(wanted: Request) -> Known:
    """Look and decide; a run that is refused has no use for the lock any more."""
    store = stored.open_store(wanted.directory, wanted.fence.environment)
    try:
        return _known(wanted, store)
    except MainstayError:
        if wanted.fence.token is not None:
            stored.give_back(store, wanted.run)
        raise


def _known(wanted: Request, store: DirectoryStore) -> Known:
    if wanted.fence.token is not None:
        stored.demand_lock(store, wanted.run, wanted.fence.token)
    used = {name: wanted.secrets[name] for name in choose.secret_names(wanted.services)}
    print_ = stored.fingerprint(store, used, create=wanted.fence.token is not None)
    found = plan.Found(ledger.load(store), ledger.open_journal(store), wanted.fleet)
    if wanted.verb == plan.RECOVER and not found.journal:
        return Known(store, found, calm(found.ledger), print_, Tolerated())
    release = _release(wanted, found, print_)
    rollout = plan.decide(wanted.order, release, found)
    check_comparisons(rollout, wanted.prometheus)
    if rollout.kind != plan.NOTHING and rollout.origin:
        choose.refuse_no_way_back(rollout.origin, wanted.secrets)
    gated = wanted.slo if is_gated(wanted.order, rollout) else None
    return Known(store, found, rollout, print_, gate(gated, wanted.override) if gated else Tolerated())


def _release(wanted: Request, found: plan.Found, secrets_fingerprint: str) -> Release:
    known = found.ledger
    if wanted.verb == plan.RECOVER:
        target = choose.to_recover(known)
        choose.refuse_irreversible(target, wanted.schema, wanted.force_schema)
        return choose.as_of_today(target, wanted.services)
    if wanted.verb == "rollback":
        target = choose.to_roll_back_to(known, wanted.version, interrupted=found.journal is not None)
        choose.refuse_irreversible(target, wanted.schema, wanted.force_schema)
        return choose.as_of_today(target, wanted.services)
    configuration = choose.configuration_hash(wanted.services, secrets_fingerprint)
    identity = choose.release_id(wanted.version, configuration)
    known_release = choose.to_deploy(known, identity)
    if known_release:
        return choose.as_of_today(known_release, wanted.services)
    images = pin(wanted.services, wanted.version, wanted.registry)
    return Release(
        id=identity,
        version=wanted.version,
        images=images,
        services=wanted.services,
        configuration=configuration,
        schema=wanted.newest_migration,
        who=wanted.who,
        when=time.time(),
    )


def _plan(wanted: Request, found: Known) -> Plan:
    return plan.steps(found.rollout, wanted.order)


def _apply(wanted: Request, found: Known, _plan: Plan) -> Report:
    rollout, store = found.rollout, found.store
    if rollout.release.id not in found.found.ledger.releases:
        ledger.append(store, rollout.release)
    if wanted.verb == plan.RECOVER and found.found.journal:
        ledger.append(store, ended(found.found.journal, time.time()))
    journal = Journal(
        run=wanted.run,
        verb=wanted.verb,
        release=rollout.release.id,
        slot=rollout.slot,
        origin=rollout.origin.id if rollout.origin else "",
        origin_slot=rollout.origin_slot,
        who=wanted.who,
        started=time.time(),
        override=found.tolerated.override,
        tolerated=found.tolerated.promises,
        expected=plan.phases(rollout, migrates=_migrates(wanted, rollout)),
        resumes=found.found.journal is not None,
        application=wanted.application,
    )
    ledger.write_journal(store, journal)
    signs = Signs(wanted.monitoring, store, wanted.fence.environment)
    signs.put_up(journal)
    return {**_report(wanted, found), "warnings": signs.warnings}


def _migrates(wanted: Request, rollout: plan.Rollout) -> bool:
    return wanted.migrates == "always" or (wanted.migrates == "once" and rollout.kind == plan.REPLACE)


def _predict(wanted: Request, found: Known) -> Report:
    """Nothing to do: the lock has served its purpose, and one more call to give it back would be one too many."""
    signs = Signs(wanted.monitoring, found.store, wanted.fence.environment)
    if found.rollout.kind == plan.NOTHING and wanted.fence.token is not None:
        signs.clear(wanted.application)
        stored.give_back(found.store, wanted.run)
    return {**_report(wanted, found), "warnings": signs.warnings}


def _report(wanted: Request, found: Known) -> Report:
    rollout = found.rollout
    return {
        "rollout": {
            **asdict(rollout),
            "idle": other(rollout.slot),
            "migrates": _migrates(wanted, rollout),
            "release": _described(rollout.release, rollout.slot, found.secrets_fingerprint),
            "origin": _described(rollout.origin, rollout.origin_slot, found.secrets_fingerprint) if rollout.origin else {},
            "run": wanted.run,
            "verb": wanted.verb,
            "strategy": wanted.order.strategy,
            "gated": is_gated(wanted.order, rollout),
            "tolerated": list(found.tolerated.promises),
            "lease": f"{max(wanted.lease, longest([r for r in (rollout.release, rollout.origin) if r])):.0f}s",
        }
    }


def _described(release: Release, slot: str, secrets_fingerprint: str) -> dict[str, Any]:
    """A release as docker_replicas takes it; its secrets are named, their values stay with the inventory."""
    return {
        "id": release.id,
        "version": release.version,
        "schema": release.schema,
        "services": started(release, slot),
        "secrets_fingerprint": secrets_fingerprint,
        "secrets": {name: list(spec.get("secrets", ())) for name, spec in release.services.items()},
    }


RELEASE_PLAN = Operation(parse=_parse, read=_read, plan=_plan, apply=_apply, predict=_predict)
