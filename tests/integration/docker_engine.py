"""A Docker Engine of the test's own, which may be killed and started again as a reboot would do."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
import uuid
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docker
import pytest

DOCKERD = "/usr/sbin/dockerd"


@dataclass
class OwnEngine:
    """Its containers reach this machine over a bridge without any firewall rule, so that no other Engine is disturbed."""

    root: Path
    bridge: str
    subnet: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def socket(self) -> str:
        return f"{self.root}/s"

    def start(self) -> None:
        config = self.root / "daemon.json"
        config.write_text("{}")
        places = {"config-file": config, "data-root": self.root / "data", "exec-root": self.root / "exec"}
        separate = ["--iptables=false", "--ip-masq=false", "--ip-forward=false", f"--bridge={self.bridge}"]
        command = [DOCKERD, *(f"--{name}={path}" for name, path in places.items()), *separate]
        with (self.root / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [*command, f"--pidfile={self.root}/pid", f"--host=unix://{self.socket}"], stdout=log, stderr=log
            )
        self._await()

    def reboot(self) -> None:
        """Everything stops in an orderly way, and comes up again."""
        self._end(force=False)
        self.start()

    def crash(self) -> None:
        """As after a power cut: everything is gone from one moment to the next, and comes up again."""
        self._end(force=True)
        self._unmount()
        shutil.rmtree(self.root / "exec")  # lies in memory on a real host
        self.start()

    def move_to_a_small_disk(self) -> None:
        self._end(force=False)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=48m", "tmpfs", str(self.root / "data")], check=True)
        self.start()

    def fill_the_disk(self) -> None:
        with suppress(OSError), (self.root / "data/ballast").open("wb", buffering=0) as ballast:
            while True:
                ballast.write(b"x" * 65536)

    def client(self) -> Any:
        return docker.APIClient(base_url=f"unix://{self.socket}", version="auto")

    def make_bridge(self) -> None:
        address = f"172.29.{self.subnet}.1/24"
        for words in (
            f"link add {self.bridge} type bridge",
            f"addr add {address} dev {self.bridge}",
            f"link set {self.bridge} up",
        ):
            subprocess.run(["ip", *words.split()], check=True)

    def clean(self) -> None:
        with suppress(docker.errors.DockerException, OSError):
            for one in self.client().containers(all=True):
                self.client().remove_container(one["Id"], force=True)
        self._end(force=False)
        subprocess.run(["ip", "link", "del", self.bridge], check=False)
        self._unmount()
        shutil.rmtree(self.root, ignore_errors=True)

    def _unmount(self) -> None:
        left = [
            *self.root.glob("data/overlay2/*/merged"),
            *self.root.glob("exec/netns/*"),
            self.root / "data",
            self.root / "data",
        ]
        subprocess.run(["umount", *map(str, left)], check=False, stderr=subprocess.DEVNULL)

    def _end(self, *, force: bool) -> None:
        assert self.process
        self.process.kill() if force else self.process.terminate()
        self.process.wait(30)
        for pid in self._left():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        (self.root / "pid").unlink(missing_ok=True)

    def _left(self) -> list[int]:
        """What outlives a killed Engine: its containerd, and the containers with the shims that hold them."""
        parents = {int(entry.name): _parent(entry) for entry in Path("/proc").iterdir() if entry.name.isdigit()}
        own = {pid for pid in parents if str(self.root) in _command_line(pid)}
        return [pid for pid, parent in parents.items() if pid in own or parent in own]

    def _await(self) -> None:
        for _ in range(120):
            with suppress(docker.errors.DockerException, OSError):
                self.client().ping()
                return
            time.sleep(0.25)
        raise OSError(f"the Engine does not start: {(self.root / 'log').read_text()[-500:]}")


def _command_line(pid: int) -> str:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode("utf-8", "replace")
    return ""


def _parent(entry: Path) -> int:
    with suppress(OSError):
        return int((entry / "stat").read_text().rpartition(")")[2].split()[1])
    return 0


@pytest.fixture
def engine() -> Iterator[OwnEngine]:
    if not Path(DOCKERD).exists() or not shutil.which("ip"):
        pytest.skip("needs dockerd and ip")
    name = uuid.uuid4()
    root = Path("/tmp") / f"engine-{name.hex[:6]}"  # short, because a socket's path may have 108 characters
    root.mkdir()
    made = OwnEngine(root, f"ms{name.hex[:8]}", int(name) % 200 + 20)
    made.make_bridge()
    try:
        made.start()
        yield made
    finally:
        made.clean()
