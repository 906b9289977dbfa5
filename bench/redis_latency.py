# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Another client of a Redis server: asks every 2 ms and tells how long it waited, until its input is closed."""

from __future__ import annotations

import select
import subprocess
import sys
import time
from collections.abc import Callable

import redis
from row import percentile

PAUSE = 0.002


def p99_during(port: int, work: Callable[[], object]) -> float:
    """Milliseconds within which 99 % of another client's requests were answered while the work was done."""
    client = subprocess.Popen([sys.executable, __file__, str(port)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert client.stdout is not None
    client.stdout.readline()
    work()
    told, _ = client.communicate()
    return percentile([float(line) for line in told.split()], 0.99)


def main() -> None:
    client = redis.Redis(port=int(sys.argv[1]))
    client.ping()
    print("ready", flush=True)
    print("\n".join(f"{one * 1000:.3f}" for one in waits(client)))


def waits(client: redis.Redis) -> list[float]:
    """Seconds from when a request was due to its answer.

    A request that was held up behind another one has waited too; a client that only counts from when it got round to asking
    sees a stall of a second as one slow request (Tene's "coordinated omission").
    """
    waited = []
    due = time.perf_counter()
    while not select.select([sys.stdin], [], [], max(0.0, due - time.perf_counter()))[0]:
        client.get("session:1")
        waited.append(time.perf_counter() - due)
        due += PAUSE
    return waited


if __name__ == "__main__":
    main()
