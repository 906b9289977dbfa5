"""The image below all others: Debian made by debootstrap, because no image registry may be at hand."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import tarfile
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

from .borrowed import bootstrap
from .errors import SandboxError
from .mirror import apt_settings, find_mirror
from .settings import SUITE, Settings

LEAN = """\
path-exclude=/usr/share/doc/*
path-exclude=/usr/share/man/*
path-exclude=/usr/share/locale/*
"""
APT_CONF = 'APT::Install-Recommends "false";\nAcquire::Languages "none";\n'
LEFT = ("usr/share/doc", "usr/share/man", "usr/share/locale", "var/lib/apt/lists", "var/cache/apt/archives")
NEEDED = ("usr/share/man/man1", "var/lib/apt/lists/partial", "var/cache/apt/archives/partial")
NO_SERVICES = "#!/bin/sh\n# Packages do not start services while an image is built.\nexit 101\n"


def recipe() -> dict[str, str]:
    """Files of the base beside Debian's own, by path; also what decides whether the base is still the right one."""
    files = {
        "etc/dpkg/dpkg.cfg.d/lean": LEAN,
        "etc/apt/apt.conf.d/90sandbox": APT_CONF + apt_settings(),
        "usr/sbin/policy-rc.d": NO_SERVICES,
    }
    sources = find_mirror().sources
    return {**files, "etc/apt/sources.list": sources} if sources else files


def base_inputs() -> str:
    return hashlib.sha256(json.dumps([SUITE, recipe()], sort_keys=True).encode()).hexdigest()


def import_base(client: Any, settings: Settings, tag: str, labels: dict[str, str]) -> None:
    changes = [f"LABEL {name}={value}" for name, value in labels.items()] + ['CMD ["/bin/sh"]']
    tarball = make_tarball(client, settings)
    client.api.import_image_from_file(str(tarball), repository=tag, tag="latest", changes=changes)


def make_tarball(client: Any, settings: Settings) -> Path:
    """The packed Debian; kept, because making it takes most of the time of a first build."""
    tarball = settings.cache / f"debian-{SUITE}-{base_inputs()[:12]}.tar"
    if tarball.exists():
        return tarball
    if not shutil.which("debootstrap", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"):
        raise SandboxError("debootstrap is not installed: run 'sudo apt-get install debootstrap'")
    settings.cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="base-", dir=settings.cache) as scratch:
        make = make_as_root if os.geteuid() == 0 else partial(make_with_docker, client)
        make(Path(scratch)).replace(tarball)
    return tarball


def make_as_root(scratch: Path) -> Path:
    root = scratch / "root"
    debootstrap(root)
    add_recipe(root)
    return pack(root, scratch / "packed.tar")


def make_with_docker(client: Any, scratch: Path) -> Path:
    add_recipe(scratch / "recipe")
    return bootstrap(client, scratch, arguments("/work/root"), list(LEFT), list(NEEDED))


def arguments(root: str) -> list[str]:
    archive = find_mirror().archive
    return [SUITE, root, *([archive] if archive else [])]


def debootstrap(root: Path) -> None:
    command = ["debootstrap", "--variant=minbase", *arguments(str(root))]
    try:
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise SandboxError("debootstrap is not installed: run 'python -m sandbox engine' as root") from None
    if ran.returncode:
        raise SandboxError(f"debootstrap failed: {(ran.stdout.strip().splitlines() or ['it said nothing'])[-1]}")


def add_recipe(root: Path) -> None:
    for name, content in recipe().items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    (root / "usr/sbin/policy-rc.d").chmod(0o755)


def pack(root: Path, packed: Path) -> Path:
    """Without what excluded paths and downloads left behind."""
    for left in LEFT:
        shutil.rmtree(root / left, ignore_errors=True)
    for needed in NEEDED:
        (root / needed).mkdir(parents=True)
    with tarfile.open(packed, "w") as archive:
        archive.add(root, arcname=".")
    return packed
