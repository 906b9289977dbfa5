# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a PostgreSQL server says of itself, through psycopg."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from concurrent.futures import as_completed
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any

with suppress(ImportError):
    import psycopg

from .model import NO_DATA, Answer, Cause, Endpoint, NoAnswer, Trouble
from .tcp import left
from .threads import beside, within

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
    """One query; the body of the answer is a document with ``role`` (primary or replica) and ``version``.

    Of several servers whoever takes writes answers for all of them; the others may be away, or follow.
    """
    targets = endpoint.target.each
    if len(targets) == 1:
        return _told(endpoint, until)[0]
    waiting = {beside(partial(_told, replace(endpoint, target=one), until)): one.address for one in targets}
    missed = []
    for future in as_completed(waiting):
        try:
            answer, in_recovery = future.result()
        except NoAnswer as error:
            missed.append(Trouble(error.trouble.cause, f"{waiting[future]}: {error.trouble.text}"))
        else:
            if not in_recovery:
                return answer
            missed.append(Trouble(Cause.APPLICATION, f"{waiting[future]} only follows"))
    raise NoAnswer(_nobody(missed))


def _nobody(missed: Sequence[Trouble]) -> Trouble:
    """One that was asked and follows says more than one that is away."""
    cause = next((one.cause for one in missed if one.cause not in NO_DATA), missed[0].cause)
    return Trouble(cause, f"none takes writes: {'; '.join(sorted(one.text for one in missed))}")


def _told(endpoint: Endpoint, until: float) -> tuple[Answer, bool]:
    """What the server says, and whether it is in recovery."""
    try:
        in_recovery, version = within(left(until), lambda: _row(endpoint, left(until)))
    except TimeoutError:
        raise NoAnswer(Trouble(Cause.TIMEOUT, "no answer of PostgreSQL in time")) from None
    except psycopg.Error as error:
        raise NoAnswer(trouble_of(str(error))) from None
    body = json.dumps({"role": "replica" if in_recovery else "primary", "version": version})
    return Answer(body=body.encode()), bool(in_recovery)


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
