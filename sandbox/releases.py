"""The sample application's releases: good ones, and one for every way in which a release can be bad."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

SERVICES = ("api", "chat", "worker")


@dataclass(frozen=True)
class Release:
    """One release. ``schema`` is its newest migration that works; ``faults`` says what which service does wrong."""

    version: str
    schema: int = 2
    faults: Mapping[str, str] = field(default_factory=dict)

    def baked(self, service: str) -> str:
        """What the image of a service says about itself."""
        return json.dumps({"version": self.version, "schema": self.schema, "fault": self.faults.get(service)}) + "\n"


def everywhere(fault: str) -> Mapping[str, str]:
    return dict.fromkeys(SERVICES, fault)


RELEASES = (
    Release("v1", schema=1),
    Release("v2"),  # brings migration 0002, which v1 can live with
    Release("v3"),
    Release("v4-never-healthy", faults=everywhere("never-healthy")),
    Release("v4-sick-later", faults=everywhere("sick-later")),
    Release("v4-wrong-version", faults=everywhere("wrong-version")),
    Release("v4-slow-start", faults=everywhere("slow-start")),
    Release("v4-ignores-sigterm", faults=everywhere("ignores-sigterm")),
    Release("v4-crashes-under-load", faults=everywhere("crashes-under-load")),
    Release("v4-errs-sometimes", faults={"api": "errs-sometimes"}),
    Release("v4-slow-sometimes", faults={"api": "slow-sometimes"}),
    Release("v4-bad-migration"),  # its code is good; its migration 0003 fails half-way
    Release("v4-bad-worker", faults={"worker": "never-healthy"}),
    Release("v4-drops-jobs", faults={"worker": "drops-jobs"}),  # healthy, and loses what it takes
)
