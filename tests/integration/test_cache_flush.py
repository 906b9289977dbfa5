"""cache_flush against real Redis servers: exactly the keys that match, and no other."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
import redis
from ansible_collections.mainstay.ops.plugins.module_utils._cache.glob import glob
from ansible_collections.mainstay.ops.plugins.module_utils._cache.model import KeysProtected, NotAPrimary, Primary, TooMany
from ansible_collections.mainstay.ops.plugins.module_utils._cache.operation import FLUSH, Request
from ansible_collections.mainstay.ops.plugins.module_utils._cache.redis import flushed
from ansible_collections.mainstay.ops.plugins.module_utils._cache.script import COUNT, SLICE, guards
from ansible_collections.mainstay.ops.plugins.module_utils._cache.script import FLUSH as FLUSH_MODE
from ansible_collections.mainstay.ops.plugins.module_utils._core.errors import Failed, FencedOff, InvalidInput, Unavailable
from ansible_collections.mainstay.ops.plugins.module_utils._core.plan import Plan
from ansible_collections.mainstay.ops.plugins.module_utils._fence.fence import Fence
from hypothesis import example, given, settings
from hypothesis import strategies as st
from redis_server import cluster, pair, port_of, server

SHOWING = {"ANSIBLE_NOCOLOR": "1", "ANSIBLE_INJECT_INVOCATION": "1", "ANSIBLE_CALLBACK_RESULT_FORMAT": "json"}
"""Ansible shows the module's arguments, too."""
DEFAULTS = {
    "host": "127.0.0.1", "database": 0, "username": None, "password": None, "tls": False, "ca_path": None, "validate_certs": True,
    "timeout": "10s", "protected": [], "override_protected": False, "reason": None, "largest": 1_000_000, "confirm": None,
    "fence": None,
}  # fmt: skip


@pytest.fixture(scope="module")
def shared() -> Iterator[redis.Redis]:
    with server() as client:
        yield client


@pytest.fixture
def cache(shared: redis.Redis) -> redis.Redis:
    shared.flushall()
    return shared


def planned(client: redis.Redis, pattern: str, **more: Any) -> tuple[Request, tuple[Primary, ...], Plan]:
    wanted = FLUSH.parse({**DEFAULTS, "port": port_of(client), "pattern": pattern, **more})
    found = FLUSH.read(wanted)
    return wanted, found, FLUSH.plan(wanted, found)


def flush(client: redis.Redis, pattern: str, **more: Any) -> Any:
    return FLUSH.apply(*planned(client, pattern, **more))


def fill(client: redis.Redis, **counts: int) -> None:
    for name, count in counts.items():
        client.mset({f"{name}:{number}": "x" for number in range(count)})


def test_every_key_that_matches_goes_and_no_other(cache: redis.Redis) -> None:
    fill(cache, page=5000, pages=300)
    cache.rpush("page:list", 1)
    cache.hset("page:hash", "a", 1)
    cache.select(0)
    report = flush(cache, "page:*")
    assert (report["matched"], report["deleted"], report["protected"]) == (5002, 5002, 0)
    assert sorted(cache.keys()) == sorted(f"pages:{number}".encode() for number in range(300))
    assert report["keys_per_second"] > 0


def test_flushing_everything_leaves_queues_and_sessions(cache: redis.Redis) -> None:
    fill(cache, page=3000, session=400, queue=50, bull=50, celery=5)
    kept = ["shop:queue:mail", "celery", "_kombu.binding.x", "app:session:1", "sess:1", "rq:job:1", "flag:new"]
    cache.mset(dict.fromkeys(kept, "x"))
    report = flush(cache, "*", protected=["flag:*"])
    assert (report["deleted"], report["protected"]) == (3000, 512)
    assert cache.dbsize() == 512
    assert cache.exists(*kept) == len(kept)


def test_a_slice_may_hold_more_keys_than_lua_can_unpack(cache: redis.Redis) -> None:
    fill(cache, page=20_000)
    answer = cache.eval(SLICE, 0, 0, "*", 30_000, FLUSH_MODE, 0)
    assert (answer[1], answer[3], cache.dbsize()) == (20_000, 20_000, 0)


def test_a_second_run_has_nothing_to_do(cache: redis.Redis) -> None:
    fill(cache, page=10, session=3)
    flush(cache, "*")
    assert not planned(cache, "*")[2].changed


def test_an_override_with_a_reason_lets_sessions_go(cache: redis.Redis) -> None:
    fill(cache, session=10)
    with pytest.raises(KeysProtected):
        planned(cache, "session:*")
    report = flush(cache, "session:*", override_protected=True, reason="tokens leaked")
    assert (report["deleted"], report["reason"]) == (10, "tokens leaked")


@pytest.mark.parametrize("reason", ["", "  ", "x", "a\nb", "x" * 501])
def test_an_override_needs_a_reason_that_can_be_read(cache: redis.Redis, reason: str) -> None:
    with pytest.raises(InvalidInput):
        planned(cache, "session:*", override_protected=True, reason=reason)


def test_too_many_keys_need_a_confirmation(cache: redis.Redis) -> None:
    fill(cache, page=2000)
    with pytest.raises(TooMany) as caught:
        planned(cache, "page:*", largest=1000)
    assert cache.dbsize() == 2000
    assert flush(cache, "page:*", largest=1000, confirm=caught.value.details["confirm"])["deleted"] == 2000


def test_another_database_is_not_touched(cache: redis.Redis) -> None:
    fill(cache, page=10)
    with redis.Redis(port=port_of(cache), db=3) as third:
        fill(third, page=10)
        assert flush(cache, "page:*", database=3)["deleted"] == 10
    assert cache.dbsize() == 10


GLOB = st.text("ab:[]^-*?\\%.", min_size=1, max_size=8) | st.text("ab*", min_size=1, max_size=6)
KEY = st.text("ab:[]^-*?\\%.\n\0", min_size=1, max_size=8) | st.text("ab", min_size=1, max_size=4)
KEYS = st.lists(KEY, min_size=1, max_size=30, unique=True)


@given(GLOB, KEYS)
@example("ab*ba", ["aba", "abba", "abaaba"])
@example("a*b*b", ["ab", "abb", "aabab"])
@settings(deadline=None, max_examples=400)
def test_protected_patterns_match_exactly_as_redis_would(shared: redis.Redis, pattern: str, keys: list[str]) -> None:
    shared.flushall()
    shared.mset(dict.fromkeys(keys, "x"))
    answer = shared.eval(SLICE, 0, 0, "*", 1000, COUNT, 5, *guards([glob(pattern)]))
    assert answer[2] == len(shared.keys(pattern))
    assert answer[1] == len(keys) - answer[2]


@given(st.lists(GLOB, max_size=3), GLOB, KEYS)
@settings(deadline=None, max_examples=200)
def test_what_is_flushed_is_what_matches_less_what_is_protected(
    shared: redis.Redis, protected: list[str], pattern: str, keys: list[str]
) -> None:
    shared.flushall()
    shared.mset(dict.fromkeys(keys, "x"))
    going = set(shared.keys(pattern)).difference(*(shared.keys(other) for other in protected))
    try:
        flush(shared, pattern, protected=[*protected])
    except KeysProtected:
        assert not going
    else:
        assert set(shared.keys()) == {key.encode() for key in keys} - going


def test_keys_that_stay_are_found_though_others_come_and_go(cache: redis.Redis) -> None:
    fill(cache, page=30_000, other=30_000)
    stop = Event()
    churn = Thread(target=_churn, args=(port_of(cache), stop))
    churn.start()
    try:
        flush(cache, "page:*")
    finally:
        stop.set()
        churn.join()
    assert not cache.keys("page:*")
    assert len(cache.keys("other:*")) == 30_000


def _churn(port: int, stop: Event) -> None:
    with redis.Redis(port=port) as client:
        while not stop.is_set():
            client.mset({f"come:{number}": "x" for number in range(5000)})
            client.delete(*(f"come:{number}" for number in range(5000)))


def test_a_replica_is_refused_and_its_primary_named() -> None:
    with pair() as (primary, replica):
        fill(primary, page=10)
        with pytest.raises(NotAPrimary, match=f"is a replica.* flush 127.0.0.1:{port_of(primary)} instead"):
            planned(replica, "page:*")


def test_replicas_lose_the_same_keys() -> None:
    with pair() as (primary, replica):
        fill(primary, page=3000, session=10)
        flush(primary, "*")
        primary.wait(1, 5000)
        assert replica.dbsize() == 10


def test_a_primary_that_becomes_a_replica_meanwhile_is_no_success() -> None:
    with pair() as (primary, replica):
        fill(primary, page=10)
        work = planned(primary, "page:*")
        primary.replicaof("127.0.0.1", port_of(replica))
        with pytest.raises(NotAPrimary, match="has become a replica"):
            FLUSH.apply(*work)


def test_all_primaries_of_a_cluster_are_flushed() -> None:
    with cluster() as nodes, redis.RedisCluster(host="127.0.0.1", port=port_of(nodes[0])) as client:
        for number in range(1500):
            client.set(f"page:{number}", "x")
            client.set(f"session:{number}", "x")
        wanted, found, steps = planned(nodes[1], "*")
        assert len(steps.steps) == 3
        assert FLUSH.apply(wanted, found, steps)["deleted"] == 1500
        assert sum(node.dbsize() for node in nodes) == 1500
        assert not planned(nodes[2], "*")[2].changed


def test_a_cluster_that_lost_a_primary_is_refused() -> None:
    with cluster() as nodes:
        nodes[0].execute_command("CLUSTER DELSLOTS", 0)
        with pytest.raises(Unavailable, match="not whole: 16383 of 16384"):
            planned(nodes[0], "*")


def test_a_server_that_is_out_of_memory_can_be_flushed() -> None:
    with server("--maxmemory-policy", "noeviction") as full:
        fill(full, page=2000)
        full.config_set("maxmemory", "1mb")
        with pytest.raises(redis.exceptions.ResponseError, match="maxmemory"):
            full.set("more", "x")
        assert flush(full, "page:*")["deleted"] == 2000


def test_who_may_not_run_scripts_is_told_so_and_nothing_is_lost() -> None:
    with server() as client:
        fill(client, page=10)
        client.execute_command("ACL", "SETUSER", "reader", "on", ">word", "~*", "+@all", "-eval", "-evalsha", "-script")
        with pytest.raises(Failed, match="EVALSHA and SCRIPT LOAD"):
            planned(client, "page:*", username="reader", password="word")
        with pytest.raises(Failed, match="check username and password"):
            planned(client, "page:*", username="reader", password="wrong")
        assert client.dbsize() == 10


def test_nobody_at_home_is_told() -> None:
    with server() as client:
        port = port_of(client)
    with pytest.raises(Unavailable, match="did not answer"):
        FLUSH.read(FLUSH.parse({**DEFAULTS, "port": port, "pattern": "*"}))


def test_a_run_that_lost_its_lock_deletes_no_more(cache: redis.Redis, tmp_path: Path) -> None:
    fill(cache, page=5000)
    wanted, found, steps = planned(cache, "page:*")
    (tmp_path / "production").mkdir()
    (tmp_path / "production" / "fence").write_text("9")
    with pytest.raises(FencedOff):
        FLUSH.apply(Request(wanted.flush, Fence("production", 8, tmp_path)), found, steps)
    assert cache.dbsize() == 5000


def test_a_run_that_loses_its_lock_half_way_stops_there(cache: redis.Redis, tmp_path: Path) -> None:
    (tmp_path / "production").mkdir()
    cache.execute_command("DEBUG", "POPULATE", 400_000, "page")
    wanted, found, steps = planned(cache, "page:*")
    newer = Thread(target=_take_over, args=(port_of(cache), tmp_path / "production"))
    newer.start()
    with pytest.raises(FencedOff):
        FLUSH.apply(Request(wanted.flush, Fence("production", 8, tmp_path)), found, steps)
    newer.join()
    assert 0 < cache.dbsize() < 400_000


def _take_over(port: int, environment: Path) -> None:
    """What a newer run does on this host, as soon as the older one is at work."""
    with redis.Redis(port=port) as client:
        while client.dbsize() == 400_000:
            pass
    fresh = environment / "fence.new"
    fresh.write_text("9")
    fresh.replace(environment / "fence")


def test_a_run_stops_at_the_slice_before_which_it_is_told_to(cache: redis.Redis) -> None:
    fill(cache, page=5000)
    wanted, found, _ = planned(cache, "page:*")
    seen = iter([None, None])
    with pytest.raises(StopIteration):
        flushed(wanted.flush, found[0], lambda: next(seen))
    assert 0 < cache.dbsize() < 5000


@pytest.mark.parametrize("pattern", ["", " ", "a\n", "\0", "x" * 10_000])
def test_a_pattern_that_nobody_means_is_refused(cache: redis.Redis, pattern: str) -> None:
    with pytest.raises(InvalidInput):
        planned(cache, pattern)


def module(client: redis.Redis, *flags: str, **arguments: Any) -> tuple[int, str]:
    given = json.dumps({"port": port_of(client), **arguments})
    command = ["ansible", "localhost", "-m", "mainstay.ops.cache_flush", "-a", given, *flags]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, env={**os.environ, **SHOWING})
    return done.returncode, done.stdout + done.stderr


def test_check_mode_then_real_then_both_again(cache: redis.Redis) -> None:
    fill(cache, page=100)
    code, output = module(cache, "--check", "--diff", pattern="page:*")
    assert (code, cache.dbsize()) == (0, 100), output
    assert "100 keys match page:*" in output
    assert '"changed": true' in output
    assert '"deleted": 0' in output
    code, output = module(cache, pattern="page:*")
    assert (code, cache.dbsize()) == (0, 0), output
    assert '"deleted": 100' in output
    for flags in ((), ("--check",)):
        code, output = module(cache, *flags, pattern="page:*")
        assert code == 0
        assert '"changed": false' in output


def test_the_module_never_shows_the_password() -> None:
    with server("--requirepass", "hunter22") as client:
        for word, exit_code in (("hunter22", 0), ("hunter23", 2)):
            code, output = module(client, "-vvvv", "--diff", "-e", f"word={word}", pattern="page:*", password="{{ word }}")
            assert code == exit_code
            assert '"invocation"' in output
            assert "hunter2" not in output
