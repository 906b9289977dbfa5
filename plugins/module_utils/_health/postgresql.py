# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a PostgreSQL server says of itself, through psycopg."""

from __future__ import annotations

import json
import math
from contextlib import suppress
from typing import Any

with suppress(ImportError):
    import psycopg

from .model import Answer, Cause, Endpoint, NoAnswer, Trouble
from .tcp import left
from .threads import within

QUERY = "SELECT pg_is_in_recovery(), split_part(current_setting('server_version'), ' ', 1)"
SIGNS = (
    (Cause.REFUSED, ("Connection refused", "No such file or directory")),
    (Cause.DNS, ("could not translate host name", "failed to resolve host")),
    (Cause.UNREACHABLE, ("No route to host", "Network is unreachable", "timeout expired")),
    (Cause.LOGIN, ("authentication failed", "no pg_hba.conf entry", "no password supplied", "does not exist")),
    (Cause.TLS, ("certificate", "SSL", "root.crt")),
    (Cause.RESET, ("server closed the connection", "reset by peer")),
)
"""Connection errors of libpq carry no code, only text."""


def ask(endpoint: Endpoint, until: float) -> Answer:
    """One query; the body of the answer is a document with ``role`` (primary or replica) and ``version``."""
    try:
        in_recovery, version = within(left(until), lambda: _row(endpoint, left(until)))
    except TimeoutError:
        raise NoAnswer(Trouble(Cause.TIMEOUT, "no answer of PostgreSQL in time")) from None
    except psycopg.Error as error:
        raise NoAnswer(trouble_of(str(error))) from None
    return Answer(body=json.dumps({"role": "replica" if in_recovery else "primary", "version": version}).encode())


def trouble_of(text: str) -> Trouble:
    """Who is to blame, read from libpq's text; a server that answers anything else is sick itself."""
    cause = next((cause for cause, signs in SIGNS if any(sign in text for sign in signs)), Cause.APPLICATION)
    return Trouble(cause, " ".join(text.split())[:300])


def _row(endpoint: Endpoint, seconds: float) -> Any:
    with psycopg.connect(**_parameters(endpoint, seconds), autocommit=True) as connection:
        return connection.execute(QUERY).fetchone()


def _parameters(endpoint: Endpoint, seconds: float) -> dict[str, Any]:
    target = endpoint.target
    trust = {"sslmode": "verify-full", "sslrootcert": endpoint.ca_path} if endpoint.ca_path else {"sslmode": target.sslmode}
    return {
        "host": target.host,
        "port": target.port,
        "dbname": target.path or "postgres",
        "user": target.username or "postgres",
        "password": target.password or None,
        "connect_timeout": max(2, math.ceil(seconds)),
        "options": f"-c statement_timeout={max(1, int(seconds * 1000))}",
        "application_name": "mainstay health_check",
        **trust,
    }
