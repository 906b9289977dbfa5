# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A directory of plain SQL as migrations: NNNN_name.up.sql, and NNNN_name.down.sql where there is a way back.

Comments before the first statement may say how a file is meant: ``-- mainstay: no-transaction`` for statements such as
CREATE INDEX CONCURRENTLY, and ``-- mainstay: compatible`` for a change that the code of the release before can live with.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from .._core.errors import InvalidInput
from .._core.text import listed, shown
from .model import Migration, Script, Statement
from .remarks import accepts, backfill, budget, head, reversible, words
from .statements import split

FILE = re.compile(r"(?P<version>[0-9]{1,14})_(?P<name>[A-Za-z0-9][A-Za-z0-9_\-]{0,99})\.(?P<way>up|down)\.sql", re.ASCII)
_CONTROL = re.compile(
    r"begin\b|start transaction\b|commit\b|end\b|abort\b|prepare transaction\b|rollback(?!( work| transaction)? to\b)",
    re.IGNORECASE,
)
_BATCH = re.compile(r"^(?:update|delete|insert|with)\b.*\bwhere\b.*> ?\$1\b.*<= ?\$2\b", re.IGNORECASE)
_COPY = re.compile(r"copy\b.*\b(from stdin|to stdout)\b", re.IGNORECASE)
_OURS = re.compile(
    r"set (session |local )?(lock_timeout|statement_timeout|idle_in_transaction_session_timeout|"
    r"client_connection_check_interval)\b|reset all\b|discard all\b",
    re.IGNORECASE,
)


def migrations(files: Mapping[str, str]) -> tuple[Migration, ...]:
    """The migrations of a directory in the order of their numbers; raises ``InvalidInput`` naming the file."""
    if not files:
        raise InvalidInput("the directory holds no migration: give the one that does, or do not migrate at all")
    named = {name: _named(name) for name in files}
    ups = {name: match for name, match in named.items() if match["way"] == "up"}
    _refuse_duplicates(ups)
    _refuse_strays(named)
    return tuple(sorted((_migration(match, files) for match in ups.values()), key=lambda migration: migration.number))


def checksum(text: str) -> str:
    """SHA-256 of a file, blind to how its lines end, so that a checkout on another system is the same file."""
    return hashlib.sha256(text.replace("\r\n", "\n").encode()).hexdigest()


def _named(name: str) -> re.Match[str]:
    match = FILE.fullmatch(name)
    if not match or not int(match["version"]):
        raise InvalidInput(
            f"{shown(name)} is not the name of a migration: allowed are a number from 1 on, an underscore, a name of letters, "
            "digits, dashes and underscores, and .up.sql or .down.sql, such as 0001_add_email.up.sql"
        )
    return match


def _refuse_duplicates(ups: Mapping[str, re.Match[str]]) -> None:
    first: dict[int, str] = {}
    for name, match in sorted(ups.items()):
        other = first.setdefault(int(match["version"]), name)
        if other != name:
            raise InvalidInput(f"{other} and {name} have the same number: give one of them a higher one")


def _refuse_strays(named: Mapping[str, re.Match[str]]) -> None:
    stray = [name for name in sorted(named) if name.endswith(".down.sql") and _up(name) not in named]
    if stray:
        raise InvalidInput(f"{listed(stray)} leads down from nowhere: there is no .up.sql file of the same number and name")


def _up(name: str) -> str:
    return name.removesuffix(".down.sql") + ".up.sql"


def _migration(match: re.Match[str], files: Mapping[str, str]) -> Migration:
    up, down = match[0], match[0].removesuffix(".up.sql") + ".down.sql"
    said = words(up, files[up])
    if reversible(up, head(files[up])):
        raise InvalidInput(f"{up} says reversible, which is about the way down: write it into {down}")
    return Migration(
        version=match["version"],
        name=match["name"],
        checksum=checksum(files[up]),
        up=_script(up, files[up]),
        down=_way_down(down, files[down]) if down in files else None,
        number=int(match["version"]),
        compatible="compatible" in said,
        contract="contract" in said,
    )


def _way_down(file: str, text: str) -> Script:
    script = _script(file, text)
    if script.backfill:
        raise InvalidInput(f"{file} is a way down and cannot be a backfill: write the rows by a migration of its own, forward")
    return replace(script, reversible=reversible(file, head(text)))


def _script(file: str, text: str) -> Script:
    if "\0" in text or text.startswith("\ufeff"):
        raise InvalidInput(f"{file} holds a NUL character or a byte order mark: save it as plain UTF-8 text")
    statements = split(text, file)
    batches = backfill(file, text)
    whole = "no-transaction" not in words(file, text) and batches is None
    script = Script(file, text, whole, statements, accepts(file, text, statements), batches, budget=budget(file, head(text)))
    if not script.statements:
        raise InvalidInput(f"{file} holds no statement: write one, or remove the file")
    for statement in script.statements:
        _refuse_statement(script, statement)
    if batches and (len(statements) > 1 or not _BATCH.search(statements[0].bare)):
        raise InvalidInput(f"{file} must hold one UPDATE, DELETE or INSERT with WHERE {batches.key} > $1 AND {batches.key} <= $2")
    return script


def _refuse_statement(script: Script, statement: Statement) -> None:
    refused: Sequence[tuple[object, str]] = (
        (_CONTROL.match(statement.bare), "begins or ends a transaction, which is done around the whole file: leave it out"),
        (_COPY.match(statement.bare), "copies from or to the client, which has no data to give: use INSERT"),
        (_OURS.match(statement.bare), "changes a limit that protects the application: set it by the module's option"),
        (
            script.transactional and statement.is_concurrent,
            "cannot run in a transaction: begin the file with the line -- mainstay: no-transaction",
        ),
    )
    for applies, reason in refused:
        if applies:
            raise InvalidInput(f"{script.file} line {statement.line}: {shown(statement.bare, 40)} {reason}")
