# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The two kinds of directories behind one face: plain SQL, and Alembic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Protocol

from .._core.plan import Step
from .._postgres.model import Database, Limits
from .._postgres.postgres import settle, suspects
from . import sources, tree
from .budget import allowed, term, watched
from .hazards import NOT_RENDERED, hazards
from .history import History
from .model import Found, Linted, Migration, Server, Unseen
from .revisions import reconciled
from .runner import Runner

if TYPE_CHECKING:
    from .._postgres.postgres import Connection
    from .alembic import Revisions


class Directory(Protocol):
    """Migrations in the order in which they run, and how one of them is run."""

    @property
    def migrations(self) -> tuple[Migration, ...]: ...

    def found(self, history: History, server: Server) -> Found:
        """What of them is applied on this server, which every session from now on must be with."""

    def perform(self, runner: Runner, step: Step) -> None:
        """Run one step, and write it into the history in the same transaction."""

    def take_over(self, runner: Runner, steps: Sequence[Step]) -> None:
        """Write all steps down as applied in one transaction, and run none."""

    def as_sql(self, coming: Sequence[Migration], history: History) -> tuple[tuple[Unseen, ...], Linted]:
        """The SQL that a linter shall look at, and what our own rules say of what is no SQL file."""


@dataclass(frozen=True)
class SqlDirectory:
    """Plain SQL: the history alone says what is applied."""

    migrations: tuple[Migration, ...]

    def found(self, history: History, server: Server) -> Found:
        return replace(history.read(), server=server)

    def perform(self, runner: Runner, step: Step) -> None:
        runner.run(step)

    def take_over(self, runner: Runner, steps: Sequence[Step]) -> None:
        runner.take_over(steps)

    def as_sql(self, coming: Sequence[Migration], history: History) -> tuple[tuple[Unseen, ...], Linted]:
        del history  # the files are SQL already
        return tuple(Unseen(one.checksum, one.up.text, one.up.transactional) for one in coming), {}


@dataclass(frozen=True)
class AlembicDirectory:
    """Alembic: its version table says what is applied; ``keep`` holds the directory until the module ends."""

    revisions: Revisions
    migrations: tuple[Migration, ...]
    keep: TemporaryDirectory[str] | None = None

    def found(self, history: History, server: Server) -> Found:
        self.revisions.server = server
        heads = self.revisions.heads(history.connection)
        known = replace(history.read(), server=server)
        return reconciled(self.migrations, self.revisions.parents, heads, known)

    def perform(self, runner: Runner, step: Step) -> None:
        def note(session: Connection) -> None:
            runner.at(session).remember(step)

        limits = allowed(runner.limits, step.data.up)

        def once() -> None:
            settle(runner.connection, runner.limits)
            met = term(limits, 0, runner.patience.left)
            with watched(met, limits):
                self.revisions.run(runner.connection, step.data, step.action, met.left, note)

        runner.patience.attempt(step.data.up.file, once, lambda: suspects(runner.connection))

    def take_over(self, runner: Runner, steps: Sequence[Step]) -> None:
        self.revisions.stamp(runner.connection, steps[-1].data, lambda session: runner.at(session).note_baseline(steps))

    def as_sql(self, coming: Sequence[Migration], history: History) -> tuple[tuple[Unseen, ...], Linted]:
        rendered = {one.checksum: self.revisions.render(history.connection, one) for one in coming}
        said = {checksum: hazards(script) if script else (NOT_RENDERED,) for checksum, script in rendered.items()}
        return tuple(Unseen(checksum, one.text, False) for checksum, one in rendered.items() if one), said


def sql_directory(src: str, files: Mapping[str, object] | None) -> SqlDirectory:
    """From the files that the action plugin read, or from ``src`` on this host."""
    given = tree.read(Path(src), nested=False) if files is None else tree.checked(files)
    return SqlDirectory(sources.migrations(given))


def alembic_directory(src: str, files: Mapping[str, object] | None, database: Database, limits: Limits) -> AlembicDirectory:
    """Like ``sql_directory``; files that were given are laid into a directory that goes away with the module."""
    from .alembic import Revisions  # takes half a second to load, which plain SQL need not wait for

    keep = None if files is None else TemporaryDirectory(prefix="mainstay-")
    root = Path(keep.name) if keep else Path(src).absolute()
    tree.write(tree.checked(files or {}), root)
    revisions = Revisions(root, database, limits)
    return AlembicDirectory(revisions, revisions.migrations, keep)
