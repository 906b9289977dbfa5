# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reading, planning and applying the replicas of a slot, put together for the module."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from .._core.errors import InvalidInput
from .._core.plan import Plan
from .._core.text import NAME, choice, shown
from .._edge.require import DOCKER
from .._edge.run import Operation, Report
from .._edge.spec import into
from .._fence.fence import Fence, check
from . import grammar, last_words, report, survey
from .crew import Crew, Outcome
from .described import Release, scope, secret_values, wanted
from .docker import Docker
from .model import SLOTS, Found, Retired, Wanted
from .plan import plan_retired, plan_running
from .watch import answering


@dataclass(frozen=True)
class Request:
    """What is asked of the Engine at this socket."""

    socket: str
    fence: Fence
    asked: Wanted | Retired
    credentials: Mapping[str, str] = field(default_factory=dict, repr=False)
    timeouts: Mapping[str, int] = field(default_factory=dict)


def _parse(params: Mapping[str, Any]) -> Request:
    fence = into(Fence, params["fence"])
    asked = _running(params) if params["state"] == "running" else _retired(params)
    return Request(params["socket"], fence, asked, credentials(params), _timeouts(params))


def _running(params: Mapping[str, Any]) -> Wanted:
    whose = scope(params["fence"]["environment"], params["application"])
    release = Release(
        whose,
        params["slot"],
        params["release"],
        params["version"],
        params["bind_address"],
        params["secrets_fingerprint"] or "",
    )
    asked = wanted(release, grammar.mapping(params["services"], "services"), params["secrets"])
    return replace(asked, keep_running=params["keep_running"], keep_surplus=params["keep_surplus"])


def _retired(params: Mapping[str, Any]) -> Retired:
    whose = scope(params["fence"]["environment"], params["application"])
    slot = choice(params["slot"], dict.fromkeys(SLOTS), "slot")
    names = tuple(NAME.check(name) for name in _named(params["services"]))
    hidden = secret_values(params["secrets"])
    return Retired(whose, slot, names, remove=params["state"] == "absent", last_words=params["last_words"], secrets=hidden)


def _named(services: Any) -> Mapping[str, Any]:
    """Services by name; to end them, a list of names is enough."""
    if isinstance(services, list) and all(isinstance(name, str) for name in services):
        services = {name: {} for name in services}
    if not isinstance(services, Mapping):
        raise InvalidInput(f"services must be named in a list or a dictionary, not {shown(services)}")
    return services


def _timeouts(params: Mapping[str, Any]) -> dict[str, int]:
    """How long each service may take to stop, where that is said; the replica itself knows it otherwise."""
    described = {name: grammar.mapping(given or {}, f"service {name}") for name, given in _named(params["services"]).items()}
    said = {name: given.get("stop_timeout", params["stop_timeout"]) for name, given in described.items()}
    return {name: grammar.patience(text, f"stop_timeout of {name}") for name, text in said.items() if text is not None}


def credentials(params: Mapping[str, Any]) -> dict[str, str]:
    """What the registry is shown, nothing if the host's own configuration is to be used."""
    if not params["registry_username"]:
        return {}
    return {"username": params["registry_username"], "password": params["registry_password"]}


def _read(request: Request) -> Found:
    engine = Docker(request.socket)
    if isinstance(request.asked, Wanted):
        return survey.survey(engine, request.asked, answering)
    return Found(survey.replicas(engine, request.asked.scope))


def _plan(request: Request, found: Found) -> Plan:
    return plan_running(request.asked, found) if isinstance(request.asked, Wanted) else plan_retired(request.asked, found)


def _apply(request: Request, found: Found, plan: Plan) -> Report:
    engine = Docker(request.socket)
    crew = Crew(engine, lambda: check(request.fence), request.credentials, request.timeouts)
    spoken = _last_words(engine, request.asked, plan)
    outcome = crew.perform(plan, found)
    now = Found(survey.replicas(engine, request.asked.scope), well=found.well)
    told = {**_report(request, now, outcome), "last_words": [*spoken, *outcome.last_words]}
    if outcome.failure:
        raise type(outcome.failure)(outcome.failure.message, **{**outcome.failure.details, **told})
    return told


def _last_words(engine: Docker, asked: Wanted | Retired, plan: Plan) -> list[dict[str, Any]]:
    """Heard before anything is stopped, for what a program says when it is told to stop is not why it was told to."""
    if isinstance(asked, Wanted) or not asked.last_words:
        return []
    return last_words.of_stopped(engine, [step.data for step in plan.steps], asked.secrets)


def _report(request: Request, found: Found, outcome: Outcome) -> dict[str, Any]:
    asked = request.asked
    concerned = [r for r in found.replicas if r.slot == asked.slot and r.service in asked.services]
    return {"replicas": report.after(concerned, found.well, outcome), "last_words": []}


REPLICAS = Operation(
    parse=_parse,
    read=_read,
    plan=_plan,
    apply=_apply,
    predict=lambda request, found: _report(request, found, Outcome()),
    requires=(DOCKER,),
)
