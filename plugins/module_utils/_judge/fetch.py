# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One GET over urllib: nothing is followed or proxied, and no more is read than a page of metrics may hold."""

from __future__ import annotations

import base64
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import Any
from urllib.parse import urlencode, urlsplit

from .._core.errors import InvalidInput, Unavailable
from .._core.text import shown
from .._health.trust import context

LONGEST = 16 * 1024 * 1024
"""Bytes of an answer."""


@dataclass(frozen=True)
class Place:
    """A server of metrics, and who we are there; ``timeout`` is seconds."""

    url: str
    username: str = ""
    password: str = field(default="", repr=False)
    ca_path: str = ""
    validate_certs: bool = True
    timeout: float = 5.0

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or not self.url.isprintable():
            raise InvalidInput(
                f"{shown(parts._replace(netloc=parts.netloc.rpartition('@')[2]).geturl())} is not a place to ask for metrics: "
                "allowed is http:// or https://, a host, a port and a path, without credentials"
            )

    @property
    def shown(self) -> str:
        """The server as a message names it."""
        return urlsplit(self.url).netloc


class _Stay(urllib.request.HTTPRedirectHandler):
    """A redirect of a server of metrics is an error of its address."""

    def redirect_request(self, *_given: Any, **_named: Any) -> None:
        return None


def get(place: Place, path: str = "", query: Mapping[str, str] | None = None) -> bytes:
    """The body of a good answer; raises ``Unavailable``."""
    url = f"{place.url.rstrip('/')}{path}{'?' + urlencode(query) if query else ''}"
    asked = urllib.request.Request(url)  # noqa: S310  # a place is http or https
    if place.username:
        login = base64.b64encode(f"{place.username}:{place.password}".encode()).decode()
        asked.add_header("Authorization", f"Basic {login}")
    try:
        with _opener(place).open(asked, timeout=place.timeout) as answer:
            body: bytes = answer.read(LONGEST + 1)
    except urllib.error.HTTPError as error:
        with error:
            raise Unavailable(f"{place.shown} answered {error.code}{_first_line(error)}") from None
    except (OSError, HTTPException, ValueError) as error:
        raise Unavailable(f"{place.shown} did not answer: {getattr(error, 'reason', error)}") from None
    if len(body) > LONGEST:
        raise Unavailable(f"{place.shown} answered more than {LONGEST} bytes")
    return body


def _opener(place: Place) -> urllib.request.OpenerDirector:
    handlers: list[urllib.request.BaseHandler] = [urllib.request.ProxyHandler({}), _Stay()]
    if place.url.startswith("https"):
        handlers.append(urllib.request.HTTPSHandler(context=context(place.ca_path, validate=place.validate_certs)))
    return urllib.request.build_opener(*handlers)


def _first_line(error: urllib.error.HTTPError) -> str:
    line = " ".join(error.read(300).decode("utf-8", "replace").split())
    return f": {line}" if line else ""
