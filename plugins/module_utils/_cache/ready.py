# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether a server can be flushed, and whether so many keys may go."""

from __future__ import annotations

import hashlib
import json
import math
import re

from .model import Flush, Standing

OLDEST = 5
"""Redis 5 was the first to replicate a script by its effects; before, SCAN and UNLINK cannot stand in one."""


def objection(standing: Standing) -> str:
    """Why the server cannot be flushed, or an empty string."""
    if standing.mode == "sentinel":
        return "is a sentinel and holds no keys: name the primary that it watches"
    if standing.role != "master":
        return f"is a replica, and its keys are its primary's: flush {standing.primary or 'the primary'} instead"
    if int((re.match(r"\d+", standing.version) or ["0"])[0]) < OLDEST:
        return f"runs Redis {standing.version}; a flush needs {OLDEST}.0 or newer"
    return ""


def needs_confirmation(wanted: Flush, matched: int) -> bool:
    return matched > wanted.largest and not is_confirmed(wanted, matched)


def is_confirmed(wanted: Flush, matched: int) -> bool:
    """The operator has seen this plan, and no more keys match than it allowed for."""
    match = re.fullmatch(r"([0-9]{1,15})-[0-9a-f]{8}", wanted.confirm)
    return match is not None and wanted.confirm == _code(wanted, int(match[1])) and matched <= int(match[1])


def confirmation(wanted: Flush, matched: int) -> str:
    """What is to be given back: a tenth more keys than now, because a cache lives, and a hash of what is flushed where."""
    return _code(wanted, math.ceil(matched * 1.1))


def _code(wanted: Flush, ceiling: int) -> str:
    plan = [wanted.server.address, wanted.server.database, wanted.pattern, sorted(wanted.protected), ceiling]
    return f"{ceiling}-{hashlib.sha256(json.dumps(plan).encode()).hexdigest()[:8]}"
