"""The images of the fleet, built from Debian's packages, and only when what goes into them has changed."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
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
class Image:
    """One image: its directory below ``images/`` and the image that it stands on."""

    name: str
    parent: str | None

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
    Image("cache", "host"),
)
BY_NAME = {image.name: image for image in IMAGES}


def inputs(image: Image) -> str:
    """A hash of everything that goes into an image, its parents' included."""
    if image.parent is None:
        return base_inputs()
    return digest([inputs(BY_NAME[image.parent]).encode(), *file_parts(image.directory)])


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
        build_directory(client, image.directory, image.tag, labels)
    report(f"built {image.tag}", time.monotonic() - began)


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
