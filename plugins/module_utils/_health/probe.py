# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One probe of one endpoint, of whatever kind."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace

from . import postgresql, redis, tcp, web
from .model import Answer, Endpoint, NoAnswer

Ask = Callable[[Endpoint, float], Answer]

KINDS: Mapping[str, Ask] = {
    "http": web.ask,
    "https": web.ask,
    "tcp": tcp.ask,
    "postgresql": postgresql.ask,
    "redis": redis.ask,
    "rediss": redis.ask,
}


def probe(endpoint: Endpoint) -> Answer:
    """What the endpoint answers within its timeout."""
    begin = time.monotonic()
    try:
        answer = KINDS[endpoint.target.scheme](endpoint, begin + endpoint.timeout)
    except NoAnswer as error:
        answer = Answer(trouble=error.trouble)
    return replace(answer, seconds=time.monotonic() - begin)
