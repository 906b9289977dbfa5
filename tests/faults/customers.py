"""Load for the length of a ``with`` block, and what became of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import fleet

RATE = float(os.environ.get("MAINSTAY_LOAD_RATE") or 600)
PROGRAM = Path(__file__).with_name("load.py")


@dataclass
class Customers:
    """Customers who come while a test does its worst; ``told`` is there after the block."""

    process: subprocess.Popen[str]
    told: Mapping[str, Any] = field(default_factory=dict)

    def phase(self, name: str) -> None:
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
        return [f"{name}: {phase['reasons']} {phase['failures']}" for name, phase in self.told.items() if phase["failed"]]


@contextmanager
def shopping(rate: float = RATE, steady: float = 2.0) -> Iterator[Customers]:
    """Customers at both routers; the first seconds are called steady, what comes after them is called run."""
    words = [sys.executable, str(PROGRAM), str(rate), ",".join(map(str, fleet.ENTRANCES))]
    process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    customers = Customers(process)
    try:
        time.sleep(1)
        customers.phase("steady")
        time.sleep(steady)
        customers.phase("run")
        yield customers
    finally:
        output, _ = process.communicate(timeout=60)
        customers.told = json.loads(output or "{}")
