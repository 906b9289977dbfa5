# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a migration by a command says of rules that it breaks on purpose, in what it prints. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

UNSEEN = "not-linted"
LONGEST = 500
_LINE = re.compile(
    r"(?:(?P<file>[\w./\-]{1,200}):(?:(?P<line>[0-9]{1,6}):)? )?(?:-- |# )?"
    r"mainstay: accept (?P<rules>[a-z-]+(?: ?, ?[a-z-]+)*) because (?P<reason>.{3,})"
)


def accepted(command: Sequence[str], output: Sequence[str]) -> list[dict[str, object]]:
    """Rows of file, line, rule and reason: that no rule saw the command, and what it printed.

    A line reads ``mainstay: accept RULE because REASON``, with ``FILE:LINE:`` before it where that is known. Others do not count.
    """
    name = " ".join(command)[:LONGEST]
    unseen = {"file": name, "line": 0, "rule": UNSEEN, "reason": "a command migrates, and no rule sees what it does"}
    return [unseen, *(row for line in output if (match := _LINE.fullmatch(line.strip())) for row in _rows(match, name))]


def _rows(match: re.Match[str], name: str) -> list[dict[str, object]]:
    kept = {"file": match["file"] or name, "line": int(match["line"] or 0)}
    return [{**kept, "rule": rule.strip(), "reason": match["reason"][:LONGEST]} for rule in match["rules"].split(",")]
