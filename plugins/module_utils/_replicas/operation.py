# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reading, planning and applying the replicas of a slot, put together for the module docker_replicas."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from .._core.errors import InvalidInput
from .._core.plan import Plan, Step
from .._core.text import VERSION, seconds
from .._edge.require import DOCKER
from .._edge.run import Operation, Reading, Report
from .._edge.spec import into
from .._fence.fence import Fence, check
from .._health.probe import probe
from .._health.threads import at_once
from . import engine
from .model import RUNNING, Creation, Found, Health, Replica, Service, Wanted
from .plan import CREATE, PULL, REMOVE, RETIRE, START, plan
from .watch import Watched, watch


@dataclass(frozen=True)
class Request:
    """What is asked of this host's engine; the values of secrets are kept apart from all that is planned or shown."""

    wanted: Wanted
    fence: Fence
    api: Any = field(repr=False)
    secrets: Mapping[str, Mapping[str, str]] = field(default_factory=dict, repr=False)
    credentials: Mapping[str, str] = field(default_factory=dict, repr=False)


def _parse(params: Mapping[str, Any]) -> Request:
    fence = into(Fence, params["fence"])
    running = params["state"] == RUNNING
    if running and not params["release"]:
        raise InvalidInput("state running needs the release whose replicas are to run")
    wanted = Wanted(
        environment=fence.environment,
        application=params["application"],
        slot=params["slot"],
        state=params["state"],
        services=tuple(_service(name, given) for name, given in params["services"].items()) if running else (),
        release=VERSION.check(params["release"]) if running else "",
        version=VERSION.check(params["version"]) if running else "",
        names=tuple(params["services"]),
        secrets_fingerprint=params["secrets_fingerprint"],
        bind_address=params["bind_address"],
    )
    keys = {"username": params["registry_username"], "password": params["registry_password"]}
    credentials = {key: value for key, value in keys.items() if value}
    return Request(wanted, fence, engine.connect(), params["secrets"], credentials)


def _service(name: str, given: Mapping[str, Any]) -> Service:
    unknown = sorted(set(given) - set(Service.__dataclass_fields__))
    if unknown:
        raise InvalidInput(f"service {name} has no option {', '.join(unknown)}")
    timed = {key: seconds(given[key], noun=key) for key in ("stop_timeout",) if key in given}
    return into(Service, {**given, **timed, "name": name, "health": _health(name, given.get("health", {}))})


def _health(name: str, given: Mapping[str, Any]) -> Health:
    unknown = sorted(set(given) - set(Health.__dataclass_fields__))
    if unknown:
        raise InvalidInput(f"the health of service {name} has no option {', '.join(unknown)}")
    timed = {key: seconds(given[key], noun=key) for key in ("interval", "timeout", "deadline") if key in given}
    return into(Health, {**given, **timed})


def _read(request: Request) -> Found:
    api, wanted = request.api, request.wanted
    replicas = engine.replicas(api, wanted.environment, wanted.application)
    mine = [replace(r, restarts=engine.restarts(api, r.id)) if r.slot == wanted.slot else r for r in replicas]
    images = {service.image for service in wanted.services}
    return Found(tuple(mine), frozenset(image for image in images if engine.has_image(api, image)))


def _apply(request: Request, found: Found, steps: Plan) -> Report:
    """Each kind of step for all containers at once, in the order of the plan; then the wait."""
    begin, forced = time.monotonic(), []
    for action in (PULL, REMOVE, CREATE, START, RETIRE):
        check(request.fence)
        chosen = [step for step in steps.steps if step.action == action]
        if chosen:
            forced += [name for name in at_once(_doing(request, action), chosen) if name]
    if request.wanted.state == RUNNING:
        watch(_watched(request), _values(request), probe)
    return {**_report(request), "forced": forced, "seconds": round(time.monotonic() - begin, 2)}


def _doing(request: Request, action: str) -> Callable[[Step], str]:
    """What is done for one step; returns the name of a replica that had to be killed, else ""."""
    api, wanted = request.api, request.wanted

    def do(step: Step) -> str:
        subject: Any = step.data
        if action == PULL:
            engine.pull(api, subject, request.credentials)
        elif action == REMOVE:
            engine.remove(api, subject.id, engine.stop_grace(api, subject.id))
        elif action == CREATE:
            engine.create(api, subject, _environment(request, subject), wanted.bind_address)
        elif action == START:
            engine.start(api, subject.id)
        elif engine.retire(api, subject.id, engine.stop_grace(api, subject.id)):
            return str(subject.name)
        return ""

    return do


def _environment(request: Request, creation: Creation) -> Mapping[str, str]:
    public = {name: str(value) for name, value in creation.service.environment.items()}
    return {**public, **request.secrets.get(creation.service.name, {})}


def _watched(request: Request) -> list[Watched]:
    wanted = request.wanted
    return [
        _watch_one(request, service, wanted.container(service.name, number), service.first_port + number - 1)
        for service in wanted.services
        for number in range(1, service.count + 1)
    ]


def _watch_one(request: Request, service: Service, name: str, port: int) -> Watched:
    before = engine.state(request.api, name)["RestartCount"]

    def ended() -> str:
        account = engine.state(request.api, name)
        if account["State"]["Running"] and account["RestartCount"] == before:
            return ""
        return f"it ended with exit code {account['State']['ExitCode']} while it was to become healthy"

    return Watched(name, port, request.wanted.version, service.health, ended, lambda: engine.log(request.api, name))


def _values(request: Request) -> Sequence[str]:
    return [value for values in request.secrets.values() for value in values.values()]


def _report(request: Request) -> Report:
    wanted = request.wanted
    return {"replicas": [row(r) for r in engine.replicas(request.api, wanted.environment, wanted.application)]}


def row(replica: Replica) -> dict[str, Any]:
    """A replica as the module returns it."""
    return {
        "service": replica.service,
        "slot": replica.slot,
        "replica": replica.number,
        "release": replica.release,
        "version": replica.version,
        "port": replica.port,
        "state": replica.state,
        "container": replica.id[:12],
        "created": replica.created,
    }


REPLICAS = Operation(
    parse=_parse,
    read=_read,
    plan=lambda request, found: plan(request.wanted, found),
    apply=_apply,
    predict=lambda request, found: {"replicas": [row(r) for r in found.replicas], "forced": [], "seconds": 0.0},
    requires=(DOCKER,),
)


@dataclass(frozen=True)
class Question:
    """Whose replicas, on this host's engine."""

    environment: str
    application: str


REPLICAS_INFO = Reading(
    parse=lambda params: Question(params["fence"]["environment"], params["application"]),
    read=lambda asked: {"replicas": [row(r) for r in engine.replicas(engine.connect(), asked.environment, asked.application)]},
    requires=(DOCKER,),
)
