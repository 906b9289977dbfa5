"""What a flush would do, what it must not, and what has to be confirmed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._cache.model import (
    ALWAYS,
    Flush,
    KeysProtected,
    Primary,
    Standing,
    Tally,
    TooMany,
    printable,
)
from ansible_collections.mainstay.ops.plugins.module_utils._cache.pace import FEWEST, MOST, START, Stride
from ansible_collections.mainstay.ops.plugins.module_utils._cache.plan import plan
from ansible_collections.mainstay.ops.plugins.module_utils._cache.protected import refuse_protected
from ansible_collections.mainstay.ops.plugins.module_utils._cache.ready import confirmation, is_confirmed, objection
from ansible_collections.mainstay.ops.plugins.module_utils._core.errors import InvalidInput
from ansible_collections.mainstay.ops.plugins.module_utils._redis.model import Server

FLUSH = Flush(Server(), "page:*", largest=1000)


def holding(*matched: int) -> tuple[Primary, ...]:
    return tuple(Primary(Server(port=7000 + n), Tally(count, 5, 0, (f"page:{n}",))) for n, count in enumerate(matched))


def test_each_primary_that_holds_keys_is_a_step() -> None:
    made = plan(FLUSH, holding(10, 0, 20))
    assert [(step.subject, step.before, step.after) for step in made.steps] == [
        ("127.0.0.1:7000/0", "10 keys match page:*", "none"),
        ("127.0.0.1:7002/0", "20 keys match page:*", "none"),
    ]


def test_nothing_that_matches_is_nothing_to_do() -> None:
    assert not plan(FLUSH, holding(0)).changed


def test_as_many_as_allowed_go_without_a_confirmation() -> None:
    assert plan(FLUSH, holding(600, 400)).changed


def test_more_have_to_be_confirmed_with_what_the_error_tells() -> None:
    with pytest.raises(TooMany, match="1001 keys match 'page:\\*'") as caught:
        plan(FLUSH, holding(600, 401))
    details = caught.value.details
    assert (details["matched"], details["protected"], details["samples"]) == (1001, 10, ["page:0", "page:1"])
    assert plan(replace(FLUSH, confirm=str(details["confirm"])), holding(600, 401)).changed


@pytest.mark.parametrize(
    "changed",
    [
        replace(FLUSH, pattern="*"),
        replace(FLUSH, protected=()),
        replace(FLUSH, server=Server(host="cache2")),
        replace(FLUSH, server=Server(database=1)),
    ],
)
def test_a_confirmation_is_for_this_flush_only(changed: Flush) -> None:
    assert not is_confirmed(replace(changed, confirm=confirmation(FLUSH, 5000)), 5000)


@pytest.mark.parametrize(("matched", "holds"), [(1, True), (5500, True), (5501, False)])
def test_a_confirmation_allows_for_a_tenth_more_keys(matched: int, holds: bool) -> None:
    assert is_confirmed(replace(FLUSH, confirm=confirmation(FLUSH, 5000)), matched) is holds


@pytest.mark.parametrize("made_up", ["", "5500", "999999-00000000", "x", "5500-", "-", "9" * 10_000])
def test_a_confirmation_cannot_be_made_up(made_up: str) -> None:
    assert not is_confirmed(replace(FLUSH, confirm=made_up), 5000)


@pytest.mark.parametrize("pattern", ["session:*", "session:42", "shop:queue:mail", "bull:mail:*", "celery-task-meta-*"])
def test_a_pattern_of_queues_or_sessions_only_is_refused(pattern: str) -> None:
    with pytest.raises(KeysProtected, match="override_protected"):
        refuse_protected(replace(FLUSH, pattern=pattern))


@pytest.mark.parametrize("pattern", ["*", "s*", "page:*", "user-session"])
def test_a_pattern_that_also_matches_others_is_not(pattern: str) -> None:
    refuse_protected(replace(FLUSH, pattern=pattern))


def test_without_protected_patterns_nothing_is_refused() -> None:
    refuse_protected(replace(FLUSH, pattern="session:*", protected=()))
    assert "session:*" in ALWAYS


@pytest.mark.parametrize(
    ("standing", "objected"),
    [
        (Standing("master", "standalone", "7.0.15"), ""),
        (Standing("master", "cluster", "5.0.0"), ""),
        (Standing("slave", "standalone", "7.0.15", "cache1:6379"), "flush cache1:6379 instead"),
        (Standing("master", "standalone", "4.0.14"), "needs 5.0 or newer"),
        (Standing("master", "sentinel", "7.0.15"), "is a sentinel"),
    ],
)
def test_only_a_primary_that_is_new_enough_is_flushed(standing: Standing, objected: str) -> None:
    assert objected in objection(standing)
    assert bool(objection(standing)) is bool(objected)


@pytest.mark.parametrize("options", [{"largest": 0}, {"largest": 10**9}, {"timeout": 0.0}])
def test_a_flush_that_makes_no_sense_is_refused(options: dict[str, int]) -> None:
    with pytest.raises(InvalidInput):
        Flush(Server(), "*", **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("options", [{"port": 0}, {"database": -1}, {"host": ""}, {"host": "a b\n"}])
def test_a_server_that_makes_no_sense_is_refused(options: dict[str, int]) -> None:
    with pytest.raises(InvalidInput):
        Server(**options)  # type: ignore[arg-type]


def test_a_slice_that_takes_too_long_is_halved_and_a_short_one_grows_slowly() -> None:
    stride = Stride(0.001)
    assert stride.after(0.004).count == START // 2
    assert stride.after(0.002).count == START + 50
    assert Stride(0.001, FEWEST).after(1.0).count == FEWEST
    assert Stride(0.001, MOST).after(0.001).count == MOST


def test_a_far_server_is_not_taken_for_a_slow_one() -> None:
    assert Stride(0.050).after(0.051).count > START


def test_a_key_is_printed_on_one_line() -> None:
    assert printable(b"a\n\x1b[31m\xff") == "a??[31m\\xff"
    assert printable(b"x" * 200) == "x" * 100 + "..."
