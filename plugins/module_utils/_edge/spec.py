# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From a module's parameters to the domain's frozen dataclasses, once, at the border."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping
from typing import Any, TypeVar

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from .._core.errors import InvalidInput
from .._core.text import seconds

T = TypeVar("T")

FENCE = {
    "environment": {"type": "str", "required": True},
    "token": {"type": "int", "no_log": False},
    "phase": {"type": "str"},
}
"""Argument spec of what every module takes part in a run with: the lock's token, and the phase that its result is of."""


class Seconds(float):
    """A duration string of the user's, as seconds; dataclasses annotate a field with it to have it parsed."""


def checked(spec: Mapping[str, Any], params: Mapping[str, Any], noun: str) -> dict[str, Any]:
    """Parameters that come inside of a dictionary of the user's, held against an argument spec as Ansible holds a module's."""
    found = ArgumentSpecValidator(dict(spec)).validate(dict(params))
    if found.error_messages:
        raise InvalidInput(f"{noun}: {'; '.join(found.error_messages)}")
    return dict(found.validated_parameters)


def into(cls: type[T], params: Mapping[str, Any]) -> T:
    """Build the dataclass from the parameters that it has fields for, nested ones too; absent ones keep its defaults."""
    hints = typing.get_type_hints(cls)
    fields = [field.name for field in dataclasses.fields(cls)]  # type: ignore[arg-type]  # T is a dataclass by contract
    given = {name: _convert(hints[name], params[name], name) for name in fields if params.get(name) is not None}
    try:
        return cls(**given)
    except TypeError as error:
        raise InvalidInput(f"{cls.__name__.lower()}: {str(error).rsplit('() ', maxsplit=1)[-1]}") from None


def _convert(hint: Any, value: Any, name: str) -> Any:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        return _convert(next(a for a in arguments if a is not types.NoneType), value, name)
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return value if isinstance(value, hint) else into(hint, _mapping(value, name))
    if origin is tuple:
        return tuple(_convert(arguments[0], item, name) for item in value)
    if origin in (dict, Mapping) and arguments:
        return {str(key): _convert(arguments[1], item, name) for key, item in _mapping(value, name).items()}
    return Seconds(seconds(value, noun=name)) if hint is Seconds else value


def _mapping(value: Any, name: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise InvalidInput(f"{name} must be a dictionary, not {type(value).__name__}")
    return value
