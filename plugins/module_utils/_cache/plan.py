# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a flush does: one step for each primary that has keys to delete, if so many may go at all."""

from __future__ import annotations

from .._core.plan import Plan, Step
from .._core.text import listed, shown
from .model import Flush, Primary, TooMany, total
from .ready import confirmation, needs_confirmation


def plan(wanted: Flush, found: tuple[Primary, ...]) -> Plan:
    """The steps; raises ``TooMany``, with what is to be given back, if the plan has to be confirmed."""
    steps = Plan(tuple(_step(wanted, primary) for primary in found if primary.tally.matched))
    whole = total(found)
    if needs_confirmation(wanted, whole.matched):
        code = confirmation(wanted, whole.matched)
        raise TooMany(
            f"{whole.matched} keys match {shown(wanted.pattern)} at {wanted.server.address}, such as "
            f"{listed(whole.samples[:3])}, more than {wanted.largest}. If they shall all go, run it again with confirm: {code}",
            confirm=code,
            matched=whole.matched,
            protected=whole.protected,
            samples=list(whole.samples),
            steps=steps.as_list(),
        )
    return steps


def _step(wanted: Flush, primary: Primary) -> Step:
    subject = f"{primary.server.address}/{primary.server.database}"
    return Step("flush", subject, f"{primary.tally.matched} keys match {wanted.pattern}", "none", primary)
