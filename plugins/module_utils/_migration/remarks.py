# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the comments of a file say to us: words in its head, and which rules a statement breaks on purpose, and why. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from .._core.errors import InvalidInput
from .._core.text import listed, reason, seconds, shown, within
from .model import Acceptance, Backfill, Budget, Statement

WORDS = ("no-transaction", "compatible", "contract")
TERMS = ("accept", "backfill", "reversible", "budget")
"""What takes more than a word to say."""

_HEAD = re.compile(r"(?:\s*--[^\n]*(?:\n|$))*")
_SAYS = re.compile(r"^\s*(?:--|#)\s*mainstay:(?P<words>[^\n]*)$", re.MULTILINE)
_BACKFILL = re.compile(
    r"backfill (?P<table>[a-z_][a-z0-9_.]*) by (?P<key>[a-z_][a-z0-9_]*)"
    r"(?:, batch (?P<batch>[0-9]{1,7}))?(?:, pause (?P<pause>\S+))?"
)
_REVERSIBLE = re.compile(r"reversible because (?P<reason>.+)")
_BUDGET = re.compile(
    r"budget (?P<terms>(?:statement|transaction) [0-9a-z.]+(?:, ?(?:statement|transaction) [0-9a-z.]+)?) because (?P<reason>.+)"
)
_ACCEPT = re.compile(r"accept (?P<rules>[a-z-]+(?: ?, ?[a-z-]+)*) because (?P<reason>.+)")


def words(file: str, text: str) -> set[str]:
    """The words in the head of a file; raises ``InvalidInput`` for one that is unknown."""
    lines = [said for said in _said(head(text)) if not said.startswith(TERMS)]
    found = {word.strip() for line in lines for word in line.split(",")}
    if found - set(WORDS):
        raise InvalidInput(
            f"{file} says mainstay: {shown(sorted(found - set(WORDS))[0])}: allowed are {listed(WORDS)}, "
            "and accept RULE because REASON"
        )
    if {"compatible", "contract"} <= found:
        raise InvalidInput(f"{file} says compatible and contract: keep one, older code cannot live with what is contract")
    return found


def backfill(file: str, text: str) -> Backfill | None:
    """Whether the file is run in batches, and in which."""
    said = [one for one in _said(head(text)) if one.startswith("backfill")]
    if not said:
        return None
    match = _BACKFILL.fullmatch(said[0])
    if not match or len(said) > 1:
        raise InvalidInput(f"{file} says mainstay: {shown(said[0])}: write backfill TABLE by KEY, batch 1000, pause 100ms, once")
    batch = int(within("batch of rows", float(match["batch"] or 1000), 1, 1_000_000))
    return Backfill(match["table"], match["key"], batch, seconds(match["pause"] or "0s", noun="pause"))


def reversible(file: str, text: str) -> str:
    """Why a way down loses nothing that anybody needs; "" where nobody says so."""
    said = [one for one in _said(text) if one.startswith("reversible")]
    if not said:
        return ""
    match = _REVERSIBLE.fullmatch(said[0])
    if not match or len(said) > 1:
        raise InvalidInput(f"{file} says mainstay: {shown(said[0])}: write reversible because REASON, once")
    return reason(match["reason"])


def budget(file: str, text: str) -> Budget:
    """What the file may take, other than all others."""
    said = [one for one in _said(text) if one.startswith("budget")]
    if not said:
        return Budget()
    match = _BUDGET.fullmatch(said[0])
    if not match or len(said) > 1:
        raise InvalidInput(
            f"{file} says mainstay: {shown(said[0])}: write budget statement 5m, transaction 10m because REASON, once"
        )
    terms = dict(term.split() for term in match["terms"].split(","))
    given = {name: within(f"budget of a {name} in seconds", seconds(value), 0.1, 86400) for name, value in terms.items()}
    return Budget(**given, reason=reason(match["reason"]))


def head(text: str) -> str:
    """The comments before the first statement."""
    found = _HEAD.match(text)
    return found[0] if found else ""


def accepts(file: str, text: str, statements: Sequence[Statement]) -> tuple[Acceptance, ...]:
    """What the head accepts for the whole file, and what stands directly above a statement for that one."""
    return (*whole(file, head(text)), *_above(file, text.split("\n"), statements))


def whole(file: str, text: str) -> tuple[Acceptance, ...]:
    """Every acceptance in a text, for all of the file that it belongs to."""
    return tuple(_acceptance(file, said) for said in _said(text) if said.startswith("accept"))


def _above(file: str, lines: Sequence[str], statements: Sequence[Statement]) -> Iterator[Acceptance]:
    floor = 0
    for statement in statements:
        remarks = _comments_above(lines, statement.line, floor) if statement.number > 1 else []
        yield from (replace(one, line=statement.line) for one in whole(file, "\n".join(remarks)))
        floor = statement.line + statement.text.count("\n")


def _comments_above(lines: Sequence[str], line: int, floor: int) -> list[str]:
    """The comments that stand right above a line, but below the end of the statement before."""
    top = line - 1
    while top > floor and lines[top - 1].lstrip().startswith("--"):
        top -= 1
    return list(lines[top : line - 1])


def _said(text: str) -> list[str]:
    return [match["words"].strip() for match in _SAYS.finditer(text)]


def _acceptance(file: str, said: str) -> Acceptance:
    match = _ACCEPT.fullmatch(said)
    if not match:
        raise InvalidInput(f"{file} says mainstay: {shown(said)}: write accept RULE, RULE because REASON")
    return Acceptance(tuple(rule.strip() for rule in match["rules"].split(",")), reason(match["reason"]))
