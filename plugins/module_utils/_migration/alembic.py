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
from .._postgres.model import Database, Limits, StatementFailed
from .._postgres.postgres import again, lost, said, settings
from .identity import demand
from .model import Migration, Script, Server
from .remarks import budget, reversible, whole
from .revisions import Parents
from .sources import checksum
from .statements import split

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
    from .._postgres.postgres import Connection

Work = Callable[[Any, Any], list[Any]]
_VERSIONS = re.compile(r"(create table|insert into|update|delete from) \S*alembic_version\b", re.IGNORECASE)
_CONTRACT = re.compile(r"^\s*(#|--)\s*mainstay:\s*contract\s*$", re.MULTILINE)
_COMPATIBLE = re.compile(r"^\s*(#|--)\s*mainstay:\s*compatible\s*$", re.MULTILINE)


class Revisions:
    """The revisions of a directory, oldest first, and the one way to run something through its env.py."""

    def __init__(self, root: Path, database: Database, limits: Limits) -> None:
        self._limits = limits
        self.server: Server | None = None  # that every session of env.py must be with
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

    def run(
        self, connection: Connection, migration: Migration, way: str, most: float, note: Callable[[Connection], None]
    ) -> None:
        """One revision up or down in a transaction of its own, with ``note`` called in it; no statement takes longer."""

        def work(heads: Any, context: Any) -> list[Any]:
            session = _driver(context)
            session.execute(f"SET statement_timeout = '{most * 1000:.0f}ms'".encode())
            context.on_version_apply_callbacks = (
                *context.on_version_apply_callbacks,
                lambda ctx, step, heads, run_args: note(session),
            )
            if way == "revert":
                return list(self._script._downgrade_revs("-1", heads))
            return list(self._script._upgrade_revs(migration.version, heads))

        self._through_env(connection, migration.up.file, work)

    def stamp(self, connection: Connection, migration: Migration, note: Callable[[Connection], None]) -> None:
        """Have the version table say that all up to this revision ran, with ``note`` called in the same transaction."""

        def work(heads: Any, context: Any) -> list[Any]:
            session = _driver(context)
            context.on_version_apply_callbacks = (lambda ctx, step, heads, run_args: note(session),)
            return list(self._script._stamp_revs(migration.version, heads))

        self._through_env(connection, migration.up.file, work)

    def render(self, connection: Connection, migration: Migration) -> Script | None:
        """The SQL of one revision on its way up, as ``alembic upgrade --sql`` writes it; None where it cannot be written."""
        written = io.StringIO()

        def work(heads: Any, context: Any) -> list[Any]:
            return list(self._script._upgrade_revs(migration.version, heads))

        below = ",".join(sorted(self.parents[migration.version])) or None
        try:
            with _bound(connection) as bound, _foreign(migration.up.file), contextlib.redirect_stdout(io.StringIO()):
                self._config.attributes["connection"] = bound
                self._config.output_buffer = written
                terms = {"as_sql": True, "starting_rev": below, "destination_rev": migration.version}
                with EnvironmentContext(self._config, self._script, fn=work, **terms):
                    self._script.run_env()
            return _without_versions(migration.up.file, written.getvalue())
        except MainstayError:
            return None

    def _through_env(self, connection: Connection, what: str, work: Work, **options: Any) -> None:
        def guarded(heads: Any, context: Any) -> list[Any]:
            _refuse_unguarded(_driver(context), self._limits)
            if self.server:
                demand(_driver(context), self.server)
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
    query |= {"target_session_attrs": "read-write"} if "," in database.host else {}
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


def _without_versions(file: str, text: str) -> Script:
    """Without what Alembic writes about itself: its version table."""
    ours = [one for one in split(text, file) if not _VERSIONS.match(one.bare)]
    kept = ";\n".join(one.text for one in ours) + ";\n"
    return Script(file, kept, transactional=False, statements=split(kept, file))


def _migration(revision: Any) -> Migration:
    path = Path(revision.path)
    text = path.read_text(encoding="utf-8")
    if _CONTRACT.search(text):
        raise InvalidInput(f"{path.name} says contract, but Alembic cannot pass it by: bring it with a later release")
    script = Script(
        path.name, text, accepts=whole(path.name, text), reversible=reversible(path.name, text), budget=budget(path.name, text)
    )
    return Migration(
        version=revision.revision,
        name=path.stem.removeprefix(f"{revision.revision}_"),
        checksum=checksum(text),
        up=script,
        down=None if revision.is_merge_point else script,
        compatible=bool(_COMPATIBLE.search(text)),
    )
