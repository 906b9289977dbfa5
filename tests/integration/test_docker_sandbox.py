"""Whose fleet it is, where several checkouts of one machine bring it up, on a real Docker Engine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import docker
import pytest
from docker_engine import OwnEngine, engine
from docker_server import archive

from sandbox.errors import SandboxError
from sandbox.identity import fingerprint
from sandbox.settings import KEY_LABEL, STATE_LABEL, Settings
from sandbox.strangers import make_way

__all__ = ["engine"]

KEY = "id_ed25519.pub"


@pytest.fixture
def client(engine: OwnEngine) -> Any:
    client = docker.DockerClient(base_url=f"unix://{engine.socket}")
    client.api.import_image_from_data(archive("v1"), repository="host", tag="v1")
    return client


@pytest.fixture
def here(tmp_path: Path) -> Settings:
    return checkout(tmp_path / "here")


def checkout(state: Path) -> Settings:
    state.mkdir()
    (state / KEY).write_text(f"ssh-ed25519 {state.name}")
    return Settings(name="somebody", state=state)


def bring_up(client: Any, settings: Settings, *, is_running: bool = True) -> None:
    labels = {**settings.labels, KEY_LABEL: fingerprint(settings.state), STATE_LABEL: str(settings.state)}
    client.volumes.create("somebody-data", labels=settings.labels)
    host = client.containers.create("host:v1", ["/bin/sleep", "600"], labels=labels, network_mode="none", name="somebody-ops1")
    if is_running:
        host.start()


def left(client: Any) -> list[str]:
    return [thing.name for thing in (*client.containers.list(all=True), *client.volumes.list())]


def test_a_fleet_that_runs_and_whose_checkout_is_there_is_nobody_elses(client: Any, here: Settings, tmp_path: Path) -> None:
    bring_up(client, checkout(tmp_path / "there"))
    with pytest.raises(SandboxError, match=r"somebody-ops1: made from another checkout, with other keys. Run 'make down' there"):
        make_way(client, here)
    assert left(client) == ["somebody-ops1", "somebody-data"]


@pytest.mark.parametrize("gone", ["the keys", "other keys", "the power"])
def test_a_fleet_that_nobody_can_use_makes_way(client: Any, here: Settings, tmp_path: Path, gone: str) -> None:
    there = checkout(tmp_path / "there")
    bring_up(client, there, is_running=gone != "the power")
    if gone == "the keys":
        (there.state / KEY).unlink()
    if gone == "other keys":
        (there.state / KEY).write_text("ssh-ed25519 made anew")
    make_way(client, here)
    assert left(client) == []


def test_one_s_own_fleet_stays(client: Any, here: Settings) -> None:
    bring_up(client, here, is_running=False)
    make_way(client, here)
    assert left(client) == ["somebody-ops1", "somebody-data"]
