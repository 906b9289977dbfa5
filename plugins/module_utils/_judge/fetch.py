# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One GET over urllib: nothing is followed or proxied, and no more is read than a page of metrics may hold."""

from __future__ import annotations

import base64
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPException, HTTPResponse
from typing import Any
from urllib.parse import SplitResult, urlencode, urlsplit

from .._core.errors import InvalidInput, Unavailable
from .._core.text import shown
from .._health.trust import context

LONGEST = 16 * 1024 * 1024
"""Bytes of an answer."""

PIECE = 1 << 16


@dataclass(frozen=True)
class Place:
    """A server of metrics, and who we are there; ``timeout`` is seconds for a whole answer."""

    url: str
    username: str = ""
    password: str = field(default="", repr=False)
    ca_path: str = ""
    validate_certs: bool = True
    timeout: float = 5.0

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
    url = f"{place.url.rstrip('/')}{path}{'?' + urlencode(query) if query else ''}"
    asked = urllib.request.Request(url)  # noqa: S310  # a place is http or https
    if place.username:
        login = base64.b64encode(f"{place.username}:{place.password}".encode()).decode()
        asked.add_header("Authorization", f"Basic {login}")
    until = time.monotonic() + place.timeout
    try:
        with _opener(place).open(asked, timeout=place.timeout) as answer:
            return _body(place, answer, until)
    except urllib.error.HTTPError as error:
        with error:
            raise Unavailable(f"{place.shown} answered {error.code}{_excerpt(error)}") from None
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


def _opener(place: Place) -> urllib.request.OpenerDirector:
    handlers: list[urllib.request.BaseHandler] = [urllib.request.ProxyHandler({}), _Stay()]
    if place.url.startswith("https"):
        handlers.append(urllib.request.HTTPSHandler(context=context(place.ca_path, validate=place.validate_certs)))
    return urllib.request.build_opener(*handlers)


def _excerpt(error: urllib.error.HTTPError) -> str:
    body = error.read(300).decode("utf-8", "replace")
    return f": {shown(body, 200)}" if body else ""
