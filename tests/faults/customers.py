"""Customers at both routers of the fleet, while a test does its worst."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

import fleet

from sandbox import customers

RATE = float(os.environ.get("MAINSTAY_LOAD_RATE") or 600)


@contextmanager
def shopping(rate: float = RATE, steady: float = 2.0) -> Iterator[customers.Customers]:
    """The first seconds are called steady, what comes after them is called run."""
    with customers.shopping([f"127.0.0.1:{port}" for port in fleet.ENTRANCES], rate) as shop:
        time.sleep(1)
        shop.phase("steady")
        time.sleep(steady)
        shop.phase("run")
        yield shop
