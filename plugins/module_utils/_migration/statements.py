# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A file of SQL taken apart into statements, the way PostgreSQL's own psql does it.

A semicolon ends a statement unless it stands in quotes, in a comment, in parentheses or in the body of a routine between
BEGIN ATOMIC and END. (The rules are those of PostgreSQL's manual, "Lexical Structure", and of psql's scanner.)
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from .._core.errors import InvalidInput
from .model import Index, Statement

_LETTER = r"[^\x00-@\[-\^`{-\x7f]"
_DIGIT_TOO = r"[^\x00-/:-@\[-\^`{-\x7f]"
_TOKEN = re.compile(
    rf"""
    (?P<space>\s+ | --[^\n]*)
  | (?P<comment>/\*)
  | (?P<quoted>[eE]'(?:[^'\\]+|\\.|'')*+' | '(?:[^']+|'')*+' | "(?:[^"]+|"")*+"
      | \$(?P<tag>(?:{_LETTER}{_DIGIT_TOO}*)?)\$.*?\$(?P=tag)\$)
  | (?P<open>[eE]?' | " | \$(?:{_LETTER}{_DIGIT_TOO}*)?\$)
  | (?P<word>{_LETTER}(?:{_DIGIT_TOO}|\$)*)
  | (?P<other>[0-9]\w* | \$[0-9]+ | .)
    """,
    re.DOTALL | re.VERBOSE,
)
_NESTING = re.compile(r"/\*|\*/")
_NAME = r'(?:"(?:[^"]|"")+"|[^\s"(;.]+)'
_INDEX = re.compile(
    rf"create (?:unique )?index concurrently (?:if not exists )?(?P<name>(?!on\b){_NAME}) on (?:only )?"
    rf"(?P<table>{_NAME}(?: ?\. ?{_NAME})?)",
    re.IGNORECASE,
)
_ROUTINE = re.compile(r"create (or replace )?(function|procedure)\b", re.IGNORECASE)


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    start: int


def split(text: str, file: str) -> tuple[Statement, ...]:
    """The statements of a file; raises ``InvalidInput`` for what only psql understands and for quotes without an end."""
    lines = _Lines(text)
    found: list[Statement] = []
    for run in _runs(_tokens(text, file, lines)):
        start, end = run[0].start, run[-1].start + len(run[-1].text)
        bare = _bare(run)
        found.append(Statement(len(found) + 1, lines.of(start), text[start:end], bare, _index(bare)))
    return tuple(found)


def _tokens(text: str, file: str, lines: _Lines) -> Iterator[_Token]:
    position = 0
    while match := _TOKEN.match(text, position):
        kind, start = match.lastgroup or "quoted", position
        kind = "quoted" if kind == "tag" else kind
        position = _end_of_comment(text, start) if kind == "comment" else match.end()
        if kind == "open" or position < 0:
            raise InvalidInput(f"{file} line {lines.of(start)}: what begins with {match[0]} has no end")
        if match[0] == "\\":
            raise InvalidInput(
                f"{file} line {lines.of(start)}: commands of psql such as \\i or \\copy cannot run here: write SQL"
            )
        yield _Token("space" if kind == "comment" else kind, text[start:position], start)


def _runs(tokens: Iterator[_Token]) -> Iterator[list[_Token]]:
    run: list[_Token] = []
    nesting = _Depth()
    for token in tokens:
        if token.text == ";" and nesting.is_flat:
            if run:
                yield _trimmed(run)
            run, nesting = [], _Depth()
        elif run or token.kind != "space":
            run.append(token)
            nesting.see(token)
    if run:
        yield _trimmed(run)


class _Depth:
    """How deep in parentheses, and in BEGIN ATOMIC or CASE of a routine, the scanner is."""

    def __init__(self) -> None:
        self._parentheses = self._blocks = 0
        self._words: list[str] = []

    @property
    def is_flat(self) -> bool:
        return self._parentheses <= 0 and self._blocks <= 0

    def see(self, token: _Token) -> None:
        if token.kind == "word":
            self._word(token.text.lower())
        else:
            self._parentheses += (token.text == "(") - (token.text == ")")

    def _word(self, word: str) -> None:
        begins = word == "atomic" and self._words[-1:] == ["begin"] and bool(_ROUTINE.match(" ".join(self._words[:5])))
        self._blocks += begins or (word == "case" and self._blocks > 0)
        self._blocks -= word == "end" and self._blocks > 0
        self._words.append(word)


class _Lines:
    """Finds the line of a position without counting from the beginning each time."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._position, self._line = 0, 1

    def of(self, position: int) -> int:
        if position < self._position:
            self._position, self._line = 0, 1
        self._line += self._text.count("\n", self._position, position)
        self._position = position
        return self._line


def _bare(run: list[_Token]) -> str:
    """Without comments, with one blank between words; what is quoted stays as it is."""
    pairs = zip(run, [None, *run], strict=False)
    return "".join(
        token.text if token.kind != "space" else " "
        for token, before in pairs
        if token.kind != "space" or (before and before.kind != "space")
    )


def _trimmed(run: list[_Token]) -> list[_Token]:
    while run[-1].kind == "space":
        run.pop()
    return run


def _end_of_comment(text: str, start: int) -> int:
    """Comments nest in PostgreSQL; -1 if this one has no end."""
    depth = 0
    for match in _NESTING.finditer(text, start):
        depth += 1 if match[0] == "/*" else -1
        if depth == 0:
            return match.end()
    return -1


def _index(bare: str) -> Index | None:
    match = _INDEX.match(bare)
    if not match:
        return None
    name = match["name"]
    return Index(name[1:-1].replace('""', '"') if name.startswith('"') else name.lower(), match["table"])
