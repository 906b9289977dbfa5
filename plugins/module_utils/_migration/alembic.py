# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An Alembic directory, run revision by revision over a session of ours.

``env.py`` gets the connection as ``config.attributes["connection"]``. One that opens its own from ``sqlalchemy.url`` works as
well: the URL brings the same settings. One that does neither is refused before it changes anything, because its locks
would stall the application and outlive a killed client.
"""

from __future__ import annotations

import contextlib
import io
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .._core.errors import InvalidInput, MainstayError, Refused
from .._core.text import listed, shown
from .model import Database, Limits, Migration, Script, StatementFailed
from .postgres import again, lost, said, settings
from .revisions import Parents
from .sources import checksum

try:
    import psycopg
    import sqlalchemy
    from alembic.config import Config
    from alembic.runtime.environment import EnvironmentContext
    from alembic.script import ScriptDirectory
    from alembic.util import CommandError
except ImportError:
    pass

if TYPE_CHECKING:
    from .postgres import Connection

Work = Callable[[Any, Any], list[Any]]
_COMPATIBLE = re.compile(r"^\s*(#|--)\s*mainstay:\s*compatible\s*$", re.MULTILINE)


class Revisions:
    """The revisions of a directory, oldest first, and the one way to run something through its env.py."""

    def __init__(self, root: Path, database: Database, limits: Limits) -> None:
        self._limits = limits
        self._config = _config(root)
        self._config.set_main_option("sqlalchemy.url", _url(database, limits).replace("%", "%%"))
        with _foreign(root.name):
            self._script = ScriptDirectory.from_config(self._config)
            self._revisions = list(self._script.walk_revisions())[::-1]
            heads = self._script.get_heads()
        if not heads:
            raise InvalidInput(f"{root} holds no revision: give the directory that does, or do not migrate at all")
        if len(heads) > 1:
            raise InvalidInput(f"the revisions {listed(heads)} are all newest: merge them with alembic merge")

    @property
    def migrations(self) -> tuple[Migration, ...]:
        return tuple(_migration(revision) for revision in self._revisions)

    @property
    def parents(self) -> Parents:
        return {revision.revision: revision._all_down_revisions for revision in self._revisions}

    def heads(self, connection: Connection) -> tuple[str, ...]:
        """What the version table says; nothing is created, not even that table."""
        seen: list[str] = []

        def look(heads: Any, context: Any) -> list[Any]:
            seen.extend(context.get_current_heads())
            return []

        self._through_env(connection, "env.py", look, dont_mutate=True)
        return tuple(seen)

    def run(self, connection: Connection, migration: Migration, way: str, note: Callable[[Connection], None]) -> None:
        """One revision up or down in a transaction of its own, with ``note`` called in the same one."""

        def work(heads: Any, context: Any) -> list[Any]:
            session = _driver(context)
            context.on_version_apply_callbacks = (
                *context.on_version_apply_callbacks,
                lambda ctx, step, heads, run_args: note(session),
            )
            if way == "revert":
                return list(self._script._downgrade_revs("-1", heads))
            return list(self._script._upgrade_revs(migration.version, heads))

        self._through_env(connection, migration.up.file, work)

    def _through_env(self, connection: Connection, what: str, work: Work, **options: Any) -> None:
        def guarded(heads: Any, context: Any) -> list[Any]:
            _refuse_unguarded(_driver(context), self._limits)
            return work(heads, context)

        with _bound(connection) as bound, _foreign(what), contextlib.redirect_stdout(io.StringIO()):
            self._config.attributes["connection"] = bound
            with EnvironmentContext(self._config, self._script, fn=guarded, **options):
                self._script.run_env()


def _config(root: Path) -> Config:
    """From alembic.ini if there is one, with its script directory below ``root``; ``root`` itself is one otherwise."""
    ini = root / "alembic.ini"
    if not ini.exists() and not (root / "env.py").exists():
        raise InvalidInput(f"{root} holds neither alembic.ini nor env.py: give the directory that alembic init made")
    config = Config(str(ini) if ini.exists() else None, stdout=io.StringIO())
    location = config.get_main_option("script_location") or "."
    config.set_main_option("script_location", str(root / location).replace("%", "%%"))
    return config


def _url(database: Database, limits: Limits) -> str:
    options = " ".join(f"-c {name}={value}" for name, value in settings(limits).items())
    query = {"options": options, "sslmode": database.sslmode, "application_name": database.application_name}
    query |= {"sslrootcert": database.ca} if database.ca else {}
    query |= {"host": database.host, "port": str(database.port)} if database.host else {}
    return sqlalchemy.URL.create(
        "postgresql+psycopg",
        username=database.user or None,
        password=database.password or None,
        database=database.dbname,
        query=query,
    ).render_as_string(hide_password=False)


@contextmanager
def _bound(connection: Connection) -> Iterator[sqlalchemy.Connection]:
    """Our session as SQLAlchemy's, for the time of one transaction."""
    engine = sqlalchemy.create_engine("postgresql+psycopg://", creator=lambda: connection, poolclass=sqlalchemy.pool.StaticPool)
    connection.autocommit = False
    bound = engine.connect()
    try:
        bound.rollback()
        yield bound
    finally:
        if not connection.closed:
            bound.close()
            connection.rollback()
            connection.autocommit = True


@contextmanager
def _foreign(what: str) -> Iterator[None]:
    """Errors of Alembic, of SQLAlchemy and of the directory's own code, told in our words."""
    try:
        yield
    except (MainstayError, psycopg.Error):
        raise
    except sqlalchemy.exc.DBAPIError as error:
        raise _database_error(what, error.orig) from error
    except CommandError as error:
        raise InvalidInput(f"{what}: Alembic says {shown(str(error), 300)}") from error
    except Exception as error:  # the code of env.py and of the revisions is the user's and may raise anything
        raise StatementFailed(f"{what} raised {type(error).__name__}: {shown(str(error), 300)}; it was rolled back") from error


def _database_error(what: str, error: object) -> Exception:
    if not isinstance(error, psycopg.Error):
        return StatementFailed(f"{what} failed in another driver than psycopg 3: let env.py take the connection it is given")
    if lost(error):
        return error
    return again(error) or StatementFailed(f"{what}: {said(error)}; it was rolled back", sqlstate=error.sqlstate, file=what)


def _driver(context: Any) -> Connection:
    session = context.connection.connection.driver_connection
    if not isinstance(session, psycopg.Connection):
        raise Refused("env.py opened a connection with another driver than psycopg 3: let it take the one it is given")
    return session


def _refuse_unguarded(session: Connection, limits: Limits) -> None:
    row = session.execute(b"SELECT current_setting('lock_timeout')::interval = %s::interval", [settings(limits)["lock_timeout"]])
    if row.fetchone() != (True,):
        raise Refused(
            "env.py opened a connection without our lock_timeout, so it could stall the application: let it take "
            'config.attributes["connection"], or connect to sqlalchemy.url as it is'
        )


def _migration(revision: Any) -> Migration:
    path = Path(revision.path)
    text = path.read_text(encoding="utf-8")
    script = Script(path.name, text)
    return Migration(
        version=revision.revision,
        name=path.stem.removeprefix(f"{revision.revision}_"),
        checksum=checksum(text),
        up=script,
        down=None if revision.is_merge_point else script,
        compatible=bool(_COMPATIBLE.search(text)),
    )
