# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The gate before a deploy: whether users get what was promised to them, or somebody says why to go on in spite of it."""

from __future__ import annotations

from dataclasses import dataclass

from .._judge.described_slo import Described, check, demand_kept, not_passed
from .plan import REPLACE, Order, Rollout

WAY_OUT = "To deploy in spite of it, say why: -e override='...'"


@dataclass(frozen=True)
class Tolerated:
    """The promises that are not kept, and the reason for which that is no reason to stop."""

    promises: tuple[str, ...] = ()
    override: str = ""


def is_gated(order: Order, rollout: Rollout) -> bool:
    """Only new code can make it worse: to go back, and to repair what serves, is how it gets better."""
    return order.verb == "deploy" and rollout.kind == REPLACE and rollout.origin is not None


def gate(asked: Described, override: str) -> Tolerated:
    """What is tolerated; raises ``BudgetSpent`` or ``NotProven`` where nobody gave a reason."""
    told = check(asked).look()
    broken = not_passed(told)
    if not override:
        demand_kept(told, WAY_OUT)
    return Tolerated(broken, override if broken else "")
