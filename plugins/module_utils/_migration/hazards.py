# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What hurts although squawk does not see it: rules of our own over the statements of one file. Pure.

Each looks at the bare text of a statement. Tables that the file itself makes are nobody's yet, so nothing about them hurts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .model import Script, Statement, Violation

_NAME = r'(?:"(?:[^"]|"")+"|[\w$]+)(?: ?\. ?(?:"(?:[^"]|"")+"|[\w$]+))?'
_MAKES = re.compile(rf"create (?:(?:global |local )?temp(?:orary)? |unlogged )?table (?:if not exists )?(?P<table>{_NAME})", re.I)
_CHANGES = re.compile(
    rf"(?:alter table (?:if exists )?(?:only )?|drop table (?:if exists )?|truncate (?:table )?(?:only )?"
    rf"|create (?:or replace )?(?:constraint )?trigger .*? on |lock (?:table )?(?:only )?)(?P<table>{_NAME})",
    re.I,
)
_WRITES = re.compile(r"(?:update|delete from|merge into) (?:only )?(?P<table>" + _NAME + ")", re.IGNORECASE)
_BOUNDED = re.compile(r"\bwhere\b(?! (?:true|1 ?= ?1)\b)", re.I)
_NARROW_KEY = r"\b(int|integer|int4|smallint|int2)\b(?=[^,(]*(\([^)]*\)[^,(]*)*\b(primary key|as identity)\b)"


@dataclass(frozen=True)
class Rule:
    """A statement that hurts: how it looks, why it hurts, and what to do instead."""

    name: str
    pattern: re.Pattern[str]
    why: str
    instead: str


def _rule(name: str, pattern: str, why: str, instead: str) -> Rule:
    return Rule(name, re.compile(pattern, re.IGNORECASE), why, instead)


RULES = (
    _rule(
        "rewrites-table",
        r"vacuum ?(\([^)]*\bfull\b|full\b)|cluster\b|alter table .*\bset (tablespace|logged|unlogged|access method)\b",
        "copies the whole table, and nobody can read or write it until that is done",
        "let pg_repack do it, outside of a migration",
    ),
    _rule(
        "locks-table",
        r"lock\b",
        "holds a lock until the end of the transaction, whatever else the file does",
        "leave it out: each statement takes the lock that it needs",
    ),
    _rule("truncates", r"truncate\b", "empties a table that code may use", "delete what shall go in batches"),
    _rule(
        "refreshes-and-blocks",
        r"refresh materialized view (?!concurrently\b)",
        "keeps readers out of the view until all of it is computed",
        "give the view a unique index and REFRESH MATERIALIZED VIEW CONCURRENTLY",
    ),
    _rule(
        "runs-in-every-write",
        r"create (or replace )?(constraint )?(trigger|rule)\b",
        "runs in each write of the code that serves now, which knows nothing of it",
        "accept it once that code was seen to work with it",
    ),
    _rule(
        "sets-session",
        r"(set (?!local\b|transaction\b|constraints\b)|reset\b|select (pg_catalog\.)?set_config\b)",
        "is forgotten after the file, or changes what the statements after it mean",
        "SET LOCAL, in a file with a transaction, or ALTER ROLE ... SET once and for all",
    ),
    _rule(
        "hides-statements",
        r"(do\b|call\b)",
        "runs statements that no rule sees",
        "write them down one by one",
    ),
    _rule(
        "narrow-key",
        rf"(create (temp(orary)? |unlogged )?table|alter table)\b.*{_NARROW_KEY}",
        "numbers of 32 bits run out, and then nothing can be inserted any more",
        "make the key a bigint",
    ),
)
UNBOUNDED = "writes-whole-table"
MIXED = "writes-under-lock"
ORDER = "locks-two-tables"
NOT_RENDERED = Violation(
    1,
    "not-rendered",
    "cannot be written down as SQL without running it, so no rule sees what it does",
    "leave out what reads from the database, and let alembic upgrade --sql succeed",
)
NAMES = frozenset({rule.name for rule in RULES} | {UNBOUNDED, MIXED, ORDER, NOT_RENDERED.rule})


def hazards(script: Script) -> tuple[Violation, ...]:
    """Every rule of ours that a statement of the file breaks."""
    new = {_same(match["table"]) for one in script.statements if (match := _MAKES.match(one.bare))}
    old = [one for one in script.statements if _table(one, _CHANGES, _WRITES) not in new]
    found = [*_broken(old), *_unbounded(old), *(_under_lock(old) if script.transactional else ())]
    return tuple(sorted(found, key=lambda violation: violation.line))


def _broken(statements: Sequence[Statement]) -> Iterator[Violation]:
    for statement in statements:
        for rule in RULES:
            if rule.pattern.match(statement.bare):
                yield Violation(statement.line, rule.name, rule.why, rule.instead)


def _unbounded(statements: Sequence[Statement]) -> Iterator[Violation]:
    for statement in statements:
        if _WRITES.match(statement.bare) and not _BOUNDED.search(statement.bare):
            why = "writes every row in one transaction, and every row stays locked until its end"
            yield Violation(statement.line, UNBOUNDED, why, "write the rows in batches, by -- mainstay: backfill")


def _under_lock(statements: Sequence[Statement]) -> Iterator[Violation]:
    """In one transaction every lock is held until its end."""
    first = ""
    for statement in statements:
        changed = _table(statement, _CHANGES)
        if first and changed and changed != first:
            why = f"locks a second table while {first} stays locked: code that takes them the other way round deadlocks"
            yield Violation(statement.line, ORDER, why, "change one table in a file")
        if first and _table(statement, _WRITES):
            why = f"writes rows while {first} stays locked for everybody"
            yield Violation(
                statement.line, MIXED, why, "write the rows in a file of their own, by -- mainstay: backfill where they are many"
            )
        first = first or changed


def touched(script: Script) -> frozenset[str]:
    """The tables that a script changes, makes or writes to, as far as its statements say so at their beginning."""
    found = (_table(one, _CHANGES, _WRITES, _MAKES) for one in script.statements)
    return frozenset(name for name in found if name)


def _table(statement: Statement, *patterns: re.Pattern[str]) -> str:
    for pattern in patterns:
        if match := pattern.match(statement.bare):
            return _same(match["table"])
    return ""


def _same(name: str) -> str:
    """A table however it is written: without the schema that most files leave out, in lower case unless quoted."""
    last = name.replace(" ", "").removeprefix("public.")
    return last.replace('"', "") if '"' in last else last.lower()
