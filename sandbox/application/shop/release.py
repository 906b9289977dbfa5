"""Which release this is: baked into the image, so that a tag that lies is found out."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

PATH = Path("/app/release.json")


@dataclass(frozen=True)
class Release:
    """``schema`` is the newest migration that the code knows; ``fault`` is what this release does wrong on purpose."""

    version: str
    schema: int
    fault: str | None = None


def read_release(path: Path = PATH) -> Release:
    baked = json.loads(path.read_text())
    return Release(version=baked["version"], schema=baked["schema"], fault=baked["fault"])
