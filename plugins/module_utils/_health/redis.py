# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a Redis server says of itself."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

with suppress(ImportError):
    from redis.exceptions import ConnectionError as RedisConnectionError
    from redis.exceptions import NoPermissionError, RedisError
    from redis.exceptions import TimeoutError as RedisTimeoutError

from .._redis.connection import connect, is_shut_out
from .._redis.model import Server
from .model import Answer, Cause, Endpoint, NoAnswer, Trouble
from .tcp import CAUSES, left
from .threads import within

ROLES = {"master": "primary", "slave": "replica"}


def ask(endpoint: Endpoint, until: float) -> Answer:
    """PING and INFO; the body of the answer is a document with ``role``, ``version`` and, on a replica, ``link``."""
    try:
        info = within(left(until), lambda: _info(endpoint, left(until)))
    except TimeoutError:
        raise NoAnswer(Trouble(Cause.TIMEOUT, "no answer of Redis in time")) from None
    except RedisError as error:
        raise NoAnswer(trouble_of(error)) from None
    role = ROLES.get(info.get("role", ""), info.get("role"))
    told = {"role": role, "version": info.get("redis_version"), "link": info.get("master_link_status")}
    return Answer(body=json.dumps({key: value for key, value in told.items() if value is not None}).encode())


def trouble_of(error: RedisError) -> Trouble:
    """Who is to blame; a server that answers an error of its own is sick itself."""
    text = " ".join(str(error).split())[:300]
    if is_shut_out(error) or isinstance(error, NoPermissionError):
        return Trouble(Cause.LOGIN, text)
    if isinstance(error, RedisTimeoutError):
        return Trouble(Cause.UNREACHABLE if "connecting" in text else Cause.TIMEOUT, text)
    if isinstance(error, RedisConnectionError) and not type(error).__name__.startswith("Busy"):
        return Trouble(_connection_cause(error), text)
    return Trouble(Cause.APPLICATION, text)


def _connection_cause(error: BaseException) -> Cause:
    """The library wraps the system's error, which says it better than the text."""
    below = error.__context__ or error.__cause__
    if not isinstance(below, OSError):
        return Cause.RESET
    if "certificate" in str(below) or "SSL" in str(below):
        return Cause.TLS
    return CAUSES.get(below.errno or 0, Cause.DNS if (below.errno or 0) < 0 else Cause.UNREACHABLE)


def _info(endpoint: Endpoint, seconds: float) -> dict[str, Any]:
    target = endpoint.target
    server = Server(
        host=target.host,
        port=target.port,
        database=int(target.path or 0),
        username=target.username,
        password=target.password,
        tls=target.scheme == "rediss",
        ca_path=endpoint.ca_path,
        validate_certs=endpoint.validate_certs,
    )
    with connect(server, seconds) as client:
        client.ping()
        return {**client.info("server"), **client.info("replication")}
