# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reading, planning and applying HAProxy's configuration, put together for the module."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .._core.errors import Failed, Unavailable
from .._core.plan import Plan
from .._core.text import seconds
from .._edge.run import Operation, Report
from . import binary, haproxy, state_file
from .config import RELOAD, WRITE, Current, Wanted, marked, plan_config
from .ready import is_in_rotation
from .takeover import Seen, take_over


@dataclass(frozen=True)
class Request:
    """A configuration for the HAProxy that answers at these sockets."""

    wanted: Wanted
    path: Path
    socket: str
    master: str
    state_file: Path
    reload_timeout: float
    program: str


def _parse(params: Mapping[str, Any]) -> Request:
    return Request(
        marked(params["content"], params["forget"]),
        Path(params["path"]),
        params["socket"],
        params["master_socket"],
        Path(params["state_file"]),
        seconds(params["reload_timeout"], noun="reload_timeout"),
        params["program"],
    )


def _read(request: Request) -> Current:
    text = request.path.read_text("utf-8", "replace") if request.path.exists() else None
    if text != request.wanted.text:
        binary.check(request.program, request.wanted.text)
    if not (haproxy.answers(request.master) or haproxy.answers(request.socket)):
        return Current(text)
    try:
        return _running(request, text)
    except Unavailable:
        return Current(text, running=True)


def _running(request: Request, text: str | None) -> Current:
    serving = tuple(server.key for server in haproxy.servers(request.socket) if is_in_rotation(server))
    mark = haproxy.information(request.socket).get("description", "")
    return Current(text, mark, True, True, haproxy.backends(request.socket), serving)


def _apply(request: Request, found: Current, plan: Plan) -> Report:
    actions = {step.action for step in plan.steps}
    if WRITE in actions:
        state_file.replace(request.path, request.wanted.text)
    if RELOAD in actions:
        _reload(request, found)
    return _report(request, found)


def _reload(request: Request, found: Current) -> None:
    """The state is saved first, so that what drains or rests goes on doing so."""
    if found.answering:
        state_file.write(request.state_file, haproxy.servers_state(request.socket))
    seen = take_over(request.socket, request.master, request.wanted.mark, request.reload_timeout)
    if seen.mark == request.wanted.mark:
        _demand_alone(seen)
        return
    if found.text is not None:
        state_file.replace(request.path, found.text)
    raise Failed(
        f"HAProxy did not take over the configuration within {request.reload_timeout:g} s, it still runs "
        f"{seen.mark or 'the old one'}; {request.path} was put back: "
        "look at `journalctl -u haproxy` (is a port taken?)"
    )


def _demand_alone(seen: Seen) -> None:
    if not seen.alone:
        raise Failed(
            "HAProxy runs the new configuration, but an old process still takes commands and may swallow the next ones: "
            "look at `show proc` of the master's socket, then restart HAProxy"
        )


def _report(request: Request, found: Current) -> Report:
    return {
        "configuration": request.wanted.mark,
        "running": found.running,
        "diff": {"before": found.text or "", "after": request.wanted.text, "before_header": str(request.path)},
    }


CONFIG = Operation(
    parse=_parse,
    read=_read,
    plan=lambda request, found: plan_config(request.wanted, found),
    apply=_apply,
    predict=_report,
)
