# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Calls modules on many hosts at once from one task, which costs Ansible one process instead of one for each host.

Connections are made as Ansible's own executor makes them: by the variables of the host, with what the command line gives.
"""

from __future__ import annotations

import copy
import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from typing import Any

from ansible import constants as C
from ansible import context
from ansible.errors import AnsibleConnectionFailure, AnsibleError
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase
from ansible.plugins.loader import become_loader, connection_loader

from ..module_utils._core.errors import InvalidInput
from ..module_utils._core.text import shown
from ..module_utils._edge.spec import FENCE

Result = dict[str, Any]
COLOURS = {"changed": C.COLOR_CHANGED, "failed": C.COLOR_ERROR, "unreachable": C.COLOR_UNREACHABLE, "ok": C.COLOR_OK}
FOR_DEVELOPERS = ("invocation", "exception")
CALL = {
    "phase": {"type": "str", "required": True},
    "hosts": {"type": "list", "elements": "str", "required": True},
    "module": {"type": "str", "required": True},
    "args": {"type": "dict", "default": {}},
}
SPEC = {
    "fence": {"type": "dict", "required": True, "options": FENCE},
    "calls": {"type": "list", "elements": "dict", "required": True, "options": CALL},
}
PEOPLE_READ = ("default", "ansible.builtin.default")
"""Callbacks whose output may have lines between the results; others write documents for programs."""


@dataclass(frozen=True)
class Call:
    """One module on one host, in a phase."""

    phase: str
    host: str
    module: str
    args: Mapping[str, Any]


class ActionModule(ActionBase):
    """Fails only for bad input: what became of each host is data, for the judge to count."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> Result:
        super().run(tmp, task_vars)
        known = task_vars or {}
        asked = self.validate_argument_spec(SPEC)[1]
        try:
            calls = list(_calls(asked, known["groups"]["all"]))
        except InvalidInput as error:
            return {"failed": True, "msg": error.message, "error": type(error).__name__}
        return _collected(calls, self._all_at_once(calls, known["hostvars"]))

    def _all_at_once(self, calls: list[Call], hostvars: Any) -> list[Result]:
        """As many at a time as Ansible has forks."""
        workers = max(1, min(len(calls), int(context.CLIARGS.get("forks") or C.DEFAULT_FORKS)))
        with ThreadPoolExecutor(workers) as pool:
            return list(pool.map(lambda call: copy_context().run(self._one, call, hostvars.raw_get(call.host)), calls))

    def _one(self, call: Call, known: Mapping[str, Any]) -> Result:
        variables = {**known, "ansible_facts": dict(known.get("ansible_facts") or {})}
        try:
            result: Result = self._on(call.host, variables)._execute_module(
                module_name=call.module, module_args=dict(call.args), task_vars=variables
            )
        except AnsibleConnectionFailure as error:
            result = {"unreachable": True, "msg": str(error)}
        except (AnsibleError, OSError) as error:
            result = {"failed": True, "msg": str(error)}
        told = {key: value for key, value in result.items() if key not in FOR_DEVELOPERS}
        self._tell(call, told)
        return told

    def _on(self, host: str, variables: dict[str, Any]) -> ActionModule:
        """This same task, but connected to another host."""
        templar = self._templar.copy_with_new_env(available_variables=variables)
        play_context = copy.copy(self._play_context)
        play_context.remote_addr = templar.template(variables.get("ansible_host", host))
        connection = connection_loader.get(
            templar.template(variables.get("ansible_connection", self._task.connection)),
            play_context,
            new_stdin=None,
            task_uuid=self._task._uuid,
            ansible_playbook_pid=str(os.getppid()),
        )
        if connection is None:
            raise AnsibleError(f"the connection plugin of {host} was not found: check its ansible_connection")
        self._become(connection, variables, templar)
        self._configure(connection, play_context, variables, templar)
        return ActionModule(self._task, connection, play_context, self._loader, templar, self._shared_loader_obj)

    def _become(self, connection: Any, variables: Mapping[str, Any], templar: Any) -> None:
        wanted = variables.get("ansible_become", self._task.become)
        if boolean(templar.template(wanted) or False, strict=False):
            method = templar.template(variables.get("ansible_become_method") or self._task.become_method)
            connection.set_become_plugin(become_loader.get(method))
        else:
            connection.set_become_plugin(None)

    def _configure(self, connection: Any, play_context: Any, variables: Mapping[str, Any], templar: Any) -> None:
        """Options from the host's variables; passwords that were asked for come with the play."""
        keys = {**self._task.dump_attrs(), "timeout": play_context.timeout}
        del keys["retries"]  # of the task, not of the connection
        if play_context.password:
            keys["password"] = play_context.password
        for kind, plugin in (("connection", connection), ("shell", connection._shell), ("become", connection.become)):
            if plugin is None:
                continue
            names = C.config.get_plugin_vars(kind, plugin._load_name)
            asked = {"become_pass": play_context.become_pass} if kind == "become" and play_context.become_pass else {}
            options = {name: templar.template(variables[name]) for name in names if name in variables}
            plugin.set_options(task_keys={**keys, **asked}, var_options=options)

    def _tell(self, call: Call, result: Result) -> None:
        """A line as soon as a host is done, for who waits for the others."""
        if C.DEFAULT_STDOUT_CALLBACK in PEOPLE_READ and not self._task.no_log:
            state = _state(result)
            self._display.display(f"{state}: [{call.host}] {_what(result)}".rstrip(), color=COLOURS[state])


def _state(result: Result) -> str:
    return next((state for state in ("unreachable", "failed", "changed") if result.get(state)), "ok")


def _what(result: Result) -> str:
    """What was wrong, or what was done."""
    if result.get("failed") or result.get("unreachable"):
        return str(result.get("msg", ""))
    return ", ".join(f"{step['action']} {step['subject']}" for step in result.get("steps", ()))


def _calls(asked: Mapping[str, Any], known: Sequence[str]) -> Iterator[Call]:
    """The calls that the task asks for; each host is one of the inventory, and has one result in a phase."""
    named: set[tuple[str, str]] = set()
    for call in asked["calls"]:
        given = {name: value for name, value in call["args"].items() if value is not None}
        fence = {**{name: value for name, value in asked["fence"].items() if value is not None}, "phase": call["phase"]}
        for host in call["hosts"]:
            if host not in known:
                raise InvalidInput(f"calls names {shown(host)}, which the inventory does not have")
            if (call["phase"], host) in named:
                raise InvalidInput(
                    f"calls names {host} twice in the phase {shown(call['phase'])}: give each call a phase of its own"
                )
            named.add((call["phase"], host))
            yield Call(call["phase"], host, call["module"], {**given, "fence": fence})


def _collected(calls: list[Call], results: list[Result]) -> Result:
    """Results by phase and host."""
    by_phase: dict[str, dict[str, Result]] = {call.phase: {} for call in calls}
    for call, result in zip(calls, results, strict=True):
        by_phase[call.phase][call.host] = {key: value for key, value in result.items() if key != "diff"}
    diffs = [
        {**diff, "before_header": f"{call.host}: {call.phase}", "after_header": f"{call.host}: {call.phase}"}
        for call, result in zip(calls, results, strict=True)
        for diff in _diffs(result)
    ]
    return {"changed": any(result.get("changed") for result in results), "phases": by_phase, "diff": diffs}


def _diffs(result: Result) -> list[dict[str, Any]]:
    found = result.get("diff") or []
    return found if isinstance(found, list) else [found]
