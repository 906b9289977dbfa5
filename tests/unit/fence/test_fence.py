"""The fence on a host: a newer run goes first, an older one is refused, one that hangs holds up nobody for ever."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._core.errors import Corrupt, FencedOff, TimedOut
from ansible_collections.mainstay.ops.plugins.module_utils._fence.fence import Fence, check, held, highest


class JumpingClock:
    """Time goes by only when somebody sleeps."""

    def __init__(self) -> None:
        self.time = 0.0

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds


def test_a_run_whose_token_is_old_is_refused(tmp_path: Path) -> None:
    with held(Fence("staging", 7, tmp_path)):
        pass
    with (
        pytest.raises(FencedOff, match="holds token 6 of staging, but a newer run wrote here with token 7"),
        held(Fence("staging", 6, tmp_path)),
    ):
        pass


def test_a_module_at_work_learns_at_its_next_step_that_a_newer_run_came(tmp_path: Path) -> None:
    older = Fence("staging", 7, tmp_path)
    with held(older):
        with pytest.raises(TimedOut), held(Fence("staging", 8, tmp_path), JumpingClock()):
            pass
        with pytest.raises(FencedOff):
            check(older)


def test_a_module_that_hangs_does_not_hang_the_next_run(tmp_path: Path) -> None:
    hanging, next_one = Fence("staging", 7, tmp_path), Fence("staging", 7, tmp_path)
    told = "has been at work on this host for more than 90 s; nothing was changed here"
    with held(hanging), pytest.raises(TimedOut, match=told), held(next_one, JumpingClock()):
        pass


def test_the_host_is_free_again_when_a_module_is_done(tmp_path: Path) -> None:
    for token in (7, 7, 8):
        with held(Fence("staging", token, tmp_path)):
            pass


@pytest.mark.parametrize("torn", ["", "seven", "-7", "７", "\0\0"])
def test_a_token_that_cannot_be_read_keeps_everybody_out(tmp_path: Path, torn: str) -> None:
    path = Fence("staging", None, tmp_path).path
    path.parent.mkdir()
    path.write_text(torn)
    with pytest.raises(Corrupt, match="should hold the highest fencing token"), held(Fence("staging", 7, tmp_path)):
        pass
    assert path.read_text() == torn


def test_modules_of_one_run_that_come_to_a_host_at_the_same_time_do_not_disturb_each_other(tmp_path: Path) -> None:
    """Such as on a host that is an application host and a router."""

    def work(token: int) -> None:
        with held(Fence("staging", token, tmp_path)):
            pass

    for token in range(1, 4):
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(work, [token] * 4))
    assert highest(Fence("staging", None, tmp_path)) == 3
