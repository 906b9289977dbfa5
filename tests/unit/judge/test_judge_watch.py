"""The watch: it ends as soon as the canary is known to be worse, and proves nothing by what it did not see."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from ansible_collections.mainstay.ops.plugins.module_utils._core.errors import Unavailable
from ansible_collections.mainstay.ops.plugins.module_utils._core.verdict import Verdict
from ansible_collections.mainstay.ops.plugins.module_utils._judge.model import Demand, Seen
from ansible_collections.mainstay.ops.plugins.module_utils._judge.report import MOST_POINTS, report
from ansible_collections.mainstay.ops.plugins.module_utils._judge.watch import (
    Metric,
    Patience,
    Sides,
    Sight,
    judged,
    verdict,
    watch,
)

SERIES = (("replica", "1"),)
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
    told: list[float] = field(default_factory=list)

    def look(self) -> Sides:
        if self.fails(self.clock.at):
            raise Unavailable("nobody answered")
        counted = sum(self.counts(second) for second in range(round(self.clock.at)))
        self.told.append(self.clock.at)
        canary = Seen({SERIES: 10.0 * counted}, ({SERIES: 10 * self.bad * counted},))
        return canary, Seen({SERIES: 10.0 * counted}, ({SERIES: 0.0},))


def seen(*sources: Counting, patience: Patience = PATIENCE, critical: tuple[bool, ...] = (True,)) -> tuple[Sight, ...]:
    metrics = [
        Metric(f"m{n}", source.look, critical=is_critical)
        for n, (source, is_critical) in enumerate(zip(sources, critical, strict=True))
    ]
    return watch(metrics, Demand(), patience, sources[0].clock)


def test_a_good_canary_is_watched_to_the_end() -> None:
    sights = seen(Counting(Clock()))
    assert (verdict(sights[-1], 10), sights[-1].at) == (Verdict.PASS, 100)


def test_a_bad_canary_ends_the_watch() -> None:
    sights = seen(Counting(Clock(), bad=0.2))
    assert verdict(sights[-1], 10) is Verdict.FAIL
    assert sights[-1].at < 20


def test_what_was_counted_before_the_watch_began_is_not_the_canarys() -> None:
    clock = Clock(at=1000)
    sights = seen(Counting(clock), patience=Patience(duration=5))
    assert judged(sights[-1], 30)[0].canary.requests == 50


def test_an_inconclusive_verdict_is_waited_for_until_it_comes() -> None:
    sights = seen(Counting(Clock()), patience=Patience(duration=5, longer=1000))
    assert verdict(sights[-1], 30) is Verdict.PASS
    assert 5 < sights[-1].at < 100


def test_an_inconclusive_verdict_is_waited_for_no_longer_than_was_said() -> None:
    sights = seen(Counting(Clock(), counts=lambda at: False), patience=Patience(duration=5, longer=20))
    assert (verdict(sights[-1], 30), sights[-1].at) == (Verdict.INCONCLUSIVE, 25)


def test_answers_that_ended_long_ago_prove_nothing() -> None:
    sights = seen(Counting(Clock(), counts=lambda at: at < 80))
    assert verdict(sights[-1], 10) is Verdict.INCONCLUSIVE
    assert "for 20 s: no new answers" in judged(sights[-1], 10)[0].told


def test_a_pause_that_is_not_stale_yet_takes_nothing_away() -> None:
    assert verdict(seen(Counting(Clock(), counts=lambda at: at < 95))[-1], 10) is Verdict.PASS


def test_a_source_that_fails_is_told_when_it_fails_for_too_long() -> None:
    assert verdict(seen(Counting(Clock(), fails=lambda at: 40 < at < 45))[-1], 10) is Verdict.PASS
    ended = seen(Counting(Clock(), fails=lambda at: at > 50))[-1]
    assert verdict(ended, 10) is Verdict.INCONCLUSIVE
    assert "nobody answered" in judged(ended, 10)[0].told


def test_one_side_without_traffic_proves_nothing() -> None:
    class OneSide(Counting):
        def look(self) -> Sides:
            return Seen({SERIES: 7.0}, ({SERIES: 0.0},)), super().look()[1]

    assert verdict(seen(OneSide(Clock()))[-1], 10) is Verdict.INCONCLUSIVE


def test_a_metric_that_is_not_critical_ends_nothing() -> None:
    clock = Clock()
    sights = seen(Counting(clock), Counting(clock, bad=0.5), critical=(True, False))
    assert (verdict(sights[-1], 10), sights[-1].at) == (Verdict.PASS, 100)
    assert judged(sights[-1], 10)[1].verdict is Verdict.FAIL


def test_critical_metrics_share_the_false_alarms_and_so_need_more_answers() -> None:
    clock = Clock()
    alone, both = (
        judged(seen(*[Counting(clock)] * 2, patience=Patience(5), critical=(True, other))[-1], 30)[0].needed
        for other in (False, True)
    )
    assert both > alone


def test_one_critical_metric_that_is_not_known_leaves_the_verdict_open() -> None:
    clock = Clock()
    sights = seen(Counting(clock), Counting(clock, fails=lambda at: True), critical=(True, True))
    assert verdict(sights[-1], 10) is Verdict.INCONCLUSIVE


def test_buckets_that_change_are_no_data() -> None:
    class Rebuilt(Counting):
        def look(self) -> Sides:
            canary, live = super().look()
            bounds = (0.1,) if self.clock.at < 50 else (0.2,)
            return Seen(canary.requests, canary.bad, bounds), Seen(live.requests, live.bad, bounds)

    ended = seen(Rebuilt(Clock()))[-1]
    assert verdict(ended, 10) is Verdict.INCONCLUSIVE
    assert "buckets of m0 are not the same" in judged(ended, 10)[0].told


def test_a_long_watch_makes_a_timeline_that_can_still_be_drawn() -> None:
    told = report(seen(Counting(Clock()), patience=Patience(duration=900)), 30)
    assert len(told["timeline"]) <= MOST_POINTS
    assert told["looks"] == 901
