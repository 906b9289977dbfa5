# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Silences of Alertmanager, and which of them are ours."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .._core.errors import InvalidInput
from .._core.text import Grammar, shown, within

LABEL = Grammar(
    "name of a label",
    r"[A-Za-z_][A-Za-z0-9_]{0,99}",
    "1 to 100 letters, digits and underscores, not beginning with a digit",
    100,
)
KEY = Grammar(
    "key of a silence",
    r"[A-Za-z0-9][A-Za-z0-9._/\-]{0,199}",
    "1 to 200 letters, digits, dots, slashes, dashes and underscores, beginning with a letter or a digit",
    200,
)
LONGEST_VALUE = 500
LONGEST_TEXT = 500
SHORTEST_S = 1.0
LONGEST_S = 30 * 86400.0
MARK = re.compile(r"\[mainstay (\S+)\]\Z")
"""The end of the comment of a silence of ours; comments are all that Alertmanager keeps for whoever made a silence."""


@dataclass(frozen=True, order=True)
class Matcher:
    """What a label must be, or with ``equal=False`` must not be; a regex is that of the whole value."""

    name: str
    value: str
    regex: bool = False
    equal: bool = True

    def __post_init__(self) -> None:
        LABEL.check(self.name)
        if not isinstance(self.value, str) or len(self.value) > LONGEST_VALUE or not self.value.isprintable():
            raise InvalidInput(
                f"{shown(self.value)} is no value for the label {self.name}: write a text of at most {LONGEST_VALUE} printable "
                "characters, a number in quotes"
            )
        if self.regex:
            self._compile()

    def _compile(self) -> None:
        try:
            re.compile(self.value)
        except (re.error, OverflowError, RecursionError) as error:
            raise InvalidInput(f"{shown(self.value)} is no regular expression for the label {self.name}: {error}") from None

    @property
    def shown(self) -> str:
        """As Alertmanager writes it."""
        return f'{self.name}{"=" if self.equal else "!"}{"~" if self.regex else "=" if not self.equal else ""}"{self.value}"'


@dataclass(frozen=True)
class Silencing:
    """What is wanted: these alerts silenced for so many seconds from now. By its ``key`` the silence is found again."""

    key: str
    matchers: tuple[Matcher, ...]
    seconds: float
    comment: str
    creator: str = "mainstay.ops"

    def __post_init__(self) -> None:
        KEY.check(self.key)
        within("duration of a silence in seconds", self.seconds, SHORTEST_S, LONGEST_S)
        for noun, text in (("comment", self.comment), ("creator", self.creator)):
            if not text.strip() or len(text) > LONGEST_TEXT or not text.isprintable():
                raise InvalidInput(f"{shown(text)} is not a {noun}: write 1 to {LONGEST_TEXT} printable characters")

    @property
    def marked(self) -> str:
        """The comment with the key."""
        return f"{self.comment.strip()} [mainstay {self.key}]"


@dataclass(frozen=True)
class Silence:
    """A silence as Alertmanager has it; ``starts`` is its own text, ``ends`` seconds since the epoch. "" as id for a new one."""

    id: str
    matchers: tuple[Matcher, ...]
    starts: str
    ends: float
    comment: str
    creator: str
    state: str = "active"

    @property
    def key(self) -> str:
        """The key of one of ours, "" for somebody else's."""
        found = MARK.search(self.comment)
        return found[1] if found else ""

    @property
    def shown(self) -> str:
        return "{" + ", ".join(matcher.shown for matcher in self.matchers) + "}"
