# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Read, plan, apply: the one way in which every module of the collection runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from ansible.module_utils.basic import AnsibleModule

from .._core.errors import MainstayError
from .._core.plan import Plan
from .._core.text import without
from .._fence.fence import Fence, held
from .require import Library, require
from .spec import into

W = TypeVar("W")
F = TypeVar("F")

Report = Mapping[str, Any]


@dataclass(frozen=True)
class Operation(Generic[W, F]):
    """The four functions that make a module.

    ``parse`` turns parameters into what is wanted, ``read`` looks at what is there, ``plan`` decides (pure), and
    ``apply`` does the steps and returns what the module reports besides. ``predict`` is what is reported instead when
    nothing is applied: in check mode, or because nothing is to be done.
    """

    parse: Callable[[Mapping[str, Any]], W]
    read: Callable[[W], F]
    plan: Callable[[W, F], Plan]
    apply: Callable[[W, F, Plan], Report]
    predict: Callable[[W, F], Report] = lambda wanted, found: {}
    requires: tuple[Library, ...] = ()


@dataclass(frozen=True)
class Reading(Generic[W]):
    """The two functions that make an ``_info`` module.

    ``rehearse`` reads in check mode, where ``read`` tells others what it found, or leaves another trace.
    """

    parse: Callable[[Mapping[str, Any]], W]
    read: Callable[[W], Report]
    rehearse: Callable[[W], Report] | None = None
    requires: tuple[Library, ...] = ()


def run(spec: Mapping[str, Any], operation: Operation[Any, Any] | Reading[Any], **constraints: Any) -> None:
    """Run the operation as an Ansible module with this argument spec and these constraints."""
    module = AnsibleModule(argument_spec=dict(spec), supports_check_mode=True, **constraints)
    try:
        require(operation.requires)
        with _fenced(module, operation):
            result = {**_phase(module), **_outcome(module, operation)}
        _warn(module, result.pop("warnings", ()))
    except MainstayError as error:
        _fail(module, error.message, {"error": type(error).__name__, **error.details})
    except Exception as error:  # the last line of defence: an operator gets a sentence, never a traceback
        _fail(module, f"unexpected {type(error).__name__}: {error}; please report this", {"error": "Unexpected"})
    else:
        module.exit_json(**result)


def _outcome(module: AnsibleModule, operation: Operation[Any, Any] | Reading[Any]) -> dict[str, Any]:
    wanted = operation.parse(module.params)
    if isinstance(operation, Reading):
        read = operation.rehearse if module.check_mode and operation.rehearse else operation.read
        return {"changed": False, **read(wanted)}
    found = operation.read(wanted)
    plan = operation.plan(wanted, found)
    applies = plan.changed and not module.check_mode
    report = operation.apply(wanted, found, plan) if applies else operation.predict(wanted, found)
    return {"changed": plan.changed, "steps": plan.as_list(), "diff": plan.diff(), **report}


def _fenced(module: AnsibleModule, operation: Operation[Any, Any] | Reading[Any]) -> AbstractContextManager[None]:
    """From reading to the last step nobody else works on this host under the lock; only a look without a token needs none."""
    given = module.params.get("fence")
    if not given or module.check_mode:
        return nullcontext()
    fence = into(Fence, given)
    return nullcontext() if fence.token is None and isinstance(operation, Reading) else held(fence)


def _phase(module: AnsibleModule) -> dict[str, Any]:
    """The phase that the result belongs to, so that a judge never takes an old result for a new one."""
    phase = (module.params.get("fence") or {}).get("phase")
    return {"phase": phase} if phase else {}


def _warn(module: AnsibleModule, warnings: Iterable[str]) -> None:
    """What an operation reports as ``warnings`` is shown to people, however much of the result is."""
    for warning in warnings:
        module.warn(warning)


def _fail(module: AnsibleModule, message: str, details: Mapping[str, Any]) -> None:
    module.fail_json(msg=without(message, module.no_log_values), **details)
