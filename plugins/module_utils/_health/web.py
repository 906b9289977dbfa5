# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One GET over http.client: nothing is followed, retried, proxied or kept alive."""

from __future__ import annotations

import base64
import io
import socket
from contextlib import closing
from dataclasses import replace
from http.client import HTTPException, HTTPResponse, IncompleteRead, RemoteDisconnected

from .model import Answer, Cause, Endpoint, Target, Trouble
from .tcp import Stream, dial, left, secured, trouble_of

LIMIT = 64 * 1024
"""Bytes of a body that are read."""

ENDS = {
    "too late": Trouble(Cause.TIMEOUT, "connected, but no full answer in time"),
    "too long": Trouble(Cause.GARBLED, "the answer does not end"),
    "closed": Trouble(Cause.RESET, "the connection was closed before the answer was complete"),
}


def ask(endpoint: Endpoint, until: float) -> Answer:
    """The answer to one GET."""
    with closing(dial(endpoint.target, until)) as plain:
        if endpoint.target.scheme == "http":
            return _exchange(plain, endpoint, until)
        with closing(secured(plain, endpoint, until)) as private:
            return _exchange(private, endpoint, until)


def request(endpoint: Endpoint) -> bytes:
    """The bytes of the request; the endpoint's own headers go over ours."""
    target = endpoint.target
    headers = {
        "host": target.host if target.port in (80, 443) else target.address,
        "user-agent": "mainstay.ops health_check",
        "accept": "application/json, */*",
        "accept-encoding": "identity",
        "connection": "close",
        **({"authorization": basic(target)} if target.username or target.password else {}),
        **{name.lower(): value for name, value in endpoint.headers.items()},
    }
    lines = [f"GET {target.path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    return "\r\n".join(lines).encode("latin-1")


def basic(target: Target) -> str:
    return "Basic " + base64.b64encode(f"{target.username}:{target.password}".encode()).decode()


def _exchange(sock: socket.socket, endpoint: Endpoint, until: float) -> Answer:
    try:
        sock.settimeout(left(until))
        sock.sendall(request(endpoint))
        return received(sock, until)
    except OSError as error:
        return Answer(trouble=trouble_of(error, "while asking"))


def received(sock: socket.socket, until: float) -> Answer:
    """The answer that comes over the connection, whatever it is."""
    stream = Stream(sock, until)
    response = HTTPResponse(sock)
    response.fp.close()
    response.fp = io.BufferedReader(stream)
    with closing(response):
        try:
            response.begin()
        except (HTTPException, ValueError) as error:
            return Answer(trouble=_broken(error, stream))
        head = Answer(status=response.status, headers=_headers(response), trouble=ENDS.get(stream.end))
        return head if head.trouble else _with_body(head, response, stream)


def _with_body(head: Answer, response: HTTPResponse, stream: Stream) -> Answer:
    trouble = None
    try:
        body = response.read(LIMIT + 1)
        is_short = len(body) <= LIMIT and bool(response.length)
    except IncompleteRead as error:
        body, is_short = error.partial, True
        trouble = ENDS.get(stream.end) or _garbled(error)
    except (HTTPException, ValueError) as error:
        body, is_short = b"", True
        trouble = _garbled(error)
    if stream.end == "too late" or is_short:
        trouble = trouble or ENDS.get(stream.end)
    return replace(head, body=body[:LIMIT], cut=len(body) > LIMIT, trouble=trouble)


def _headers(response: HTTPResponse) -> dict[str, str]:
    return {name.lower(): str(value) for name, value in response.getheaders()}


def _broken(error: Exception, stream: Stream) -> Trouble:
    """Silence is the peer's hanging up; anything said that is not HTTP is worse."""
    if stream.end == "closed" and not isinstance(error, RemoteDisconnected):
        return _garbled(error)
    return ENDS.get(stream.end) or _garbled(error)


def _garbled(error: Exception) -> Trouble:
    return Trouble(Cause.GARBLED, f"the answer is not HTTP ({type(error).__name__})")
