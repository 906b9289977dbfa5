"""Whatever comes over the wire, the answer is clean and in time."""

from __future__ import annotations

import socket
import time
from threading import Thread

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._health.described import Described, endpoint
from ansible_collections.mainstay.ops.plugins.module_utils._health.model import Answer, Cause
from ansible_collections.mainstay.ops.plugins.module_utils._health.web import LIMIT, received, request
from hypothesis import given
from hypothesis import strategies as st


def answer_to(sent: bytes, seconds: float = 2.0, *, close: bool = True) -> Answer:
    """What is made of these bytes."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        Thread(target=say, args=(theirs, sent, close), daemon=True).start()
        return received(ours, time.monotonic() + seconds)


def say(sock: socket.socket, sent: bytes, close: bool) -> None:
    try:
        sock.sendall(sent)
        if close:
            sock.shutdown(socket.SHUT_WR)
    except OSError:
        pass


HEAD = b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize(
    ("sent", "status", "body", "cause"),
    [
        (HEAD + b"Content-Length: 2\r\n\r\nok", 200, b"ok", None),
        (HEAD + b"\r\nuntil closed", 200, b"until closed", None),
        (HEAD + b"Content-Length: 1\r\n\r\nlonger", 200, b"l", None),
        (HEAD + b"Content-Length: 9\r\n\r\nshort", 200, b"short", Cause.RESET),
        (HEAD + b"Content-Length: -9\r\n\r\nok", 200, b"ok", None),
        (HEAD + b"Content-Length: many\r\n\r\nok", 200, b"ok", None),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", 200, b"ok", None),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nok\r\n", 200, b"", Cause.GARBLED),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n9\r\nok", 200, b"", Cause.RESET),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n" + b"x" * 3_000_000, 200, None, Cause.GARBLED),
        (HEAD + b"Content-", None, b"", Cause.RESET),
        (b"", None, b"", Cause.RESET),
        (b"\x16\x03\x01\x02\x00", None, b"", Cause.GARBLED),
        (b"+PONG\r\n", None, b"", Cause.GARBLED),
        (b"HTTP/1.1 abc OK\r\n\r\n", None, b"", Cause.GARBLED),
        (HEAD + b"A: b\r\n" * 5000 + b"\r\n", None, b"", Cause.GARBLED),
        (HEAD + b"A: " + b"b" * 100_000, None, b"", Cause.GARBLED),
        (b"HTTP/1.1 100 Continue\r\n\r\n" * 50_000, None, b"", Cause.GARBLED),
        (b"HTTP/1.1 204 No Content\r\n\r\n", 204, b"", None),
    ],
)
def test_an_answer_is_read_or_blamed(sent: bytes, status: int | None, body: bytes | None, cause: Cause | None) -> None:
    answer = answer_to(sent)
    assert (answer.trouble and answer.trouble.cause) == cause
    assert answer.status in (status, 200 if cause else status)
    assert body is None or answer.body == body


def test_a_huge_body_is_cut() -> None:
    answer = answer_to(HEAD + b"\r\n" + b"x" * 3_000_000)
    assert (len(answer.body), answer.cut, answer.trouble) == (LIMIT, True, None)


@pytest.mark.parametrize("sent", [HEAD + b"Content-Length: 9\r\n\r\nsh", HEAD + b"Content-Le", b"", HEAD + b"\r\nopen"])
def test_silence_ends_with_the_timeout(sent: bytes) -> None:
    begin = time.monotonic()
    answer = answer_to(sent, 0.2, close=False)
    assert answer.trouble is not None
    assert answer.trouble.cause is Cause.TIMEOUT
    assert time.monotonic() - begin < 5


def test_what_comes_after_the_timeout_does_not_count() -> None:
    answer = answer_to(HEAD + b"\r\nok", 0.0)
    assert answer.trouble is not None
    assert answer.trouble.cause is Cause.TIMEOUT


@given(st.binary(max_size=400), st.sampled_from([b"", HEAD, HEAD + b"\r\n", HEAD + b"Transfer-Encoding: chunked\r\n\r\n"]))
def test_no_bytes_upset_the_reader(sent: bytes, before: bytes) -> None:
    answer = answer_to(before + sent, 0.5)
    assert answer.status is not None or answer.trouble is not None


def test_the_request_carries_credentials_and_the_users_own_headers() -> None:
    made = endpoint(Described("e", "http://u:p@h:8000/x?y", headers={"Host": "shop", "Accept": "text/plain"}))
    lines = request(made).decode().split("\r\n")
    assert lines[0] == "GET /x?y HTTP/1.1"
    assert {"host: shop", "accept: text/plain", "authorization: Basic dTpw", "connection: close"} <= set(lines)
    assert lines[-2:] == ["", ""]
