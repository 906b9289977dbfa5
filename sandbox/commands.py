"""The commands of ``python -m sandbox``."""

from __future__ import annotations

import shutil

from . import containers, engine, images, publish, strangers
from .errors import SandboxError
from .fleet import fleet
from .identity import ensure_identity
from .ready import await_ready, why_not_ready
from .settings import Settings
from .terminal import say, step

# Everything that the sandbox writes into the state directory; other files there are somebody else's.
STATE_FILES = (
    "id_ed25519", "id_ed25519.pub", "known_hosts", "ca.pem", "ca.key", "registry.crt", "registry.key", "store.crt", "store.key",
    "secrets.json", "pushed.json", "dockerd.log", "dockerd.pid", "lock",
)  # fmt: skip


def start_engine(settings: Settings) -> None:
    client = engine.ensure(settings)
    say(f"Docker Engine {client.version()['Version']} answers")


def build(settings: Settings) -> None:
    with step("images are built"):
        images.build_all(engine.find(settings), settings)


def up(settings: Settings, apps: int) -> None:
    hosts = fleet(settings, apps)
    client = engine.find(settings)
    with step(f"the fleet is up: {len(hosts)} hosts"):
        images.build_all(client, settings)
        ensure_identity(settings, hosts)
        strangers.make_way(client, settings)
        containers.ensure_network(client, settings)
        containers.ensure_hosts(client, settings, hosts)
        containers.tell_monitoring(client, settings, hosts)
        await_ready(settings, hosts)


def release(settings: Settings) -> None:
    client = engine.find(settings)
    if not (settings.state / "ca.pem").exists():
        raise SandboxError("There is no fleet to release to: run 'python -m sandbox up' first")
    with step("the releases are there"):
        images.build_all(client, settings)
        publish.build_products(client, settings)
        publish.push_products(client, settings)


def down(settings: Settings, with_images: bool) -> None:
    with step("the fleet is gone"):
        if engine.answers():
            client = engine.connect()
            containers.remove_all(client, settings)
            if with_images:
                containers.remove_images(client, settings)
        engine.stop(settings)
        forget(settings)


def forget(settings: Settings) -> None:
    """Keys and passwords die with the hosts that knew them."""
    shutil.rmtree(settings.state / "hosts", ignore_errors=True)
    for name in STATE_FILES:
        (settings.state / name).unlink(missing_ok=True)
    if not any(settings.state.iterdir()):
        settings.state.rmdir()


def list_images() -> None:
    client = engine.connect()
    for image in images.IMAGES:
        built = images.built_inputs(client, image.tag)
        state = "missing" if built is None else "current" if built == images.inputs(image) else "outdated"
        say(f"  {image.tag:<40} {state}")


def status(settings: Settings, apps: int) -> None:
    client = engine.connect()
    running = {container.name: container.status for container in containers.owned_containers(client, settings)}
    for host in fleet(settings, apps):
        state = running.get(containers.container_name(settings, host), "absent")
        if state == "running":
            state = why_not_ready(settings, host) or "ready"
        ports = " ".join(f"127.0.0.1:{outer}->{inner}" for inner, outer in host.publishes.items())
        say(f"  {host.name:<8} {host.address:<15} {state:<12} {ports}".rstrip())
