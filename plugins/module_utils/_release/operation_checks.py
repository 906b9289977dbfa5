# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether the judge will understand what it is going to be asked, asked before anything changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from .._core.errors import InvalidInput
from .._core.text import listed
from .._edge.require import PROMETHEUS, require
from .._edge.spec import into
from .._judge.described import Described as Comparison
from .._judge.described import check as check_canary
from .._judge.described_workers import Described as Proof
from .._judge.described_workers import check as check_workers
from .plan import Rollout


def check_comparisons(rollout: Rollout) -> None:
    """What the judge would refuse is refused before anything changes."""
    for batch in rollout.batches:
        for duration in (batch["watch"], *(batch["ask"].get(what, "0s") for what in ("promotion", "inconclusive"))):
            if batch["canary"]:
                check_canary(into(Comparison, {**batch["canary"], "duration": duration}))


def check_jobs(services: Mapping[str, Any]) -> None:
    """What workers have to show is understood before anything changes; where they are is not known yet."""
    for name, spec in services.items():
        if spec.get("jobs"):
            require((PROMETHEUS,))
            asked = {key: value for key, value in spec["jobs"].items() if key != "page"}
            if unknown := set(asked) - {field.name for field in fields(Proof)}:
                raise InvalidInput(f"jobs of service {name} has no option {listed(sorted(unknown))}")
            check_workers(into(Proof, {"workers": [{"name": name, "url": "http://localhost"}], **asked}))
