"""Redis servers of the test's own: one, one with a replica, three as a cluster."""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import redis
from health_servers import running
from ports import free_port


@contextmanager
def server(*options: str) -> Iterator[redis.Redis]:
    """A client of a fresh server."""
    port = free_port()
    with tempfile.TemporaryDirectory() as directory:
        command = ["redis-server", "--port", str(port), "--save", "", "--dir", directory, "--enable-debug-command", "local"]
        with running([*command, *options], port), redis.Redis(port=port) as client:
            yield client


@contextmanager
def pair() -> Iterator[tuple[redis.Redis, redis.Redis]]:
    """A primary and its replica, in step."""
    with server() as primary, server("--replicaof", "127.0.0.1", str(port_of(primary))) as replica:
        _await(lambda: replica.info("replication")["master_link_status"] == "up")
        yield primary, replica


@contextmanager
def cluster() -> Iterator[list[redis.Redis]]:
    """Three primaries that share all slots. By default they would talk at ports that outgoing connections get, too."""
    with ExitStack() as stack:
        nodes = [stack.enter_context(server("--cluster-enabled", "yes", "--cluster-port", str(free_port()))) for _ in range(3)]
        addresses = [f"127.0.0.1:{port_of(node)}" for node in nodes]
        subprocess.run(["redis-cli", "--cluster", "create", *addresses, "--cluster-yes"], check=True, capture_output=True)
        _await(lambda: all(node.execute_command("CLUSTER INFO")["cluster_state"] == "ok" for node in nodes))
        yield nodes


def port_of(client: redis.Redis) -> int:
    return int(client.connection_pool.connection_kwargs["port"])


def _await(is_done: Callable[[], bool]) -> None:
    for _ in range(1200):
        if is_done():
            return
        time.sleep(0.05)
    raise AssertionError("it did not come to pass")
