# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where in a file a statement failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._postgres.model import StatementFailed
from .._postgres.postgres import again, lost, said
from .model import Script, Statement

if TYPE_CHECKING:
    import psycopg


def located(script: Script, error: StatementFailed, left: str, statement: Statement | None = None) -> StatementFailed:
    """The error with its file, line and statement, and what is left of the migration."""
    position, done = (int(str(error.details.get(key) or 0)) for key in ("position", "done"))
    line = _line(script, position, statement) if position else 0
    failed = statement or _at(script, line, done)
    place = {"file": script.file, "line": line or failed.line, "statement": failed.number}
    kept = {name: value for name, value in error.details.items() if name not in ("position", "done")}
    told = f"{script.file} line {place['line']}, statement {failed.number}: {error.message}; {left}"
    return type(error)(told, **{**kept, **place, "sqlstate": error.details.get("sqlstate")})


def at_the_end(file: str, error: psycopg.Error) -> Exception:
    """What a failed COMMIT, or a failed writing of the history, means."""
    if lost(error):
        return error
    return again(error) or StatementFailed(f"{file}, at its end: {said(error)}; the file was rolled back", file=file)


def _line(script: Script, position: int, statement: Statement | None) -> int:
    """PostgreSQL counts characters, from 1, of what it was sent: the whole file, or one statement of it."""
    if statement is None:
        return script.text.count("\n", 0, position - 1) + 1
    return statement.line + statement.text.count("\n", 0, position - 1)


def _at(script: Script, line: int, done: int) -> Statement:
    if line:
        return [s for s in script.statements if s.line <= line or s.number == 1][-1]
    return script.statements[min(done, len(script.statements) - 1)]
