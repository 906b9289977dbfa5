"""What was retired stays so, and what is not ours is left alone."""

from __future__ import annotations

import fleet
import pytest

pytestmark = pytest.mark.fleet

STRANGER = (
    "docker",
    "run",
    "-d",
    "--name",
    "stranger",
    "--restart",
    "unless-stopped",
    "--label",
    "application=shop",
    "--entrypoint",
    "sleep",
)


def strangers_image() -> str:
    """Any image that the host has."""
    return fleet.command("docker", "images", "-q", host="app1").split()[0]


def test_a_container_that_is_not_ours_is_never_touched(calm: fleet.Snapshot) -> None:
    fleet.command("docker", "rm", "-f", "stranger", host="app1", check=False)
    fleet.command(*STRANGER, strangers_image(), "3600", host="app1")
    before = fleet.command("docker", "inspect", "stranger", host="app1")
    try:
        assert fleet.playbook("deploy", version=calm.next, strategy="blue_green").rc == 0
        assert fleet.command("docker", "inspect", "stranger", host="app1") == before
    finally:
        fleet.command("docker", "rm", "-f", "stranger", host="app1")


@pytest.mark.full
@pytest.mark.parametrize("way", ["the engine", "the host"])
def test_what_was_retired_does_not_come_back_after_a_restart(calm: fleet.Snapshot, way: str) -> None:
    assert fleet.playbook("deploy", version=calm.next, strategy="rolling").rc == 0
    before = fleet.snapshot()
    if way == "the engine":
        fleet.command("systemctl", "restart", "docker", host="app1")
    else:
        fleet.command("docker", "restart", f"{fleet.NAME}-app1", timeout=120)
    fleet.until(lambda: fleet.is_well() and not fleet.what_hinders(), 90)
    assert fleet.snapshot().running == before.running
