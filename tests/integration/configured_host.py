"""The configuration of a host in a directory, its archives beside, and keys to encrypt for."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from migration_server import run

NAME = "db1"
SECRET = "the-password-of-the-shop"


@dataclass(frozen=True)
class Key:
    """What an archive is encrypted for, and what opens it."""

    recipient: str
    identity: str


def key() -> Key:
    said = subprocess.run(["age-keygen"], capture_output=True, text=True, check=True).stdout
    public = next(line.rpartition(" ")[2] for line in said.splitlines() if "public key" in line)
    return Key(public, said)


@dataclass(frozen=True)
class Host:
    """A host whose files lie below ``root``."""

    root: Path
    key: Key = field(default_factory=key)

    def __post_init__(self) -> None:
        (self.etc / "conf.d").mkdir(parents=True)
        (self.etc / "shop.env").write_text(f"PASSWORD={SECRET}\n")
        (self.etc / "shop.env").chmod(0o600)
        (self.etc / "conf.d" / "main.cfg").write_text("listen 80\n")
        (self.etc / "enabled").symlink_to("conf.d/main.cfg")

    @property
    def etc(self) -> Path:
        return self.root / "etc"

    @property
    def dest(self) -> Path:
        return self.root / "archives"

    def archive(self, *, check_mode: bool = False, **options: Any) -> dict[str, Any]:
        asked = {"name": NAME, "recipients": [self.key.recipient], "dest": str(self.dest), "paths": [str(self.etc)]}
        return run("config_archive", {**asked, **options}, check_mode=check_mode)

    def restore(self, *, check_mode: bool = False, **options: Any) -> dict[str, Any]:
        source = {} if "bucket" in options else {"dest": str(self.dest)}
        kept = str(self.root / "replaced")
        return run(
            "config_restore",
            {"name": NAME, "identity": self.key.identity, "kept": kept, **source, **options},
            check_mode=check_mode,
        )

    def over(self, **options: Any) -> dict[str, Any]:
        return self.restore(replace=True, environment="test", confirm=f"test {NAME}", **options)

    def info(self, **options: Any) -> dict[str, Any]:
        source = {} if "bucket" in options else {"dest": str(self.dest)}
        return run("config_archive_info", {"name": NAME, **source, **options})

    def archives(self) -> list[Path]:
        return sorted(self.dest.glob("*.age"))

    def names(self) -> list[str]:
        return sorted(path.name for path in self.dest.iterdir()) if self.dest.exists() else []

    def live(self, root: Path | None = None) -> Mapping[str, tuple[int, str]]:
        """Every path with its mode and content."""
        return {str(path.relative_to(root or self.etc)): _seen(path) for path in sorted((root or self.etc).rglob("*"))}


def _seen(path: Path) -> tuple[int, str]:
    if path.is_symlink():
        return 0, os.readlink(path)
    return path.stat().st_mode & 0o7777, path.read_text() if path.is_file() else ""
