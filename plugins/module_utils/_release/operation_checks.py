# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether the judge will understand what it is going to be asked, asked before anything changes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._edge.require import PROMETHEUS, require
from .._edge.spec import checked, into
from .._judge.described import Described as Comparison
from .._judge.described import check as check_canary
from .._judge.described_workers import Described as Proof
from .._judge.described_workers import check as check_workers
from .._judge.fetch import Place
from .._judge.operation_worker import PROOF
from .batches import PAGE
from .plan import Rollout


def check_comparisons(rollout: Rollout, prometheus: Place | None = None) -> None:
    """What the judge would refuse is refused before anything changes."""
    for batch in rollout.batches:
        for duration in (batch["watch"], *(batch["ask"].get(what, "0s") for what in ("promotion", "inconclusive"))):
            if batch["canary"]:
                check_canary(into(Comparison, {**batch["canary"], "prometheus": prometheus, "duration": duration}))


def check_jobs(services: Mapping[str, Any]) -> None:
    """What workers have to show is understood before anything changes; where they are is not known yet."""
    for name, spec in services.items():
        if spec.get("jobs"):
            require((PROMETHEUS,))
            asked = {"page": PAGE, **spec["jobs"]}
            worker = {"name": name, "url": f"http://localhost{asked.pop('page')}"}
            check_workers(into(Proof, checked(PROOF, {**asked, "workers": [worker]}, f"jobs of service {name}")))
