# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The two kinds of directories behind one face: plain SQL, and Alembic."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Protocol

from .._core.plan import Step
from . import sources, tree
from .history import History
from .model import Database, Found, Limits, Migration
from .postgres import settle, suspects
from .revisions import reconciled
from .runner import Runner

if TYPE_CHECKING:
    from .alembic import Revisions
    from .postgres import Connection


class Directory(Protocol):
    """Migrations in the order in which they run, and how one of them is run."""

    @property
    def migrations(self) -> tuple[Migration, ...]: ...

    def found(self, history: History) -> Found:
        """What of them is applied."""

    def perform(self, runner: Runner, step: Step) -> None:
        """Run one step, and write it into the history in the same transaction."""


@dataclass(frozen=True)
class SqlDirectory:
    """Plain SQL: the history alone says what is applied."""

    migrations: tuple[Migration, ...]

    def found(self, history: History) -> Found:
        return history.read()

    def perform(self, runner: Runner, step: Step) -> None:
        runner.run(step)


@dataclass(frozen=True)
class AlembicDirectory:
    """Alembic: its version table says what is applied; ``keep`` holds the directory until the module ends."""

    revisions: Revisions
    migrations: tuple[Migration, ...]
    keep: TemporaryDirectory[str] | None = None

    def found(self, history: History) -> Found:
        heads = self.revisions.heads(history.connection)
        return reconciled(self.migrations, self.revisions.parents, heads, history.read())

    def perform(self, runner: Runner, step: Step) -> None:
        def note(session: Connection) -> None:
            runner.at(session).remember(step)

        def once() -> None:
            settle(runner.connection, runner.limits)
            self.revisions.run(runner.connection, step.data, step.action, note)

        runner.patience.attempt(step.data.up.file, once, lambda: suspects(runner.connection))


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
