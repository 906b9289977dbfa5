# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a server's log says of a recovery, in our words."""

from __future__ import annotations

import re

MISSED = "recovery ended before configured recovery target was reached"
WORDS = (
    (MISSED, "the write-ahead log ended before the target{last}: choose an earlier target, or latest for all that there is"),
    ("could not locate required checkpoint record", "the segment with the backup's checkpoint is missing: choose another backup"),
    ("WAL ends before end of online backup", "the write-ahead log ends before the backup's end: choose another backup"),
    (
        "requested recovery stop point is before consistent recovery point",
        "the target lies before the end of the backup: choose an older backup",
    ),
    ("is not a child of this server's history", "the backup is of another timeline than asked for: leave timeline away"),
    ("No space left on device", "the disk is full: make room, and run again"),
)
LAST = re.compile(r"last completed transaction was at log time (\S+ \S+)")
SERIOUS = re.compile(r"^(?:FATAL|PANIC|ERROR): +(.*)$", re.M)
LONGEST = 500


def in_words(log: str) -> str:
    """The reason why a server did not recover."""
    last = LAST.findall(log)
    after = f" (the last transaction in it ended at {last[-1]})" if last else ""
    for sign, words in WORDS:
        if sign in log:
            return words.format(last=after)
    serious = SERIOUS.findall(log)
    return f"it said: {serious[0][:LONGEST]}" if serious else f"it said: {' '.join(log.split())[-LONGEST:] or 'nothing'}"
