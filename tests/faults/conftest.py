"""What every fault test stands on: the fleet is up, and a release that was proven good serves alone."""

from __future__ import annotations

import os

import controller
import fleet
import pytest

FULL = bool(os.environ.get("MAINSTAY_FULL"))


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "full: takes long, runs in make test-faults alone")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The long tests run in ``make test-faults`` alone, which sets MAINSTAY_FULL."""
    long = [item for item in items if item.get_closest_marker("full") and not FULL]
    if long:
        config.hook.pytest_deselected(items=long)
        items[:] = [item for item in items if item not in long]


@pytest.fixture(scope="session")
def sandbox(fleet_is_up: None) -> None:
    """The routers of the fleet know the application."""
    routers = fleet.playbook("configure_routers")
    assert routers.rc == 0, routers.output


@pytest.fixture
def calm(sandbox: None) -> fleet.Snapshot:
    """A good release serves alone, nobody holds the lock: where every test begins, and what it is measured against."""
    if not fleet.stored("ledger.jsonl") or fleet.what_hinders() or fleet.snapshot().version not in fleet.GOOD:
        fleet.playbook("unlock", confirm="development")
        ran = fleet.playbook("deploy", version="v1", strategy="blue_green")
        assert ran.rc == 0, ran.output
    assert fleet.what_hinders() == []
    return fleet.snapshot()


@pytest.fixture
def begin():
    """Start a playbook beside the test; whatever is left of it ends with the test."""
    started: list[controller.Controller] = []

    def start(name: str, *arguments: str, **extra: object) -> controller.Controller:
        started.append(controller.begin(name, *arguments, **extra))
        return started[-1]

    yield start
    for run in started:
        run.abandon()
