# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a judge is asked: which phases, which hosts, what has to be well meanwhile, and who may decide."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from .._edge.spec import Seconds
from .._fence.fence import Fence
from .._health.described import Described as Asked
from .._judge.described import Described, check
from .._judge.described_slo import Described as Promises
from .._judge.described_slo import check as check_promises
from .._judge.described_workers import Described as Proof
from .._judge.described_workers import check as check_workers
from . import health
from .model import INCONCLUSIVE, PASS
from .monitoring import UNMONITORED, Monitoring
from .verdict import Verdict

NONE, THIRTY, MINUTE = Seconds(0), Seconds(30), Seconds(60)


@dataclass(frozen=True)
class Part:
    """One phase, the hosts that had to take part in it, and what each registered; ``share`` is that of a canary's traffic."""

    phase: str
    hosts: Sequence[str]
    results: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    any_will_do: bool = False
    share: int = 0


@dataclass(frozen=True)
class Asking:
    """How long to wait for a person: to promote what passed, and what could not be judged; and whether it must be another."""

    promotion: Seconds = NONE
    inconclusive: Seconds = NONE
    another: bool = False

    def seconds(self, judged: Verdict) -> float:
        return {PASS: self.promotion, INCONCLUSIVE: self.inconclusive}.get(judged.verdict, NONE)


@dataclass(frozen=True)
class Question:
    """The phases since the last verdict, in their order, and the endpoints that must be well now, for as long as it bakes."""

    run: str
    fence: Fence
    phases: tuple[Part, ...]
    endpoints: tuple[Asked, ...] = ()
    dependencies: tuple[Asked, ...] = ()
    healthy: int = 1
    deadline: Seconds = THIRTY
    bake: Seconds = NONE
    canary: Described | None = None
    workers: tuple[Proof, ...] = ()
    slo: Promises | None = None
    ask: Asking = Asking()
    lease: Seconds = MINUTE
    directory: str = "/var/lib/mainstay"
    monitoring: Monitoring = UNMONITORED

    @property
    def last(self) -> str:
        """The phase that the verdict is about."""
        return self.phases[-1].phase

    def watches(self, seconds: float, tolerated: Sequence[str] = (), *, longer: bool = True) -> list[health.Watch]:
        """What is watched beside the endpoints for so many seconds, and longer where that proves nothing.

        Promises to users that are ``tolerated`` were not kept before this run began.
        """

        def lasting(one: Described | Proof) -> Any:
            return replace(one, duration=str(seconds), longer=one.longer if longer else "0s")

        canary = [health.of_canary(check(lasting(self.canary)))] if self.canary else []
        workers = [health.of_workers(check_workers(lasting(one))) for one in self.workers]
        others = [*canary, *workers]
        longest = max([seconds, *(other.longest + health.LATE_S for other in others)])
        promised = [check_promises(replace(self.slo, duration=str(longest)))] if self.slo else []
        return [*others, *(health.of_promises(one, tolerated) for one in promised)]
