"""The Docker Engine of this machine: found, or installed and started."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import docker
from docker.errors import DockerException

from .errors import EngineMissing, SandboxError
from .settings import Settings
from .terminal import agrees, say, step

PACKAGES = {"dockerd": "docker.io", "debootstrap": "debootstrap", "ssh": "openssh-client", "openssl": "openssl"}


def connect() -> Any:
    """A client of the engine that answers."""
    try:
        client = docker.from_env(timeout=600)
        client.ping()
    except DockerException as why:
        raise EngineMissing(no_engine(why)) from None
    return client


def no_engine(why: Exception) -> str:
    if "Permission" in str(why):
        return "The Docker Engine refuses this user: join the group docker (then log in again), or become root"
    return "No Docker Engine answers: start it, or run 'python -m sandbox engine' as root"


def answers() -> bool:
    try:
        connect()
    except EngineMissing:
        return False
    return True


def ensure(settings: Settings) -> Any:
    """The engine, with what it takes to get one: packages and a daemon."""
    install_packages()
    if not answers():
        demand_root("starting the Docker Engine")
        start(settings)
    return connect()


def find(settings: Settings) -> Any:
    """The engine; root gets one started, anybody else is told what to do."""
    if not answers() and os.geteuid() == 0:
        return ensure(settings)
    return connect()


def missing_packages() -> list[str]:
    search = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    wanted = {command: package for command, package in PACKAGES.items() if not shutil.which(command, path=search)}
    if "dockerd" in wanted and answers():
        del wanted["dockerd"]  # the engine may be a remote one, or not Debian's
    return sorted(wanted.values())


def install_packages() -> None:
    packages = missing_packages()
    if not packages:
        return
    demand_root(f"installing {', '.join(packages)}")
    if not agrees(f"Install {', '.join(packages)} from Debian?"):
        raise SandboxError(f"The sandbox needs {', '.join(packages)}: install them, then try again")
    with step(f"installed {', '.join(packages)}"):
        apt_install(packages)


def apt_install(packages: list[str]) -> None:
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "update"], ["apt-get", "install", "-y", "--no-install-recommends", *packages]):
        ran = subprocess.run(command, env=quiet, capture_output=True, text=True, check=False)
        if ran.returncode:
            raise SandboxError(f"{' '.join(command)} failed: {last_line(ran.stderr)}")


def last_line(text: str) -> str:
    return (text.strip().splitlines() or ["it said nothing"])[-1]


def demand_root(purpose: str) -> None:
    if os.geteuid() != 0:
        raise SandboxError(f"Only root can do this: {purpose}. Run 'sudo python -m sandbox engine' once")


def start(settings: Settings) -> None:
    """A daemon of its own session, so that it outlives this command; its pid file says that it is ours to stop."""
    settings.state.mkdir(parents=True, exist_ok=True)
    with step("started the Docker Engine"), (settings.state / "dockerd.log").open("ab") as log:
        command = ["dockerd", "--pidfile", str(settings.state / "dockerd.pid")]
        daemon = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        await_start(daemon, settings)


def await_start(daemon: subprocess.Popen[bytes], settings: Settings) -> None:
    deadline = time.monotonic() + 60
    while not answers():
        if daemon.poll() is not None or time.monotonic() > deadline:
            raise SandboxError(f"dockerd did not start: {settings.state / 'dockerd.log'} says why")
        time.sleep(0.3)


def stop(settings: Settings) -> None:
    """Stop the daemon only if this sandbox started it."""
    pid = our_pid(settings)
    if pid is None:
        return
    with step("stopped the Docker Engine that the sandbox started"):
        os.kill(pid, signal.SIGTERM)
        await_end(pid)


def our_pid(settings: Settings) -> int | None:
    """The daemon's process id; a pid file left by a crash may name a stranger by now, so its command is read too."""
    try:
        pid = int((settings.state / "dockerd.pid").read_text())
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except (OSError, ValueError):
        return None
    return pid if str(settings.state / "dockerd.pid").encode() in command else None


def await_end(pid: int) -> None:
    deadline = time.monotonic() + 30
    while Path(f"/proc/{pid}").exists():
        if time.monotonic() > deadline:
            say(f"  dockerd (process {pid}) has not stopped yet")
            return
        time.sleep(0.2)
