# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The shape of a statement without what it was about: literals may be secrets or somebody's data, and comments too.

What is left is like what pg_stat_statements keeps, which leaves literals in statements that are no queries. Where it cannot be
told where one ends, nothing is shown from there on: a backslash before a quote means what the session is set to take it for, and
comments may hold comments.
"""

from __future__ import annotations

import re

LONGEST = 200
_PIECES = re.compile(
    r"""
    (?P<comment>--[^\n]*|/\*.*?(?:\*/|\Z))
    |(?P<dollar>(?<![\w$])\$(?P<tag>(?:[^\W\d]\w*)?)\$.*?(?:\$(?P=tag)\$|\Z))
    |(?P<identifier>"(?:[^"]|"")*(?:"|\Z))
    |(?P<literal>(?:\b[eEbBxXnN]|\b[uU]&)?'(?:[^']|'')*(?:'|\Z))
    |(?P<parameter>\$\d+)
    |(?P<number>(?<![\w$])(?:0[xXoObB][\da-fA-F_]+|(?:\d[\d_]*(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?))
    """,
    re.VERBOSE | re.DOTALL,
)
_LISTS = re.compile(r"\(\s*\?(?:\s*,\s*\?)+\s*\)")


def shape(text: str, longest: int = LONGEST) -> str:
    """The statement on one line, cut, with ? in place of every literal."""
    bare, at = "", 0
    for found in _PIECES.finditer(text):
        bare += text[at : found.start()]
        at = found.end()
        if _is_unclear(found):
            return _tidy(f"{bare} ? ...", longest)
        bare += _instead(found)
    return _tidy(bare + text[at:], longest)


def _is_unclear(found: re.Match[str]) -> bool:
    if found["comment"] is not None:
        return "/*" in found[0][2:]
    return found["literal"] is not None and "\\" in found[0]


def _instead(found: re.Match[str]) -> str:
    if found["comment"] is not None:
        return " "
    return found[0] if found["identifier"] is not None or found["parameter"] is not None else "?"


def _tidy(text: str, longest: int) -> str:
    printable = "".join(sign if sign.isprintable() else " " for sign in text)
    line = _LISTS.sub("(?)", " ".join(printable.split()))
    return line if len(line) <= longest else f"{line[:longest]}..."
