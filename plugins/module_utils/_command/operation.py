# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Running one command in a container, put together for the module."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .._core.plan import Plan
from .._core.text import NAME, VERSION, shown, without
from .._edge.require import DOCKER
from .._edge.run import Operation, Report
from .._edge.spec import into
from .._fence.fence import Fence, check
from .._replicas import grammar
from .._replicas.body import body, fingerprint, labelled
from .._replicas.described import SHAPE, scope, secrets_of, shape
from .._replicas.docker import Docker
from .._replicas.masked import forms
from .._replicas.model import STAY_DOWN
from .._replicas.operation import credentials
from .model import Command, Found
from .plan import plan
from .runner import Runner, survey


@dataclass(frozen=True)
class Request:
    """What is asked of the Engine at this socket."""

    socket: str
    fence: Fence
    command: Command
    credentials: Mapping[str, str] = field(default_factory=dict, repr=False)


def _parse(params: Mapping[str, Any]) -> Request:
    return Request(params["socket"], into(Fence, params["fence"]), _command(params), credentials(params))


def _command(params: Mapping[str, Any]) -> Command:
    name, whose = NAME.check(params["name"]), scope(params["fence"]["environment"], params["application"])
    given = grammar.options({key: params[key] for key in SHAPE if key in params}, SHAPE, name)
    secrets = secrets_of(params["secrets"], given.get("environment", {}), "secrets")
    made = body(shape(given), policy=STAY_DOWN)
    config = fingerprint(made, secrets, params["secrets_fingerprint"] or "")
    release = VERSION.check(params["release"])
    labels = {"environment": whose.environment, "application": whose.application, "release": release}
    return Command(
        scope=whose,
        name=f"{whose.application}-command-{name}",
        text=shown(without(shlex.join(given["command"]), forms(secrets.values())), 200),
        image=given["image"],
        release=release,
        config=config,
        body=labelled(made, {**labels, "command": name, "config": config}),
        timeout=grammar.duration(1, 86400)(params["timeout"], "timeout"),
        lines=grammar.whole(1, 10_000)(params["lines"], "lines"),
        secrets=secrets,
    )


def _apply(request: Request, found: Found, steps: Plan) -> Report:
    runner = Runner(Docker(request.socket), lambda: check(request.fence), request.credentials)
    ended = runner.perform(request.command, steps)
    return {
        "exit_code": ended.exit_code,
        "output": list(ended.output),
        "seconds": round(ended.seconds, 3),
        "attached": ended.attached,
    }


COMMAND = Operation(
    parse=_parse,
    read=lambda request: survey(Docker(request.socket), request.command),
    plan=lambda request, found: plan(request.command, found),
    apply=_apply,
    predict=lambda request, found: {"exit_code": None, "output": [], "seconds": 0.0, "attached": False},
    requires=(DOCKER,),
)
