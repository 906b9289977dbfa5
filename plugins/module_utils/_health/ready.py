# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is wrong with one answer, if anything."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from .._core.text import listed, shown
from .model import HTTP, Answer, Cause, Endpoint, Trial, Trouble

MISSING = object()


class NotJson(ValueError):
    """A body in which no field can be looked up; says why."""


def complaint(endpoint: Endpoint, answer: Answer, router: str = "") -> Trouble | None:
    """The first reason for which the answer is not what the endpoint should give, or None if it is right."""
    if answer.trouble:
        return answer.trouble
    if router:
        return Trouble(Cause.ROUTER, f"{router} answered {answer.status} in the application's place: no backend is up")
    if endpoint.target.scheme in HTTP and answer.status not in endpoint.status:
        return Trouble(Cause.APPLICATION, _status(endpoint, answer))
    return _body(endpoint, answer) if endpoint.expects_json else None


def document(answer: Answer) -> Any:
    """The body as JSON; raises ``NotJson``."""
    if answer.cut:
        raise NotJson("the body is longer than what is read of it")
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError) as error:
        raise NotJson(f"the body is not JSON ({shown(str(error).split(': ', maxsplit=1)[0])})") from None


def field_of(document: Any, path: str) -> Any:
    """The field at a dotted path such as ``checks.database`` or ``items.0``, or ``MISSING``; a literal key goes first."""
    if isinstance(document, Mapping) and path in document:
        return document[path]
    for key in path.split("."):
        document = _entry(document, key)
    return document


def in_a_row(trail: tuple[Trial, ...]) -> int:
    """How many answers were right since the last that was not."""
    wrong = [number for number, trial in enumerate(trail, 1) if trial.trouble]
    return len(trail) - (wrong[-1] if wrong else 0)


def is_healthy(trail: tuple[Trial, ...], healthy: int) -> bool:
    """Enough right answers in a row, the last one included."""
    return in_a_row(trail) >= healthy


def _entry(document: Any, key: str) -> Any:
    if isinstance(document, Mapping):
        return document.get(key, MISSING)
    is_index = isinstance(document, list) and key.isdecimal() and key.isascii() and len(key) < 6
    return document[int(key)] if is_index and int(key) < len(document) else MISSING


def _body(endpoint: Endpoint, answer: Answer) -> Trouble | None:
    try:
        found = document(answer)
    except NotJson as error:
        return Trouble(Cause.APPLICATION, str(error))
    for path, wanted in endpoint.json.items():
        if not _is_same(field_of(found, path), wanted):
            return Trouble(Cause.APPLICATION, f"{path} is {_told(field_of(found, path))}, not {shown(wanted)}")
    version = field_of(found, "version")
    if endpoint.version and version != endpoint.version:
        return Trouble(Cause.VERSION, f"version is {_told(version)}, not {shown(endpoint.version)}")
    return None


def _is_same(found: Any, wanted: Any) -> bool:
    """Equality in which true is not 1, unlike Python's."""
    return bool(found == wanted) and isinstance(found, bool) == isinstance(wanted, bool)


def _told(value: Any) -> str:
    return "missing" if value is MISSING else shown(value)


def _status(endpoint: Endpoint, answer: Answer) -> str:
    wanted = listed(str(status) for status in endpoint.status).replace(" and ", " or ")
    location = answer.headers.get("location")
    follow = f" (a redirect to {shown(location)}, not followed)" if location else ""
    return f"status {answer.status}{follow}, not {wanted}"
