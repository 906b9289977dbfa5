# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which sessions a rule means, which are never ended, and how many may be without being asked for twice."""

from __future__ import annotations

import hashlib
import json
import math
import re
from dataclasses import asdict
from fnmatch import fnmatchcase

from .model import ACTIVE, CLIENT, KEEPERS, OURS, Ending, Rule, Session


def objection(session: Session, database: str, protected: tuple[str, ...] = ()) -> str:
    """Why the session is never ended, whatever a rule says; or an empty string."""
    if session.is_mine or any(fnmatchcase(session.application, name) for name in OURS):
        return "belongs to this collection"
    if session.kind != CLIENT:
        return f"is no client but a {session.kind}"
    if session.is_privileged:
        return f"is of {session.user}, a superuser or a role for replication"
    if session.database != database:
        return "is at work in another database"
    if any(fnmatchcase(session.application, name) for name in (*KEEPERS, *protected)):
        return f"calls itself {session.application}, which is protected"
    return ""


def matches(rule: Rule, session: Session, behind: int) -> bool:
    """Whether the rule means this session, which holds up so many others; of a queue only its head is to blame."""
    if rule.state and session.state != rule.state:
        return False
    if session.state != ACTIVE and not rule.terminate:
        return False
    if rule.blocking and session.held_by:
        return False
    if not (_alike(rule.application, session.application) and _alike(rule.user, session.user)):
        return False
    return behind >= rule.blocking and age(rule, session) >= rule.older


def age(rule: Rule, session: Session) -> float:
    """The age that the rule looks at, in seconds."""
    return (session.transaction or 0.0) if rule.blocking else session.age


def needs_confirmation(wanted: Ending, matched: int) -> bool:
    return matched > wanted.largest and not is_confirmed(wanted, matched)


def is_confirmed(wanted: Ending, matched: int) -> bool:
    """The operator has seen this plan, and no more sessions match than it allowed for."""
    found = re.fullmatch(r"([0-9]{1,9})-[0-9a-f]{8}", wanted.confirm)
    return found is not None and wanted.confirm == _code(wanted, int(found[1])) and matched <= int(found[1])


def confirmation(wanted: Ending, matched: int) -> str:
    """What is to be given back: a tenth more sessions than now, because they come and go, and a hash of rules and database."""
    return _code(wanted, math.ceil(matched * 1.1))


def _alike(pattern: str, name: str) -> bool:
    return not pattern or fnmatchcase(name, pattern)


def _code(wanted: Ending, ceiling: int) -> str:
    plan = [wanted.place, [asdict(rule) for rule in wanted.rules], sorted(wanted.protected), ceiling]
    return f"{ceiling}-{hashlib.sha256(json.dumps(plan).encode()).hexdigest()[:8]}"
