# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a module is going to do, as data: the same in check mode, in the diff and in the result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Step:
    """One action on one subject; ``before`` and ``after`` make the diff, ``data`` is for whoever applies it."""

    action: str
    subject: str
    before: str = ""
    after: str = ""
    data: Any = field(default=None, compare=False, repr=False)

    def as_dict(self) -> dict[str, str]:
        return {"action": self.action, "subject": self.subject, "before": self.before, "after": self.after}


@dataclass(frozen=True)
class Plan:
    """Steps in the order in which they are applied; an empty plan means that everything is as wanted."""

    steps: tuple[Step, ...] = ()

    @property
    def changed(self) -> bool:
        return bool(self.steps)

    def as_list(self) -> list[dict[str, str]]:
        return [step.as_dict() for step in self.steps]

    def diff(self) -> Mapping[str, str]:
        return {"before": self._side("before"), "after": self._side("after")}

    def _side(self, side: str) -> str:
        return "".join(f"{step.subject}: {getattr(step, side)}\n" for step in self.steps)
