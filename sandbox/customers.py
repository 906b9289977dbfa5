"""Customers for the length of a ``with`` block, from a process of their own, and what became of their requests."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PROGRAM = Path(__file__).with_name("load.py")


@dataclass
class Customers:
    """``told`` is there after the block: of every phase what ``load.py`` tells of it."""

    process: subprocess.Popen[str]
    told: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def phase(self, name: str) -> None:
        """Requests that begin from now on belong to the phase of this name."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{name}\n")
        self.process.stdin.flush()

    @property
    def count(self) -> int:
        return sum(phase["count"] for phase in self.told.values())

    @property
    def failed(self) -> int:
        return sum(phase["failed"] for phase in self.told.values())

    @property
    def complaints(self) -> list[str]:
        """A line for every phase in which a request failed."""
        return [f"{name}: {phase['reasons']} {phase['failures']}" for name, phase in self.told.items() if phase["failed"]]


@contextmanager
def shopping(addresses: Sequence[str], rate: float) -> Iterator[Customers]:
    """Customers at every address, ``rate`` requests a second in all."""
    words = [sys.executable, str(PROGRAM), str(rate), *addresses]
    process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    customers = Customers(process)
    try:
        yield customers
    finally:
        output, _ = process.communicate(timeout=60)
        customers.told = json.loads(output or "{}")
