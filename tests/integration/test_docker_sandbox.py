"""Whose fleet it is, where several checkouts of one machine bring it up, on a real Docker Engine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import docker
import pytest
from docker_engine import OwnEngine, engine
from docker_server import archive

from sandbox.errors import SandboxError
from sandbox.identity import made_by
from sandbox.settings import STATE_LABEL, Settings
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


def bring_up(client: Any, settings: Settings, *, name: str = "ops1", **labels: str) -> Any:
    """A host as ``up`` makes it, with a volume."""
    client.volumes.create("somebody-data", labels=settings.labels)
    labels = {**settings.labels, **made_by(settings), **labels}
    host = client.containers.create("host:v1", ["/bin/sleep", "600"], labels=labels, network_mode="none", name=f"somebody-{name}")
    host.start()
    return host


def left(client: Any) -> list[str]:
    return [thing.name for thing in (*client.containers.list(all=True), *client.volumes.list())]


@pytest.mark.parametrize("machine", ["this one", "another one"])
def test_a_fleet_that_runs_and_whose_keys_may_be_there_is_nobody_elses(
    client: Any, here: Settings, tmp_path: Path, machine: str
) -> None:
    there = checkout(tmp_path / "there")
    bring_up(client, there, **({STATE_LABEL: "elsewhere:/nowhere"} if machine == "another one" else {}))
    with pytest.raises(SandboxError, match=r"somebody-ops1: made from another checkout, with other keys. Run 'make down' there"):
        make_way(client, here)
    assert left(client) == ["somebody-ops1", "somebody-data"]


@pytest.mark.parametrize("gone", ["the keys", "other keys", "the power"])
def test_a_fleet_that_nobody_can_use_makes_way(client: Any, here: Settings, tmp_path: Path, gone: str) -> None:
    there = checkout(tmp_path / "there")
    host = bring_up(client, there)
    if gone == "the keys":
        (there.state / KEY).unlink()
    if gone == "other keys":
        (there.state / KEY).write_text("ssh-ed25519 made anew")
    if gone == "the power":
        host.kill()
    make_way(client, here)
    assert left(client) == []


def test_one_s_own_hosts_stay_also_beside_what_others_left(client: Any, here: Settings, tmp_path: Path) -> None:
    bring_up(client, here).kill()
    make_way(client, here)
    bring_up(client, checkout(tmp_path / "there"), name="app4").kill()
    client.containers.create("host:v1", ["/bin/sleep", "600"], labels=here.labels, name="stray")
    make_way(client, here)
    assert left(client) == ["stray", "somebody-ops1", "somebody-data"]
