"""What is watched at the same time: whatever is bad first ends all of it, and nothing that hangs is waited for."""

from __future__ import annotations

import time

from ansible_collections.mainstay.ops.plugins.module_utils._release.health import Ends, Watch, watched
from ansible_collections.mainstay.ops.plugins.module_utils._release.verdict import Verdict


def after(seconds: float, verdict: str) -> Watch:
    def run(_ends: Ends) -> Verdict:
        time.sleep(seconds)
        return Verdict(verdict, f"after {seconds} s")

    return Watch(run, seconds)


def following(ended: list[float]) -> Watch:
    """Goes on for as long as the others do."""

    def run(ends: Ends) -> Verdict:
        while not ends.all() and not ends.are_done():
            time.sleep(0.01)
        ended.append(time.monotonic())
        return Verdict("pass")

    return Watch(run, 60.0, follows=True)


def test_a_canary_that_is_bad_does_not_wait_for_an_answer_that_does_not_come() -> None:
    began = time.monotonic()
    told = watched([], 60.0, [after(0.1, "fail"), after(20.0, "pass")], lambda: False)
    assert (told.verdict, told.why) == ("fail", "after 0.1 s")
    assert time.monotonic() - began < 10


def test_what_needs_its_time_gets_it() -> None:
    assert watched([], 0.1, [after(4.0, "pass")], lambda: False).verdict == "pass"


def test_what_follows_goes_on_while_others_need_longer_and_ends_with_them() -> None:
    ended: list[float] = []
    began = time.monotonic()
    assert watched([], 0.1, [after(0.6, "pass"), following(ended)], lambda: False).verdict == "pass"
    assert 0.6 <= ended[0] - began < 5


def test_what_follows_alone_goes_on_for_as_long_as_was_asked_for() -> None:
    ended: list[float] = []
    began = time.monotonic()
    assert watched([], 0.4, [following(ended)], lambda: False).verdict == "pass"
    assert 0.4 <= ended[0] - began < 5


def test_who_ends_the_run_ends_all() -> None:
    began = time.monotonic()
    assert watched([], 60.0, [after(20.0, "pass"), following([])], lambda: time.monotonic() - began > 0.2).verdict != "pass"
    assert time.monotonic() - began < 10
