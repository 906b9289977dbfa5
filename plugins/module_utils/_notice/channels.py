# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The channels of an inventory, checked before anything changes. A message names options, never the value of a secret."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from .._core.errors import InvalidInput
from .._core.text import choice, listed, shown
from .model import EVENTS, NAMES, USUAL, is_template

MOST = 10
"""Channels, because they are told one after the other while a run waits."""
SEVERITIES = ("critical", "error", "warning", "info")
SHARED = ("channel", "events", "template")
TOKENS = r"T[A-Z0-9]+/B[A-Z0-9]+/[A-Za-z0-9]+|xox[abp]-[A-Za-z0-9-]+"

Check = Callable[[Any], Any]
"""Returns an option's value as it is used, or raises ``ValueError`` with what is allowed."""


def _line(value: Any) -> str:
    if not isinstance(value, str) or not value.strip() or not value.isprintable():
        raise ValueError("must be a text of one line")
    return str(value)


def _token(value: Any) -> str:
    if not re.fullmatch(TOKENS, str(value)):
        raise ValueError(
            "must be what follows /services/ in the address of an incoming webhook (T.../B.../...), or begin with xoxb-"
        )
    return str(value)


def _severity(value: Any) -> str:
    if value not in SEVERITIES:
        raise ValueError(f"must be {', '.join(SEVERITIES[:-1])} or {SEVERITIES[-1]}")
    return str(value)


def _port(value: Any) -> int:
    if isinstance(value, bool) or not re.fullmatch(r"[0-9]{1,5}", str(value)) or not 1 <= int(value) <= 65535:
        raise ValueError("must be a port, 1 to 65535")
    return int(value)


def _addresses(value: Any) -> list[str]:
    found = [value] if isinstance(value, str) else value
    if (
        not isinstance(found, list)
        or not found
        or not all(isinstance(one, str) and re.fullmatch(r"[^\s,]+@[^\s,]+", one) for one in found)
    ):
        raise ValueError("must be one or more addresses, such as [oncall@example.com]")
    return [str(one) for one in found]


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("must be true or false")
    return value


def _address(value: Any) -> str:
    parts = urlsplit(_line(value))
    if parts.scheme not in ("https", "http") or not parts.hostname:
        raise ValueError("must begin with https:// and name a server")
    if parts.scheme == "http" and not is_here(parts.hostname):
        raise ValueError("must begin with https://, because it may hold secrets; http:// is for this machine alone")
    return str(value)


def _headers(value: Any) -> dict[str, str]:
    if not isinstance(value, Mapping) or not all(re.fullmatch(r"[A-Za-z0-9-]+", str(k)) for k in value):
        raise ValueError("must be a dictionary of the names of headers and their values")
    return {str(name): _line(one) for name, one in value.items()}


def is_here(host: str) -> bool:
    """Whether the host is this machine, so that no secret travels."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True)
class Kind:
    """A channel: what it needs, what it takes besides and what that is by default, and which events it is fit for."""

    needs: Mapping[str, Check]
    takes: Mapping[str, tuple[Check, Any]]
    usual: tuple[str, ...] = ("asks", "failed")
    events: tuple[str, ...] = EVENTS
    modules: tuple[str, ...] = field(default=())


KINDS = {
    "slack": Kind({"token": _token}, {"to": (_line, ""), "username": (_line, "mainstay")}, modules=("community.general.slack",)),
    "pagerduty": Kind(
        {"integration_key": _line},
        {"severity": (_severity, "critical")},
        usual=("failed",),
        events=("asks", "failed"),
        modules=("community.general.pagerduty_alert",),
    ),
    "mail": Kind(
        {"host": _line, "to": _addresses},
        {
            "sender": (_line, "mainstay@localhost"),
            "port": (_port, 25),
            "username": (_line, ""),
            "password": (_line, ""),
            "tls": (_flag, None),
        },
        modules=("community.general.mail",),
    ),
    "webhook": Kind({"url": _address}, {"headers": (_headers, {}), "ca_path": (_line, "")}),
}


def checked(value: Any, read: Callable[[str], str]) -> list[dict[str, Any]]:
    """The channels with all of their options; raises ``InvalidInput``. ``read`` returns what stands in a file."""
    if not isinstance(value, list) or len(value) > MOST:
        raise InvalidInput(f"mainstay_notices must be a list of at most {MOST} channels, each a dictionary")
    return [_channel(entry, f"mainstay_notices, entry {number}", read) for number, entry in enumerate(value, 1)]


def _channel(entry: Any, where: str, read: Callable[[str], str]) -> dict[str, Any]:
    if not isinstance(entry, Mapping) or not isinstance(entry.get("channel"), str):
        raise InvalidInput(f"{where}: must be a dictionary with a channel: {listed(KINDS).replace(' and ', ' or ')}")
    try:
        name = choice(entry["channel"], KINDS, "channel")
        return _whole(name, KINDS[name], entry, read)
    except (InvalidInput, ValueError) as error:
        raise InvalidInput(f"{where}: {error}") from None


def _whole(name: str, kind: Kind, entry: Mapping[str, Any], read: Callable[[str], str]) -> dict[str, Any]:
    allowed = [*SHARED, *kind.needs, *kind.takes]
    if unknown := [str(option) for option in entry if option not in allowed]:
        raise InvalidInput(f"{name} has no option {shown(unknown[0])}: allowed are {listed(allowed)}")
    if missing := [option for option in kind.needs if entry.get(option) is None]:
        raise InvalidInput(f"{name} needs {listed(missing)}")
    found: dict[str, Any] = {"channel": name, "events": _events(name, kind, entry.get("events", list(kind.usual)))}
    for option, check in {**kind.needs, **{option: check for option, (check, _usual) in kind.takes.items()}}.items():
        given = entry.get(option)
        found[option] = kind.takes[option][1] if given is None else _option(name, option, check, given)
    return {**found, **_together(name, found), "template": _template(name, entry.get("template", USUAL), read)}


def _option(name: str, option: str, check: Check, value: Any) -> Any:
    try:
        return check(value)
    except ValueError as error:
        raise InvalidInput(f"{option} of {name} {error}") from None


def _events(name: str, kind: Kind, value: Any) -> list[str]:
    if not isinstance(value, list) or not value or not all(event in kind.events for event in value):
        hint = "; what failed is resolved by a run that passes" if name == "pagerduty" else ""
        raise InvalidInput(f"events of {name} must be a list of {listed(kind.events)}, one or more, not {shown(value)}{hint}")
    return [str(event) for event in value]


def _together(name: str, found: Mapping[str, Any]) -> dict[str, Any]:
    """What depends on more than one option. Without TLS a password would be there to read."""
    if name == "slack" and str(found["token"]).startswith("xox") and not found["to"]:
        raise InvalidInput("slack needs to, such as '#operations', where the token is that of an application")
    if name != "mail":
        return {}
    local = is_here(found["host"])
    tls = not local if found["tls"] is None else found["tls"]
    if bool(found["username"]) != bool(found["password"]):
        raise InvalidInput("mail needs username and password together, or neither")
    if found["password"] and not tls and not local:
        raise InvalidInput("mail sends no password without tls, unless the server is this machine")
    return {"tls": tls}


def _template(name: str, value: Any, read: Callable[[str], str]) -> Any:
    """A text whose first line is the subject; of a webhook also the whole document, whose texts are templates."""
    if name == "webhook" and isinstance(value, Mapping):
        return {str(key): _template(name, one, read) for key, one in value.items()}
    if name == "webhook" and isinstance(value, list):
        return [_template(name, one, read) for one in value]
    if name == "webhook" and (value is None or isinstance(value, bool | int | float)):
        return value
    if not isinstance(value, str) or not value.strip():
        raise InvalidInput(f"template of {name} must be a text, or the whole path of a file on the controller")
    text = read(value) if value.startswith("/") and "\n" not in value else str(value)
    if not is_template(text):
        names = listed(f"${one}" for one in NAMES)
        raise InvalidInput(f"template of {name} names what there is not: allowed are {names}, and $$ for a dollar")
    return text
