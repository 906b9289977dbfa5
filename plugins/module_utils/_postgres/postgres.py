# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A session with PostgreSQL that leaves nothing behind when its client is killed, and what it says when it refuses.

A server notices a dead client only when it next writes to it, unless it is told to look (client_connection_check_interval);
until then the statement goes on, and so do its locks.
"""

from __future__ import annotations

import select
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from .._core.errors import Refused, Unavailable
from .model import Blocked, Database, Limits, StatementFailed

try:
    import psycopg
    from psycopg import pq
except ImportError:
    pass

if TYPE_CHECKING:
    Connection = psycopg.Connection[Any]

OLDEST_SERVER = 140000
AGAIN = {"55P03": "lock not free in time", "40P01": "deadlock", "40001": "conflict with another transaction"}
LOST = ("08", "57P")
FULL = ("too many clients", "too many connections", "remaining connection slots")
"""What the server says where no connection is left for this role; libpq hands on no SQLSTATE for it."""
FULL_ADVICE = (
    ". No connection is left. Some are kept for superusers (superuser_reserved_connections), and from PostgreSQL 16 on for "
    "roles with pg_use_reserved_connections (reserved_connections): log in as one of these, or stop a replica of the application"
)
BIGINT = 20
"""The number of the type, as every PostgreSQL has it."""


def settings(limits: Limits) -> dict[str, str]:
    """What the session is told, so that nothing of it outlives its client and nobody waits for it for long."""
    return {
        "client_connection_check_interval": "500ms",
        "tcp_keepalives_idle": "5",
        "tcp_keepalives_interval": "2",
        "tcp_keepalives_count": "3",
        "idle_in_transaction_session_timeout": f"{limits.idle * 1000:.0f}ms",
        "lock_timeout": f"{limits.lock * 1000:.0f}ms",
        "statement_timeout": f"{limits.statement * 1000:.0f}ms",
        **({"temp_file_limit": limits.temp} if limits.temp else {}),
    }


@contextmanager
def session(database: Database, limits: Limits) -> Iterator[Connection]:
    """A connection in autocommit mode; raises ``Unavailable`` without the connection's password or URL."""
    connection = _connect(database)
    try:
        if connection.info.server_version < OLDEST_SERVER:
            raise Refused("the server is older than PostgreSQL 14 and cannot notice that its client was killed: upgrade it")
        settle(connection, limits)
        yield connection
    except psycopg.Error as error:
        if lost(error):
            raise Unavailable(f"{_where(database)}: the connection broke: {said(error)}; run again") from error
        raise StatementFailed(f"{_where(database)}: {said(error)}", sqlstate=error.sqlstate) from error
    finally:
        connection.close()


def settle(connection: Connection, limits: Limits, then: str = "") -> None:
    """Bring the session back to our settings, whatever a migration before may have set; ``then`` costs no round trip."""
    assignments = "; ".join(f"SET {name} = '{value}'" for name, value in settings(limits).items())
    connection.execute(f"RESET ROLE; RESET ALL; {assignments}; {then}".encode())


def may_limit_files(connection: Connection) -> bool:
    """Whether this role may set temp_file_limit: a superuser, and from PostgreSQL 15 on whom it was granted to."""
    asked = b"SELECT current_setting('is_superuser') = 'on'"
    if connection.info.server_version >= 150000:
        asked = b"SELECT has_parameter_privilege('temp_file_limit', 'SET')"
    return connection.execute(asked).fetchone() == (True,)


@contextmanager
def transaction(connection: Connection, limits: Limits) -> Iterator[None]:
    """All of it or nothing, in a session that is settled."""
    settle(connection, limits, "BEGIN")
    try:
        yield
        connection.execute(b"COMMIT")
    except BaseException:
        if connection.info.transaction_status in (pq.TransactionStatus.INTRANS, pq.TransactionStatus.INERROR):
            connection.execute(b"ROLLBACK")
        raise


def send(connection: Connection, text: str) -> int:
    """Run the text as it is, many statements or one; returns how many ended well.

    Raises ``Blocked`` if it is worth another attempt, ``StatementFailed`` with the number of statements done otherwise.
    """
    done = 0
    failed = None
    connection.pgconn.send_query(text.encode())
    for result in _results(connection):
        failed = failed or (result if result.status == pq.ExecStatus.FATAL_ERROR else None)
        done += failed is None
    if failed:
        raise _failure(failed, done)
    return done


def send_with(connection: Connection, text: str, values: Sequence[int]) -> int:
    """Run one statement with whole numbers for $1, $2 and so on; returns how many rows it touched. Raises as ``send`` does."""
    connection.pgconn.send_query_params(text.encode(), [str(value).encode() for value in values], [BIGINT] * len(values))
    [result] = list(_results(connection))  # all of them, or the session would take nothing more
    if result.status == pq.ExecStatus.FATAL_ERROR:
        raise _failure(result, 0)
    return result.command_tuples or 0


def said(error: psycopg.Error) -> str:
    """SQLSTATE and the message itself, without details, which may quote data."""
    message = error.diag.message_primary or str(error).strip() or type(error).__name__
    return f"{error.sqlstate}: {message}" if error.sqlstate else message


def lost(error: psycopg.Error) -> bool:
    """The session is gone, so nobody knows more than what the history will say."""
    return error.sqlstate is None or error.sqlstate.startswith(LOST)


def again(error: psycopg.Error) -> Blocked | None:
    return Blocked(AGAIN[error.sqlstate]) if error.sqlstate in AGAIN else None


def suspects(connection: Connection) -> str:
    """Who most likely holds the lock: the longest transactions of others in this database."""
    rows = connection.execute(
        "SELECT pid, coalesce(usename, backend_type), application_name, state,"
        " extract(epoch FROM clock_timestamp() - xact_start)::int"
        " FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start IS NOT NULL"
        " ORDER BY xact_start LIMIT 3"
    ).fetchall()
    names = "; ".join(f"pid {pid} of {user} ({name or 'unnamed'}, {state}, {age} s)" for pid, user, name, state, age in rows)
    return f"The oldest transactions: {names}." if names else "No other transaction runs now."


def _connect(database: Database) -> Connection:
    """Of several hosts the one that takes writes is meant, whichever that is now.

    They are tried one by one: psycopg 3.1, which Debian 12 has, gives up where the first of several has no route.
    """
    hosts = database.host.split(",")
    troubles = []
    for host in hosts:
        try:
            return psycopg.connect(_conninfo(database, host, alone=len(hosts) == 1), autocommit=True, prepare_threshold=None)
        except psycopg.Error as error:
            troubles.append(error)
    words = "; ".join(" ".join(str(error).split()) for error in troubles)
    raise Unavailable(f"could not connect to {_where(database)}: {words}{_advice(words)}") from troubles[-1]


def _conninfo(database: Database, host: str, *, alone: bool) -> str:
    given = asdict(replace(database, host=host, ca=""))
    return psycopg.conninfo.make_conninfo(
        sslrootcert=database.ca or None,
        client_encoding="utf8",
        connect_timeout=10,
        keepalives_idle=5,
        target_session_attrs=None if alone else "read-write",
        **{name: value for name, value in given.items() if value},
    )


def _advice(said: str) -> str:
    if "root certificate" in said or "SSL" in said:
        return ". Give ca, or choose a sslmode that this server can do"
    if any(words in said for words in FULL):
        return FULL_ADVICE
    return ""


def _where(database: Database) -> str:
    return f"database {database.dbname} on {database.host or 'the local socket'} port {database.port}"


def _results(connection: Connection) -> Iterator[pq.abc.PGresult]:
    """Every result of what was sent; waits in Python, so that a signal ends the wait."""
    channel = connection.pgconn
    while channel.flush():
        select.select([], [channel.socket], [])
    while True:
        while channel.is_busy():
            select.select([channel.socket], [], [])
            channel.consume_input()
        result = channel.get_result()
        if result is None:
            return
        yield result


def _failure(result: pq.abc.PGresult, done: int) -> Exception:
    state, position = _field(result, pq.DiagnosticField.SQLSTATE), _field(result, pq.DiagnosticField.STATEMENT_POSITION)
    message = _field(result, pq.DiagnosticField.MESSAGE_PRIMARY) or "the connection broke"
    if state in AGAIN:
        return Blocked(AGAIN[state])
    if not state or state.startswith(LOST):
        return Unavailable(f"the connection broke: {' '.join(message.split())}")
    return StatementFailed(f"{state}: {message}", sqlstate=state, done=done, position=int(position or 0))


def _field(result: pq.abc.PGresult, field: pq.DiagnosticField) -> str:
    return (result.error_field(field) or b"").decode("utf-8", "replace")
