"""The watch: it ends as soon as the canary is known to be worse, and proves nothing by what it did not see."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ansible_collections.mainstay.ops.plugins.module_utils._core.errors import Unavailable
from ansible_collections.mainstay.ops.plugins.module_utils._core.verdict import Verdict
from ansible_collections.mainstay.ops.plugins.module_utils._judge.model import Demand, Seen
from ansible_collections.mainstay.ops.plugins.module_utils._judge.report import MOST_POINTS, Timeline, report
from ansible_collections.mainstay.ops.plugins.module_utils._judge.watch import (
    Look,
    Metric,
    Patience,
    Sight,
    judged,
    verdict,
    watch,
)

PATIENCE = Patience(duration=100, interval=1, stale=10)


@dataclass
class Clock:
    """Jumps where a real one would sleep."""

    at: float = 0.0

    def now(self) -> float:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.at += seconds


@dataclass
class Counting:
    """Ten answers of each side in a second; ``bad`` of the canary's are, while ``counts`` says so."""

    clock: Clock
    bad: float = 0.0
    counts: Callable[[float], bool] = lambda at: True
    fails: Callable[[float], bool] = lambda at: False

    def look(self) -> Look:
        if self.fails(self.clock.at):
            raise Unavailable("nobody answered")
        counted = 10.0 * sum(self.counts(second) for second in range(round(self.clock.at)))
        return {"proxy1": (Seen({"app1": counted}, {"app1": self.bad * counted}), Seen({"app1": counted}, {"app1": 0.0}))}


def seen(
    *sources: Counting, patience: Patience = PATIENCE, critical: tuple[bool, ...] = (True,), tried: Sequence[int] = ()
) -> Sight:
    metrics = [
        Metric(f"m{n}", source.look, critical=is_critical, dry_run=n in tried)
        for n, (source, is_critical) in enumerate(zip(sources, critical, strict=True))
    ]
    return watch(metrics, Demand(), patience, clock=sources[0].clock)


def test_a_good_canary_is_watched_to_the_end() -> None:
    sight = seen(Counting(Clock()))
    assert (verdict(sight, 10), sight.at) == (Verdict.PASS, 100)


def test_a_bad_canary_ends_the_watch() -> None:
    sight = seen(Counting(Clock(), bad=0.2))
    assert verdict(sight, 10) is Verdict.FAIL
    assert sight.at < 20


def test_what_was_counted_before_the_watch_began_is_not_the_canarys() -> None:
    clock = Clock(at=1000)
    sight = seen(Counting(clock), patience=Patience(duration=5))
    assert judged(sight, 30)[0].canary.requests == 50


def test_an_inconclusive_verdict_is_waited_for_until_it_comes() -> None:
    sight = seen(Counting(Clock()), patience=Patience(duration=5, longer=1000))
    assert verdict(sight, 30) is Verdict.PASS
    assert 5 < sight.at < 100


def test_an_inconclusive_verdict_is_waited_for_no_longer_than_was_said() -> None:
    sight = seen(Counting(Clock(), counts=lambda at: False), patience=Patience(duration=5, longer=20))
    assert (verdict(sight, 30), sight.at) == (Verdict.INCONCLUSIVE, 25)


def test_answers_that_ended_long_ago_prove_nothing() -> None:
    sight = seen(Counting(Clock(), counts=lambda at: at < 80))
    assert verdict(sight, 10) is Verdict.INCONCLUSIVE
    assert "for 20 s: no new answers" in judged(sight, 10)[0].told


def test_a_pause_that_is_not_stale_yet_takes_nothing_away() -> None:
    assert verdict(seen(Counting(Clock(), counts=lambda at: at < 95)), 10) is Verdict.PASS


def test_a_source_that_fails_is_told_when_it_fails_for_too_long() -> None:
    assert verdict(seen(Counting(Clock(), fails=lambda at: 40 < at < 45)), 10) is Verdict.PASS
    ended = seen(Counting(Clock(), fails=lambda at: at > 50))
    assert verdict(ended, 10) is Verdict.INCONCLUSIVE
    assert "nobody answered" in judged(ended, 10)[0].told


def test_one_side_without_traffic_proves_nothing_and_is_named() -> None:
    class OneSide(Counting):
        def look(self) -> Look:
            _canary, live = super().look()["proxy1"]
            return {"proxy1": (Seen({"app1": 7.0}, {"app1": 0.0}), live)}

    sight = seen(OneSide(Clock()))
    assert verdict(sight, 10) is Verdict.INCONCLUSIVE
    assert "since the watch began: no new answers of the canary" in judged(sight, 10)[0].told


def test_sides_that_answer_in_turn_are_compared_all_the_same() -> None:
    """A quiet site: the canary answers in one second, the live side in the next."""

    class InTurn(Counting):
        def look(self) -> Look:
            turns = round(self.clock.at)
            canary, live = 3.0 * ((turns + 1) // 2), 3.0 * (turns // 2)
            return {"proxy1": (Seen({"app1": canary}, {"app1": canary}), Seen({"app1": live}, {"app1": 0.0}))}

    assert verdict(seen(InTurn(Clock())), 10) is Verdict.FAIL


def test_a_place_that_appears_later_tells_from_where_to_count() -> None:
    class Later(Counting):
        def look(self) -> Look:
            both = super().look()["proxy1"]
            old = Seen({"app1": 10_000.0}, {"app1": 9_000.0})
            return {"proxy1": both} if self.clock.at < 50 else {"proxy1": both, "proxy2": (old, both[1])}

    result = judged(seen(Later(Clock())), 10)[0]
    assert (result.verdict, result.canary.bad) == (Verdict.PASS, 0)


def test_a_metric_that_is_not_critical_ends_nothing() -> None:
    clock = Clock()
    sight = seen(Counting(clock), Counting(clock, bad=0.5), critical=(True, False))
    assert (verdict(sight, 10), sight.at) == (Verdict.PASS, 100)
    assert judged(sight, 10)[1].verdict is Verdict.FAIL


def test_a_metric_on_a_dry_run_ends_nothing_and_takes_nothing_from_the_others() -> None:
    clock = Clock()
    alone = seen(Counting(clock))
    clock = Clock()
    sight = seen(Counting(clock), Counting(clock, bad=0.5), critical=(True, True), tried=[1])
    assert (verdict(sight, 10), sight.at) == (Verdict.PASS, 100)
    assert judged(sight, 10)[1].verdict is Verdict.FAIL
    assert judged(sight, 10)[0].needed == judged(alone, 10)[0].needed


def test_a_dry_run_is_told_as_what_it_would_be_and_never_in_the_sentence() -> None:
    clock, timeline = Clock(), Timeline()
    metrics = [Metric("errors", Counting(clock).look), Metric("tried", Counting(clock, bad=0.5).look, dry_run=True)]
    told = report(watch(metrics, Demand(), PATIENCE, timeline.keep, clock), timeline, 10)
    assert [one["dry_run"] for one in told["metrics"]] == [False, True]
    assert told["metrics"][1]["told"].startswith("dry run, the verdict would be fail: ")
    assert "tried" not in told["told"]


def test_what_a_dry_run_says_needs_as_many_answers_as_if_it_counted() -> None:
    clock = Clock()
    tried, counted = (
        judged(seen(*[Counting(clock)] * 2, patience=Patience(5), critical=(True, True), tried=which), 30)[1].needed
        for which in ([1], [])
    )
    assert tried == counted


def test_critical_metrics_share_the_false_alarms_and_so_need_more_answers() -> None:
    clock = Clock()
    alone, both = (
        judged(seen(*[Counting(clock)] * 2, patience=Patience(5), critical=(True, other)), 30)[0].needed
        for other in (False, True)
    )
    assert both
    assert alone
    assert both > alone


def test_one_critical_metric_that_is_not_known_leaves_the_verdict_open() -> None:
    clock = Clock()
    sight = seen(Counting(clock), Counting(clock, fails=lambda at: True), critical=(True, True))
    assert verdict(sight, 10) is Verdict.INCONCLUSIVE


def test_a_long_watch_makes_a_timeline_that_can_still_be_drawn() -> None:
    clock, timeline = Clock(), Timeline()
    metric = Metric("errors", Counting(clock).look)
    told = report(watch([metric], Demand(), Patience(duration=1200), timeline.keep, clock), timeline, 30)
    assert told["looks"] == 1201
    assert MOST_POINTS / 2 <= len(told["timeline"]) <= MOST_POINTS
    times = [point["at"] for point in told["timeline"]]
    assert times == [times[1] * n for n in range(len(times))], "evenly spread"
