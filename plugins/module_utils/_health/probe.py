# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One probe of one endpoint, of whatever kind."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace

from . import tcp, web
from .model import Answer, Endpoint, NoAnswer

Ask = Callable[[Endpoint, float], Answer]


def ask_postgresql(endpoint: Endpoint, until: float) -> Answer:
    from . import postgresql  # psycopg takes 90 ms to load, which a check of HTTP need not pay

    return postgresql.ask(endpoint, until)


def ask_redis(endpoint: Endpoint, until: float) -> Answer:
    from . import redis  # the library takes 60 ms to load

    return redis.ask(endpoint, until)


KINDS: Mapping[str, Ask] = {
    "http": web.ask,
    "https": web.ask,
    "tcp": tcp.ask,
    "postgresql": ask_postgresql,
    "redis": ask_redis,
    "rediss": ask_redis,
}


def probe(endpoint: Endpoint) -> Answer:
    """What the endpoint answers within its timeout."""
    begin = time.monotonic()
    try:
        answer = KINDS[endpoint.target.scheme](endpoint, begin + endpoint.timeout)
    except NoAnswer as error:
        answer = Answer(trouble=error.trouble)
    return replace(answer, seconds=time.monotonic() - begin)
