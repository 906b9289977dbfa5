"""What all tests share: where the collection is found, in which order they run, and the fleet for those that need it.

With pytest-xdist (``make test``) a file's tests stay together, and whatever is on the fleet is one worker's, from the beginning:
it takes as long as all others together, and mostly waits.
"""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from tests.workers import ENGINE, ON_THE_FLEET, group

settings.register_profile("quick", max_examples=30, deadline=None)
settings.register_profile("full", max_examples=10_000, deadline=None)
settings.load_profile("full" if os.environ.get("MAINSTAY_FULL") else "quick")

ROOT = Path(__file__).resolve().parents[1]
STAGES = ("unit", "integration", "molecule", "faults")


def pytest_configure() -> None:
    """Make this checkout the collection mainstay.ops, for the tests and for whatever they start."""
    collections = ROOT / ".cache" / "collections"
    link = collections / "ansible_collections" / "mainstay" / "ops"
    if not link.is_symlink():
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(ROOT)
    sys.path.insert(0, str(collections))
    importlib.invalidate_caches()
    paths = (str(collections), os.environ.get("ANSIBLE_COLLECTIONS_PATH"))
    os.environ["ANSIBLE_COLLECTIONS_PATH"] = os.pathsep.join(path for path in paths if path)
    os.environ["PATH"] = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Fast ones first. Whatever is on the Engine or the fleet says so, and comes last unless it has a worker of its own."""
    for item in items:
        if stage(item) in ON_THE_FLEET:
            item.add_marker(pytest.mark.fleet)
    is_shared = "PYTEST_XDIST_WORKER" in os.environ
    items.sort(
        key=lambda item: (is_shared and group(item.nodeid) != ENGINE, STAGES.index(stage(item)), group(item.nodeid) == ENGINE)
    )


def stage(item: pytest.Item) -> str:
    return item.path.relative_to(ROOT / "tests").parts[0]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling | None:
    return Together(config, log) if config.getoption("dist") == "loadscope" else None


class Together(LoadScopeScheduling):
    """One worker for a group, where several share the tests (``pytest -n 2 --dist loadscope``)."""

    def _split_scope(self, nodeid: str) -> str:
        return group(nodeid)


@pytest.fixture(autouse=True)
def on_the_fleet(request: pytest.FixtureRequest) -> None:
    """A mark that is added while tests are collected comes too late for ``usefixtures``."""
    if request.node.get_closest_marker("fleet"):
        request.getfixturevalue("fleet_is_up")


@pytest.fixture(scope="session")
def fleet_is_up() -> Iterator[None]:
    """A fleet that was there before stays afterwards; one that these tests brought up goes with them."""
    was_there = Path(os.environ.get("MAINSTAY_SANDBOX_STATE", ROOT / ".sandbox"), "id_ed25519").exists()
    for command in ("up", "release"):
        sandbox(command)
    yield
    if not was_there:
        sandbox("down")


def sandbox(command: str) -> None:
    ran = subprocess.run([sys.executable, "-m", "sandbox", command], cwd=ROOT, capture_output=True, text=True, check=False)
    if ran.returncode:
        pytest.fail(f"python -m sandbox {command} ended with {ran.returncode}:\n{ran.stdout}{ran.stderr}", pytrace=False)
