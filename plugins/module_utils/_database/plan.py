# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which sessions are ended, in which order, and how: each is named by its pid and its start, so a reused pid is never hit."""

from __future__ import annotations

from collections.abc import Iterator

from .._core.plan import Plan, Step
from .._core.text import listed
from .blocking import behind, waiting
from .model import ACTIVE, MOST_AT_ONCE, Activity, Ending, Match, TooManySessions
from .ready import confirmation, matches, needs_confirmation, objection

CANCEL, BOTH, TERMINATE = "cancel", "cancel, then terminate", "terminate"


def plan(wanted: Ending, found: Activity) -> Plan:
    """The steps; raises ``TooManySessions``, with what is to be given back, if the plan has to be confirmed."""
    matched = chosen(wanted, found)
    steps = Plan(tuple(_step(match) for match in matched[:MOST_AT_ONCE]))
    if needs_confirmation(wanted, len(matched)):
        code = confirmation(wanted, len(matched))
        raise TooManySessions(
            f"the rules match {len(matched)} sessions of {wanted.place}, such as "
            f"{listed([match.session.told for match in matched[:3]])}, more than {wanted.largest}. Nothing was ended. "
            f"If they shall all go, run it again with confirm: {code}",
            confirm=code,
            matched=len(matched),
            steps=steps.as_list(),
        )
    return steps


def chosen(wanted: Ending, found: Activity) -> list[Match]:
    """Every session that a rule means and that may be ended: first those that hold up most others, then the oldest."""
    return sorted(_matches(wanted, found), key=lambda match: (-match.behind, -match.session.age, match.session.pid))


def _matches(wanted: Ending, found: Activity) -> Iterator[Match]:
    held = waiting(found.sessions)
    for session in found.sessions:
        count = len(behind(session.pid, held))
        rule = next((rule for rule in wanted.rules if matches(rule, session, count)), None)
        if rule and not objection(session, found.database, wanted.protected):
            yield Match(session, rule, count)


def _step(match: Match) -> Step:
    session = match.session
    subject = f"pid {session.pid}, since {session.started:%Y-%m-%d %H:%M:%S.%f%z}"
    holds = f", holds up {match.behind} others" if match.behind else ""
    before = f"{session.told}{holds}: {session.statement}".rstrip(": ")
    if session.state != ACTIVE:
        return Step(TERMINATE, subject, before, "gone", match)
    return (
        Step(BOTH, subject, before, "no statement, or gone", match)
        if match.rule.terminate
        else Step(CANCEL, subject, before, "no statement", match)
    )
