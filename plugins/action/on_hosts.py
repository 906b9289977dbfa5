# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Calls modules on many hosts at once from one task, which costs Ansible one process instead of one for each host."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from functools import partial
from typing import Any

from ansible import constants as C
from ansible import context
from ansible.errors import AnsibleConnectionFailure
from ansible.plugins.action import ActionBase

from ..module_utils._core.errors import InvalidInput
from ..module_utils._core.text import shown
from ..module_utils._edge.spec import FENCE
from ..plugin_utils.reach import Host, connect, play_context_of, typed_passwords

Result = dict[str, Any]
COLOURS = {"changed": C.COLOR_CHANGED, "failed": C.COLOR_ERROR, "unreachable": C.COLOR_UNREACHABLE, "ok": C.COLOR_OK}
NOT_KEPT = ("invocation", "exception", "ansible_facts")
SAID = ("warnings", "deprecations")
"""What modules say beside their result; Ansible shows it of the task, and of nothing inside of it."""
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
PEOPLE_READ = ("default", "ansible.builtin.default", "mainstay.ops.runbook")
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
        variables = task_vars or {}
        asked = self.validate_argument_spec(SPEC)[1]
        try:
            calls = list(calls_in(asked, variables["groups"]["all"]))
        except InvalidInput as error:
            return {"failed": True, "msg": error.message, "error": type(error).__name__}
        works = [self._work(call, variables) for call in calls]
        return collected(calls, self._all_at_once(calls, works))

    def _all_at_once(self, calls: Sequence[Call], works: Sequence[Callable[[], Result]]) -> list[Result]:
        """As many at a time as Ansible has forks."""
        workers = max(1, min(len(calls), int(context.CLIARGS.get("forks") or C.DEFAULT_FORKS)))
        with ThreadPoolExecutor(workers) as pool:
            done = [pool.submit(copy_context().run, self._told, call, work) for call, work in zip(calls, works, strict=True)]
            return [one.result() for one in done]

    def _work(self, call: Call, variables: Mapping[str, Any]) -> Callable[[], Result]:
        """The call, ready to be made: plugins are loaded here, before there are threads."""
        try:
            known = variables["hostvars"].raw_get(call.host)
            there = {**known, "hostvars": variables["hostvars"], "ansible_facts": dict(known.get("ansible_facts") or {})}
            return partial(self._connected(call.host, there, variables)._called, call, there)
        except Exception as error:  # the inventory may hold anything, and one host must not keep the others from being called
            return partial(_failed, error)

    def _connected(self, name: str, there: dict[str, Any], variables: Mapping[str, Any]) -> ActionModule:
        """This same task, but connected to another host."""
        templar = self._templar.copy_with_new_env(available_variables=there)
        host = Host(name, there, templar)
        passwords = typed_passwords(self._play_context, variables)
        play_context = play_context_of(host, passwords, self._play_context.connection_lockfd)
        connection = connect(host, self._task, play_context)
        return ActionModule(self._task, connection, play_context, self._loader, templar, self._shared_loader_obj)

    def _called(self, call: Call, there: dict[str, Any]) -> Result:
        """What the module returned; whatever was put on the host for it is taken away again."""
        try:
            try:
                result: Result = self._execute_module(module_name=call.module, module_args=dict(call.args), task_vars=there)
            finally:
                self.cleanup()
                self._connection.close()
        except AnsibleConnectionFailure as error:
            return {"unreachable": True, "msg": str(error)}
        return {key: value for key, value in result.items() if key not in NOT_KEPT}

    def _told(self, call: Call, work: Callable[[], Result]) -> Result:
        """A line as soon as a host is done, for who waits for the others."""
        try:
            result = work()
        except Exception as error:  # what one host made of it must not hide what the others did, or nobody could undo it
            result = _failed(error)
        if C.DEFAULT_STDOUT_CALLBACK in PEOPLE_READ and not self._task.no_log:
            state = _state(result)
            self._display.display(f"{state}: [{call.host}] {_what(result)}".rstrip(), color=COLOURS[state])
        return result


def calls_in(asked: Mapping[str, Any], known: Sequence[str]) -> Iterator[Call]:
    """The calls that the task asks for; each host is one of the inventory, and has one result in a phase."""
    fence = {name: value for name, value in asked["fence"].items() if value is not None}
    named: set[tuple[str, str]] = set()
    for call in asked["calls"]:
        given = {name: value for name, value in call["args"].items() if value is not None}
        for host in call["hosts"]:
            if host not in known:
                raise InvalidInput(f"calls names {shown(host)}, which the inventory does not have")
            if (call["phase"], host) in named:
                raise InvalidInput(f"calls names {host} twice in the phase {shown(call['phase'])}: give each call its own phase")
            named.add((call["phase"], host))
            yield Call(call["phase"], host, call["module"], {**given, "fence": {**fence, "phase": call["phase"]}})


def collected(calls: Sequence[Call], results: Sequence[Result]) -> Result:
    """Results by phase and host, and the differences of all of them under the names of their hosts."""
    phases: dict[str, dict[str, Result]] = {call.phase: {} for call in calls}
    diffs: list[dict[str, Any]] = []
    for call, result in zip(calls, results, strict=True):
        phases[call.phase][call.host] = {key: value for key, value in result.items() if key not in ("diff", *SAID)}
        title = f"{call.host}: {call.phase}"
        diffs += [{**diff, "before_header": title, "after_header": title} for diff in _diffs(result)]
    said = {kind: [one for result in results for one in result.get(kind) or ()] for kind in SAID}
    return {"changed": any(result.get("changed") for result in results), "phases": phases, "diff": diffs, **said}


def _diffs(result: Result) -> list[dict[str, Any]]:
    found = result.get("diff") or []
    return found if isinstance(found, list) else [found]


def _failed(error: Exception) -> Result:
    return {"failed": True, "msg": str(error), "error": type(error).__name__}


def _state(result: Result) -> str:
    return next((state for state in ("unreachable", "failed", "changed") if result.get(state)), "ok")


def _what(result: Result) -> str:
    """What was wrong, or what was done."""
    if result.get("failed") or result.get("unreachable"):
        return "\n".join([str(result.get("msg", "")), *_last_words(result)])
    return ", ".join(f"{step.get('action')} {step.get('subject')}" for step in result.get("steps") or ())


def _last_words(result: Result) -> list[str]:
    """Lines of replicas that failed."""
    return [f"  {words['container']}: {line}" for words in result.get("last_words") or () for line in words["lines"]]
