"""Nothing drops a request: switches with replicas stopped right after, and reloads."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from haproxy_server import Fixture, names, running, shop
from test_haproxy_route import BLUE, GREEN, params, route

__all__ = ["shop"]

LOAD = Path(__file__).with_name("haproxy_load.py")
SWITCHES = int(os.environ.get("MAINSTAY_SWITCHES", "30"))
RELOADS = 15


@contextmanager
def load(port: int, clients: int = 8) -> Iterator[dict[str, Any]]:
    """Load for as long as the block lasts; the counts are in the yielded dictionary afterwards."""
    process = subprocess.Popen(
        [sys.executable, str(LOAD), str(port), str(clients)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    counts: dict[str, Any] = {}
    try:
        yield counts
    finally:
        out, _ = process.communicate()
        counts.update(json.loads(out))


def restart(fixture: Fixture, slot: str) -> None:
    """What retiring does: the replicas of a slot end the moment they are out, and come back as the next release."""
    retired = [replica for name, replica in fixture.replicas.items() if f"-{slot}-" in name]
    for replica in retired:
        replica.stop()
    for replica in retired:
        replica.start()


def test_no_request_fails_over_many_switches_with_replicas_stopped_right_after(tmp_path: Path) -> None:
    with running(tmp_path, {"shop_api": names(["app1", "app2"], 2)}, checked="check inter 60ms rise 2 fall 3") as fixture:
        route(params(fixture, BLUE))
        writes = []
        with load(fixture.port) as counts:
            time.sleep(0.5)
            for number in range(SWITCHES):
                slots, old = (BLUE, "green") if number % 2 else (GREEN, "blue")
                writes.append(route(params(fixture, slots))["switched_ms"])
                restart(fixture, old)
        print(counts, "median write", sorted(writes)[len(writes) // 2], "ms, longest", max(writes))
        assert counts["failed"] == 0, counts
        assert counts["requests"] > 50 * SWITCHES


@pytest.mark.parametrize("frontend", ["option idle-close-on-response"])
def test_no_request_fails_over_reloads(tmp_path: Path, frontend: str) -> None:
    with running(tmp_path, {"shop_api": names(["app1", "app2"], 2)}, frontend=frontend) as fixture:
        route(params(fixture, BLUE))
        with load(fixture.port) as counts:
            for _ in range(RELOADS):
                time.sleep(0.3)
                fixture.reload()
        print(counts)
        assert counts["failed"] == 0, counts
