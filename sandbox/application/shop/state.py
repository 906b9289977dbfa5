"""What changes while a replica runs."""

from __future__ import annotations

import time
from dataclasses import dataclass, field


@dataclass
class State:
    """One replica's life so far."""

    stopping: bool = False
    in_flight: int = 0
    served: int = 0
    began: float = field(default_factory=time.monotonic)

    @property
    def age(self) -> float:
        return time.monotonic() - self.began
