# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Rows ``flush`` and ``flush-latency``: deleting 1 M of 1.2 M keys by pattern, and what other clients feel of it."""

from __future__ import annotations

import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import redis
from ansible_collections.mainstay.ops.plugins.module_utils._cache.operation import FLUSH
from redis_latency import p99_during
from row import Row, measure, options, row, seconds, table

KEYS = 1_200_000
PATTERN = "cache:*"
Work = Callable[[redis.Redis], object]


def rows(runs: int, keys: int = KEYS) -> list[Row]:
    """Every figure of both rows; each measurement has a fresh server."""
    sides = (ours, scan_and_delete, scan_and_xargs)
    times = measure(runs, *(partial(on_fresh_server, keys, side, lambda client, work: seconds(work)) for side in sides))
    felt = measure(runs, *(partial(on_fresh_server, keys, side, _p99) for side in (ours, keys_and_delete)))
    rates = measure(runs, partial(rate_on_fresh_server, keys))
    return [
        row("flush", times[0], times[1], goal="25x faster: 0.04x", unit="s", against="scan_iter + DEL one by one"),
        row("flush", times[0], times[2], goal="faster", unit="s", against="redis-cli --scan, xargs redis-cli unlink"),
        row("flush", rates[0], None, goal="550,000 or more", unit="keys/s deleting", against="-"),
        row("flush-latency", felt[0], felt[1], goal="5 ms or less", unit="ms, p99 of another client", against="KEYS + DEL"),
    ]


def ours(client: redis.Redis) -> Any:
    """What the module does, counting included."""
    params = {
        "host": "127.0.0.1", "port": port_of(client), "database": 0, "username": None, "password": None, "tls": False,
        "ca_path": None, "validate_certs": True, "timeout": "10s", "pattern": PATTERN, "protected": [],
        "override_protected": False, "reason": None, "largest": 1_000_000, "confirm": None, "fence": None,
    }  # fmt: skip
    wanted = FLUSH.parse(params)
    found = FLUSH.read(wanted)
    return FLUSH.apply(wanted, found, FLUSH.plan(wanted, found))


def scan_and_delete(client: redis.Redis) -> None:
    """As the documentation of redis-py iterates over keys."""
    for key in client.scan_iter(PATTERN):
        client.delete(key)


def scan_and_xargs(client: redis.Redis) -> None:
    port = str(port_of(client))
    scan = subprocess.Popen(["redis-cli", "-p", port, "--scan", "--pattern", PATTERN], stdout=subprocess.PIPE)
    subprocess.run(["xargs", "redis-cli", "-p", port, "unlink"], stdin=scan.stdout, stdout=subprocess.DEVNULL, check=True)
    scan.wait()


def keys_and_delete(client: redis.Redis) -> None:
    client.delete(*client.keys(PATTERN))


def on_fresh_server(keys: int, side: Work, figure: Callable[[redis.Redis, Callable[[], object]], float]) -> float:
    """A figure of one side on a server that holds the keys; the side must have deleted what matches and no more."""
    with filled_server(keys) as client:
        result = figure(client, partial(side, client))
        left = client.dbsize()
        assert left == keys - keys * 5 // 6, f"{left} keys are left"
        return result


def rate_on_fresh_server(keys: int) -> float:
    with filled_server(keys) as client:
        return float(ours(client)["keys_per_second"])


def _p99(client: redis.Redis, work: Callable[[], object]) -> float:
    return p99_during(port_of(client), work)


@contextmanager
def filled_server(keys: int) -> Iterator[redis.Redis]:
    """A client of a server of which five keys of six match the pattern."""
    port = free_port()
    with tempfile.TemporaryDirectory() as directory:
        command = ["redis-server", "--port", str(port), "--save", "", "--enable-debug-command", "local", "--dir", directory]
        server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        try:
            client = redis.Redis(port=port)
            _await(client)
            client.execute_command("DEBUG", "POPULATE", keys * 5 // 6, "cache:item", 32)
            client.execute_command("DEBUG", "POPULATE", keys - keys * 5 // 6, "session", 32)
            yield client
        finally:
            server.terminate()
            server.wait()


def _await(client: redis.Redis) -> None:
    for _ in range(100):
        try:
            client.ping()
        except redis.exceptions.ConnectionError:
            time.sleep(0.05)
        else:
            return


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def port_of(client: redis.Redis) -> int:
    return int(client.connection_pool.connection_kwargs["port"])


if __name__ == "__main__":
    given = options(keys=KEYS)
    print(table(rows(given.runs, given.keys)))
