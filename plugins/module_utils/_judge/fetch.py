# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One request over urllib: nothing is followed or proxied, and no more is read than a page of metrics may hold."""

from __future__ import annotations

import base64
import json
import re
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from http.client import HTTPException, HTTPResponse
from typing import Any
from urllib.parse import SplitResult, urlencode, urlsplit

from .._core.errors import InvalidInput, Unavailable
from .._core.text import shown, without
from .._health.trust import context

LONGEST = 16 * 1024 * 1024
"""Bytes of an answer."""

PIECE = 1 << 16


@dataclass(frozen=True)
class Place:
    """A server of metrics, alerts or documents, and who we are there; ``timeout`` is seconds for a whole answer."""

    url: str
    username: str = ""
    password: str = field(default="", repr=False)
    ca_path: str = ""
    validate_certs: bool = True
    timeout: float = 5.0
    api_key: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        parts = _split(self.url)
        if parts is None or parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            # The address may hold a password in a place where nobody looks for one, so it is not told.
            raise InvalidInput(
                "an address of metrics is not one: allowed are http:// or https://, a host, a port and a path, in ASCII, and no "
                "credentials, which have options of their own"
            )
        if self.password and not self.username:
            raise InvalidInput(f"the password for {parts.netloc} has no username, and would not be sent")
        if self.api_key and (self.username or not re.fullmatch(r"[A-Za-z0-9+/=_:.\-]{1,1000}", self.api_key)):
            raise InvalidInput(
                f"the API key for {parts.netloc} is not one, in base64 as its maker gave it, or stands beside a username"
            )

    @property
    def login(self) -> str:
        """Who we are, as HTTP's basic authentication has it."""
        return base64.b64encode(f"{self.username}:{self.password}".encode()).decode() if self.username else ""

    @property
    def authorization(self) -> str:
        """The header that says who we are, "" for nobody."""
        if self.api_key:
            return f"ApiKey {self.api_key}"
        return f"Basic {self.login}" if self.login else ""

    @property
    def shown(self) -> str:
        """The server as a message names it."""
        return urlsplit(self.url).netloc


def _split(url: str) -> SplitResult | None:
    """The parts of an address, None if it cannot be one."""
    try:
        parts = urlsplit(url)
        is_sound = url.isascii() and url.isprintable() and " " not in url and "@" not in url and parts.port != 0
    except ValueError:
        return None
    return parts if is_sound else None


class _Stay(urllib.request.HTTPRedirectHandler):
    """A redirect of a server of metrics is an error of its address."""

    def redirect_request(self, *_given: Any, **_named: Any) -> None:
        return None


def get(place: Place, path: str = "", query: Mapping[str, str] | None = None) -> bytes:
    """The body of a good answer; raises ``Unavailable``."""
    return _asked(place, urllib.request.Request(_url(place, f"{path}{'?' + urlencode(query) if query else ''}")))  # noqa: S310  # see Place


def send(place: Place, method: str, path: str, document: Any = None) -> bytes:
    """The body of a good answer to a document of JSON, or to none; ``Unavailable`` has the ``status`` of a bad one."""
    body = None if document is None else json.dumps(document).encode()
    kind = {"Content-Type": "application/json"}
    return _asked(place, urllib.request.Request(_url(place, path), body, kind, method=method))  # noqa: S310  # see Place


def _url(place: Place, path: str) -> str:
    return f"{place.url.rstrip('/')}{path}"


def _asked(place: Place, asked: urllib.request.Request) -> bytes:
    if place.authorization:
        asked.add_header("Authorization", place.authorization)
    until = time.monotonic() + place.timeout
    try:
        with _opener(place).open(asked, timeout=place.timeout) as answer:
            return _body(place, answer, until)
    except urllib.error.HTTPError as error:
        with error:
            raise Unavailable(f"{place.shown} answered {error.code}{_excerpt(place, error)}", status=error.code) from None
    except (OSError, HTTPException, ValueError) as error:
        raise Unavailable(f"{place.shown} did not answer: {getattr(error, 'reason', error)}") from None


def _body(place: Place, answer: HTTPResponse, until: float) -> bytes:
    """Read piece by piece, because a timeout of urllib is for each piece."""
    pieces: list[bytes] = []
    while piece := answer.read1(PIECE):
        pieces.append(piece)
        if sum(map(len, pieces)) > LONGEST:
            raise Unavailable(f"{place.shown} answered more than {LONGEST} bytes")
        if time.monotonic() > until:
            raise Unavailable(f"{place.shown} did not answer within {place.timeout:g} s")
    return b"".join(pieces)


@lru_cache(maxsize=256)
def _opener(place: Place) -> urllib.request.OpenerDirector:
    """Kept, because urllib reads all certificate authorities for each new one, 30 ms of CPU, also where there is no TLS."""
    handlers: list[urllib.request.BaseHandler] = [urllib.request.ProxyHandler({}), _Stay()]
    if place.url.startswith("https"):
        handlers.append(urllib.request.HTTPSHandler(context=context(place.ca_path, validate=place.validate_certs)))
    return urllib.request.build_opener(*handlers)


def _excerpt(place: Place, error: urllib.error.HTTPError) -> str:
    """What a server says of its refusal, without the secrets that it may repeat."""
    try:
        body = without(error.read(300).decode("utf-8", "replace"), (place.password, place.login, place.api_key))
    except (OSError, HTTPException):
        return ""
    return f": {shown(body, 200)}" if body else ""
