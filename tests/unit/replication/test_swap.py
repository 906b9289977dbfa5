"""A copy takes the place of the data: killed at any moment, what was there is still there, and the next run keeps it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._backup.exchange import rename
from ansible_collections.mainstay.ops.plugins.module_utils._replication import copying, instance
from ansible_collections.mainstay.ops.plugins.module_utils._replication.model import Instance

STAMP = "20261122T030700Z"


class Killed(BaseException):
    """What a signal does that nobody handles."""


def swapped(root: Path) -> Path:
    data, beside = root / "main", root / f"main.standby-{STAMP}"
    for place, name in ((data, "old"), (beside, "new")):
        place.mkdir()
        (place / name).touch()
    with suppress(Killed):
        copying.swap(Instance(str(data)), beside, root / f"main.before-{STAMP}")
    return data


def kept(data: Path) -> set[str]:
    """What lies around the data and is not cleared away by the next run."""
    cleared = instance.left(data)
    return {file.name for place in data.parent.iterdir() if str(place) not in cleared for file in place.iterdir()}


def after(count: int, action: Callable[..., object]) -> Callable[..., object]:
    """It is done so often, and then the run is killed."""
    done: list[int] = []

    def acted(*arguments: object) -> object:
        if len(done) == count:
            raise Killed
        done.append(1)
        return action(*arguments)

    return acted


@pytest.mark.parametrize("count", [0, 1, 2, 3])
@pytest.mark.parametrize("can", [True, False])
def test_the_old_data_is_never_what_the_next_run_clears_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int, can: bool
) -> None:
    monkeypatch.setattr(copying, "rename", after(count, rename))
    if not can:
        monkeypatch.setattr(copying, "exchange", lambda *_places: False)
    assert "old" in kept(swapped(tmp_path))


@pytest.mark.parametrize("can", [True, False])
def test_the_copy_is_in_its_place_and_the_old_data_beside_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, can: bool) -> None:
    if not can:
        monkeypatch.setattr(copying, "exchange", lambda *_places: False)
    data = swapped(tmp_path)
    assert [path.name for path in data.iterdir()] == ["new"]
    assert {path.name for path in tmp_path.iterdir()} == {"main", f"main.before-{STAMP}"}
