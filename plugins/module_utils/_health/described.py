# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An endpoint as a user writes it, and what becomes of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote

from .._core.errors import InvalidInput
from .._core.text import seconds, shown
from .address import target
from .model import Endpoint, Target
from .web import basic

CONFIDENTIAL = re.compile(r"(?i)authorization|cookie|.*(token|secret|password|api-?key).*")


@dataclass(frozen=True)
class Described:
    """The suboptions of one endpoint."""

    name: str
    url: str = field(repr=False)
    username: str = ""
    password: str = field(default="", repr=False)
    headers: Mapping[str, Any] = field(default_factory=dict)
    secret_headers: Mapping[str, Any] = field(default_factory=dict, repr=False)
    status: tuple[int, ...] = (200,)
    json: Mapping[str, Any] = field(default_factory=dict)
    version: str = ""
    timeout: str = "5s"
    ca_path: str = ""
    validate_certs: bool = True


def endpoint(one: Described) -> Endpoint:
    """The endpoint that is described; raises ``InvalidInput``."""
    where = _where(one)
    return Endpoint(
        name=one.name,
        target=where,
        status=one.status,
        json=one.json,
        version=one.version,
        timeout=seconds(one.timeout, noun="timeout"),
        headers=_headers(one),
        secrets=_secrets(one, where),
        ca_path=one.ca_path,
        validate_certs=one.validate_certs,
    )


def _where(one: Described) -> Target:
    if not re.fullmatch(r"[!-~]([ -~]{0,118}[!-~])?", one.name):
        raise InvalidInput(f"{shown(one.name)} is not an endpoint's name: allowed are 1 to 120 printable ASCII characters")
    where = target(one.name, one.url)
    return replace(where, username=one.username or where.username, password=one.password or where.password)


def _headers(one: Described) -> Mapping[str, str]:
    for name in one.headers:
        if CONFIDENTIAL.fullmatch(str(name)):
            raise _refusal(one, f"give the header {shown(name)} in secret_headers, so that no output shows it")
    headers = {str(name): str(value) for name, value in {**one.headers, **one.secret_headers}.items()}
    for name, value in headers.items():
        if not re.fullmatch(r"[A-Za-z0-9!#$%&'*+.^_`|~\-]{1,100}", name) or not re.fullmatch(r"[ -~]{0,4096}", value):
            raise _refusal(one, f"the header {shown(name)} is malformed; allowed are printable ASCII characters")
    return headers


def _secrets(one: Described, where: Target) -> tuple[str, ...]:
    """Every form in which a body or an error might give a credential back."""
    forms = (where.password, quote(where.password, safe=""), basic(where)[6:]) if where.password else ()
    return (*forms, *(str(value) for value in one.secret_headers.values()))


def _refusal(one: Described, what: str) -> InvalidInput:
    return InvalidInput(f"endpoint {shown(one.name)}: {what}")
