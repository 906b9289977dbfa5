# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Patroni's REST API (patroni.readthedocs.io, rest_api), from version 2.1 on, as far as switching, pausing and rebuilding go.

Reading needs no login. Credentials go to the addresses that the inventory names, never to those that members announce.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, TypeVar

from .._core.errors import InvalidInput, Unavailable
from .._judge.fetch import Place, get, send
from . import described
from .model import Cluster, LoginRefused, Member, PatroniRefused, Said

T = TypeVar("T")
Places = tuple[Place, ...]
"""The REST APIs of some members, any of which may be asked about the cluster."""
NO_LOGIN = frozenset({401, 403})


def cluster(places: Places) -> Cluster:
    """The cluster as it is written down, and what each member says itself at the same moment."""
    asked, found = _heard(places)
    with ThreadPoolExecutor(max(len(found.members), 1)) as pool:
        words = list(pool.map(lambda one: said(asked, one), found.members))
    members = tuple(replace(one, said=word) for one, word in zip(found.members, words, strict=True))
    return replace(found, members=members, configuration=_configuration(asked))


def speaker(places: Places) -> Place:
    """The first that can tell of the cluster; ``Unavailable`` says of each why not."""
    return _heard(places)[0]


def _heard(places: Places) -> tuple[Place, Cluster]:
    silent = []
    for place in places:
        try:
            return place, described_at(place, "/cluster", described.cluster)
        except Unavailable as error:
            silent.append(error.message)
    raise Unavailable(f"no REST API of Patroni answers: {'; '.join(silent)}. See that Patroni runs there, and who may reach it")


def described_at(place: Place, path: str, describe: Callable[[Mapping[str, Any]], T]) -> T:
    """An answer of JSON, understood; another server's is an error of the address."""
    content = get(place, path)
    try:
        return describe(json.loads(content))
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError):
        raise Unavailable(
            f"{place.shown} does not answer as Patroni does: give the address below which its /cluster is"
        ) from None


def _configuration(place: Place) -> Mapping[str, Any]:
    """The settings that all members share; a cluster that is being born has none."""
    return described_at(place, "/config", dict)


def said(asked: Place, member: Member) -> Said | None:
    """What the member says itself, None if it does not answer."""
    try:
        return described_at(own_place(asked, member), "/patroni", described.said)
    except (Unavailable, InvalidInput):
        return None


def own_place(asked: Place, member: Member) -> Place:
    """Where a member says that its REST API is, for reading: without credentials."""
    return replace(asked, url=member.api_url.removesuffix("/patroni"), username="", password="")


def is_writing(place: Place) -> bool:
    """Whether the member takes writes at this moment; unlike ``said`` never waits for a database that is stopping."""
    try:
        return described_at(place, "/health", described.said).is_primary
    except Unavailable:
        return False


def switch(place: Place, leader: str, candidate: str) -> str:
    """Have Patroni stop the one and promote the other; answers when that is done, or failed."""
    return _changed(place, "POST", "/switchover", {"leader": leader, "candidate": candidate})


def pause(place: Place, *, paused: bool) -> None:
    """Null takes a setting away, as patronictl does."""
    _changed(place, "PATCH", "/config", {"pause": True if paused else None})


def rebuild(place: Place) -> str:
    """Have this member throw its data away and copy it anew; answers when that began."""
    return _changed(place, "POST", "/reinitialize", {"force": False})


def _changed(place: Place, method: str, path: str, document: Mapping[str, Any]) -> str:
    """What Patroni says of a change; errors have the ``status`` of a refusal, or none where no answer came."""
    try:
        return send(place, method, path, document).decode("utf-8", "replace").strip()
    except Unavailable as error:
        status = error.details.get("status")
        if status is None:
            raise
        if status in NO_LOGIN:
            who = f"as {place.username}" if place.username else "without a username"
            raise LoginRefused(
                f"{method} {path} {who}: {error.message}. Nothing was changed. Give the username and the password of "
                "restapi.authentication, and see that restapi.allowlist names this host",
                status=status,
            ) from None
        raise PatroniRefused(f"{method} {path}: {error.message}", status=status) from None
