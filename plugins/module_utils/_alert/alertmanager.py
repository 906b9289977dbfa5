# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Alertmanager's HTTP API v2, as far as silences go (github.com/prometheus/alertmanager, api/v2/openapi.yaml)."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from .._core.errors import InvalidInput, Unavailable
from .._core.plan import Plan
from .._judge.fetch import Place, get, send
from .model import Matcher, Silence
from .plan import EXPIRE
from .ready import is_live

SILENCES = "/api/v2/silences"
SILENCE = "/api/v2/silence/"
NOT_FOUND = 404
SKEW_S = 300.0
"""A silence begins when Alertmanager's clock says so: it takes a beginning in the past for now."""


def live(place: Place) -> list[Silence]:
    """Silences that are active or pending, everybody's."""
    documents = _loaded(place, get(place, SILENCES))
    if not isinstance(documents, list):
        raise _strange(place)
    return [silence for document in documents if (silence := _decode(place, document)) and is_live(silence)]


def one(place: Place, identity: str) -> Silence | None:
    """The silence of this id, also an expired one; None if Alertmanager does not know it."""
    try:
        return _decode(place, _loaded(place, get(place, f"{SILENCE}{identity}")))
    except Unavailable as error:
        if error.details.get("status") == NOT_FOUND:
            return None
        raise


def put(place: Place, silence: Silence) -> str:
    """Make the silence, or change that of its id; returns the id, which is another one where the old could not be changed."""
    try:
        answer = _loaded(place, send(place, "POST", SILENCES, _encode(silence)))
    except Unavailable as error:
        if not silence.id or error.details.get("status") != NOT_FOUND:
            raise
        answer = _loaded(place, send(place, "POST", SILENCES, {**_encode(silence), "id": ""}))
    if not isinstance(answer, Mapping) or not answer.get("silenceID"):
        raise _strange(place)
    return str(answer["silenceID"])


def expire(place: Place, identity: str) -> None:
    send(place, "DELETE", f"{SILENCE}{identity}")


def carry_out(place: Place, plan: Plan) -> list[str]:
    """Do the steps; returns the ids of the silences that were put or changed."""
    put_up: list[str] = []
    for step in plan.steps:
        if step.action == EXPIRE:
            expire(place, step.data.id)
        else:
            put_up.append(put(place, step.data))
    return put_up


def _encode(silence: Silence) -> dict[str, Any]:
    return {
        "id": silence.id,
        "matchers": [{"name": m.name, "value": m.value, "isRegex": m.regex, "isEqual": m.equal} for m in silence.matchers],
        "startsAt": silence.starts or _written(time.time() - SKEW_S),
        "endsAt": _written(silence.ends),
        "createdBy": silence.creator,
        "comment": silence.comment,
    }


def _decode(place: Place, document: Any) -> Silence | None:
    """None for a silence of somebody's whose matchers we would not write; it cannot be one of ours."""
    try:
        return Silence(
            id=str(document["id"]),
            matchers=tuple(_matcher(one) for one in document["matchers"]),
            starts=str(document["startsAt"]),
            ends=datetime.fromisoformat(document["endsAt"]).timestamp(),
            comment=str(document["comment"]),
            creator=str(document["createdBy"]),
            state=str(document["status"]["state"]),
        )
    except InvalidInput:
        return None
    except (KeyError, TypeError, ValueError, AttributeError):
        raise _strange(place) from None


def _matcher(document: Mapping[str, Any]) -> Matcher:
    return Matcher(document["name"], document["value"], document["isRegex"], document.get("isEqual", True))


def _loaded(place: Place, content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        raise _strange(place) from None


def _strange(place: Place) -> Unavailable:
    return Unavailable(f"{place.shown} does not answer as an Alertmanager does: give the address below which its /api/v2 is")


def _written(when: float) -> str:
    return datetime.fromtimestamp(when, UTC).isoformat(timespec="milliseconds")
