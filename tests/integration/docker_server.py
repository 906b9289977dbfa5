"""A registry of the test's own with tiny images made of busybox, and an application that nobody else uses."""

from __future__ import annotations

import io
import json
import shutil
import socket
import subprocess
import tarfile
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import docker
import pytest

ENVIRONMENT = "test"
BUSYBOX = "/bin/busybox"
REGISTRY = "/usr/bin/docker-registry"

SERVE = """#!/bin/sh
# Answers /health with the version that the image was built with; what it does otherwise is told by variables.
echo "starting with $GREETING"
sleep "${DELAY:-0}"
[ -n "$CRASH" ] && { echo "cannot go on: $SECRET_KEY"; exit "$CRASH"; }
mkdir -p /tmp/www && echo "{\\"status\\": \\"ok\\", \\"version\\": \\"${SAY:-@VERSION@}\\"}" > /tmp/www/health
[ -n "$SICK" ] && rm /tmp/www/health
[ -n "$STUBBORN" ] && trap '' TERM
echo "serving"
[ -n "$STUBBORN" ] || exec httpd -f -p 8000 -h /tmp/www
httpd -f -p 8000 -h /tmp/www &
while :; do wait; sleep 1; done
"""


def free_ports(count: int) -> list[int]:
    """Ports in a row that nobody uses, below those that other tests and outgoing connections get."""
    found: list[int] = []
    base = 10_000 + int(uuid.uuid4()) % 7_600
    for port in range(base, base + 400):
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("0.0.0.0", port))
            found.append(port)
        if len(found) == count:
            return found
    raise OSError(f"no {count} free ports from {base}")


@dataclass
class Registry:
    """A registry on loopback; images are pushed from tar archives, never kept in the Engine."""

    port: int
    root: Path
    process: subprocess.Popen[bytes] | None = None
    images: list[str] = field(default_factory=list)

    def start(self) -> None:
        config = self.root / "config.yml"
        config.write_text(
            f"version: 0.1\nlog: {{level: error}}\nstorage: {{filesystem: {{rootdirectory: {self.root}/data}}}}\n"
            f"http: {{addr: '127.0.0.1:{self.port}'}}\n"
        )
        log = (self.root / "log").open("ab")
        self.process = subprocess.Popen([REGISTRY, "serve", str(config)], stdout=log, stderr=log)
        for _ in range(600):
            with suppress(urllib.error.URLError, OSError):
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/v2/", timeout=1)
                return
            time.sleep(0.05)
        raise OSError(f"the registry does not start: {(self.root / 'log').read_text()[-500:]}")

    def lose_layers_of(self, image: str) -> None:
        """What a broken disk does: the manifest is there, what it names is not."""
        repository, digest = image.partition("/")[2].split("@")
        asked = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/v2/{repository}/manifests/{digest}",
            headers={"Accept": "application/vnd.docker.distribution.manifest.v2+json"},
        )
        with urllib.request.urlopen(asked, timeout=5) as answer:
            layers = [layer["digest"].removeprefix("sha256:") for layer in json.load(answer)["layers"]]
        for layer in layers:
            (self.root / "data/docker/registry/v2/blobs/sha256" / layer[:2] / layer / "data").unlink()

    def stop(self) -> None:
        if self.process:
            self.process.terminate()
            self.process.wait(10)
            self.process = None


@dataclass
class Shop:
    """An application of one test on the Engine of this machine."""

    application: str
    client: Any
    registry: Registry
    root: Path
    ports: list[int]

    def image(self, version: str, *, keep: bool = True) -> str:
        """A pushed image of this version, by digest; without ``keep`` the Engine forgets it, so that it must be pulled."""
        name = f"127.0.0.1:{self.registry.port}/{self.application}/api"
        changes = ['CMD ["/serve"]', "USER 1000"]
        self.client.import_image_from_data(archive(version), repository=name, tag=version, changes=changes)
        report = self.client.push(name, tag=version, stream=True, decode=True)
        digest = next(line["aux"]["Digest"] for line in list(report) if "aux" in line)
        pinned = f"{name}@{digest}"
        self.registry.images.append(pinned)
        if not keep:
            self.client.remove_image(f"{name}:{version}", force=True)
            with suppress(docker.errors.ImageNotFound):
                self.client.remove_image(pinned, force=True)
        return pinned

    def containers(self) -> dict[str, dict[str, Any]]:
        """What the Engine says of every container of the application, by name."""
        listed = self.client.containers(all=True, filters={"label": f"ops.mainstay.application={self.application}"})
        return {one["Names"][0].lstrip("/"): self.client.inspect_container(one["Id"]) for one in listed}

    def get(self, port: int) -> Mapping[str, Any]:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5) as answer:
            return dict(json.load(answer))

    def clean(self) -> None:
        for one in self.client.containers(all=True):
            if self.application in one["Names"][0]:
                self.client.remove_container(one["Id"], force=True, v=True)
        for image in self.client.images():
            if any(self.application in name for name in [*(image["RepoTags"] or []), *(image["RepoDigests"] or [])]):
                with suppress(docker.errors.APIError):
                    self.client.remove_image(image["Id"], force=True)


def archive(version: str) -> bytes:
    """The root of an image: busybox, its commands as links, and the script."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for name in ("bin", "tmp"):
            entry = tarfile.TarInfo(name)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o1777
            tar.addfile(entry)
        tar.add(BUSYBOX, "bin/busybox")
        for command in ("sh", "httpd", "sleep", "mkdir", "rm", "cat", "env", "id", "touch", "seq"):
            entry = tarfile.TarInfo(f"bin/{command}")
            entry.type, entry.linkname = tarfile.SYMTYPE, "busybox"
            tar.addfile(entry)
        script = SERVE.replace("@VERSION@", version).encode()
        entry = tarfile.TarInfo("serve")
        entry.mode, entry.size = 0o755, len(script)
        tar.addfile(entry, io.BytesIO(script))
    return packed.getvalue()


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    if not (Path(BUSYBOX).exists() and Path(REGISTRY).exists() and shutil.which("docker")):
        pytest.skip("needs Docker and the Debian packages busybox-static and docker-registry")
    made = Registry(free_ports(1)[0], tmp_path_factory.mktemp("registry"))
    made.start()
    yield made
    made.stop()


@pytest.fixture
def shop(registry: Registry, tmp_path: Path) -> Iterator[Shop]:
    made = Shop(f"shop{uuid.uuid4().hex[:8]}", docker.APIClient(version="auto"), registry, tmp_path, free_ports(8))
    yield made
    made.clean()
