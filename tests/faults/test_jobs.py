"""No job is lost, and none is done twice, while releases change under the workers."""

from __future__ import annotations

import os
import time

import fleet
import pytest

pytestmark = pytest.mark.fleet

RELEASES = 3 if os.environ.get("MAINSTAY_FULL") else 1
JOBS = 100_000 if os.environ.get("MAINSTAY_FULL") else 20_000
PUSH = """
for n = tonumber(ARGV[1]), tonumber(ARGV[2]) do
  redis.call('LPUSH', KEYS[1], '{"id": "' .. ARGV[3] .. n .. '", "order": 1}')
end
"""


def redis(*words: str) -> str:
    """The password goes through the environment, so that no process list shows it."""
    login = "export REDISCLI_AUTH=$(sed -n 's/^requirepass //p' /etc/mainstay/redis.conf); exec redis-cli \"$@\""
    return fleet.command("sh", "-c", login, "redis-cli", *words, host="cache1").strip()


def left() -> int:
    """Jobs that wait, and those that a worker has in hand."""
    taken = [key for key in redis("--scan", "--pattern", "shop:taken:*").splitlines() if key]
    return sum(int(redis("LLEN", key)) for key in ("shop:jobs", *taken))


def test_no_job_is_lost_or_done_twice_by_a_release_change(calm: fleet.Snapshot) -> None:
    name = f"count-{time.time():.0f}-"
    repeated = int(redis("GET", "shop:repeated") or 0)
    each = -(-JOBS // RELEASES)
    for n in range(RELEASES):
        redis("EVAL", PUSH, "1", "shop:jobs", str(n * each + 1), str(min(JOBS, (n + 1) * each)), name)
        ran = fleet.playbook("deploy", version=fleet.snapshot().next)
        assert ran.rc == 0, ran.output
        print(f"release {n + 1}: {left()} jobs left")
    fleet.until(lambda: left() == 0, 300)
    assert int(fleet.sql(f"SELECT count(*) FROM receipts WHERE job_id LIKE '{name}%'")) == JOBS
    assert int(redis("GET", "shop:repeated") or 0) == repeated
    workers = int(fleet.sql(f"SELECT count(DISTINCT worker) FROM receipts WHERE job_id LIKE '{name}%'"))
    assert workers > len(fleet.APPS), "workers of more than one release did them"
