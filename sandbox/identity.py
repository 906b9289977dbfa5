"""The fleet's keys, certificates and passwords, made once and kept in the state directory."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import secrets
import subprocess
from pathlib import Path

from .authority import ensure_authority, ensure_certificate
from .errors import SandboxError
from .fleet import Host
from .settings import KEY_LABEL, STATE_LABEL, Settings

# What an inventory reads; each is used by one server and the replicas that talk to it.
PASSWORDS = (
    "database_owner_password", "database_app_password", "redis_password", "application_secret_key", "store_access_key",
    "store_secret_key", "backup_cipher_first", "backup_cipher_second", "backup_database_password",
    "replication_password",
)  # fmt: skip


def ensure_identity(settings: Settings, hosts: tuple[Host, ...]) -> None:
    settings.state.mkdir(parents=True, exist_ok=True, mode=0o700)
    ensure_passwords(settings.state / "secrets.json")
    ensure_key(settings.state / "id_ed25519", "mainstay sandbox")
    for host in hosts:
        ensure_key(host_key(settings, host), host.name)
    write_known_hosts(settings)
    ensure_authority(settings.state)
    ensure_certificate(settings.state, "registry", ("ops1", "localhost"), (settings.address(10), "127.0.0.1"))
    ensure_certificate(settings.state, "store", ("store1",), (settings.address(71),))


def fingerprint(state: Path) -> str:
    """Of the key in this state directory that opens the hosts; short, for a label."""
    return hashlib.sha256((state / "id_ed25519.pub").read_bytes()).hexdigest()[:16]


def made_by(settings: Settings) -> dict[str, str]:
    """The labels by which a host says which checkout made it, and on which machine."""
    return {KEY_LABEL: fingerprint(settings.state), STATE_LABEL: f"{platform.node()}:{settings.state}"}


def host_key(settings: Settings, host: Host) -> Path:
    return settings.state / "hosts" / f"{host.name}_{host.address}"


def ensure_passwords(path: Path) -> None:
    """Those that are there stay: servers know them."""
    known: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    if missing := [name for name in PASSWORDS if name not in known]:
        known |= {name: secrets.token_urlsafe(24) for name in missing}
        write_private(path, json.dumps(known, indent=2) + "\n")


def read_passwords(settings: Settings) -> dict[str, str]:
    passwords: dict[str, str] = json.loads((settings.state / "secrets.json").read_text())
    return passwords


def write_private(path: Path, text: str) -> None:
    """Private from the first byte on: the mode is given when the file is made."""
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)


def ensure_key(path: Path, comment: str) -> None:
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", str(path)])


def run(command: list[str]) -> None:
    try:
        subprocess.run(command, capture_output=True, text=True, check=True)
    except FileNotFoundError:
        raise SandboxError(f"{command[0]} is not installed: run 'python -m sandbox engine' as root") from None
    except subprocess.CalledProcessError as why:
        raise SandboxError(f"{command[0]} failed: {why.stderr.strip()}") from None


def write_known_hosts(settings: Settings) -> None:
    """The real host keys, by name and by address, of every host that was ever made in this state directory."""
    lines = [known_host(path) for path in sorted((settings.state / "hosts").glob("*.pub"))]
    (settings.state / "known_hosts").write_text("".join(lines))


def known_host(public: Path) -> str:
    name, address = public.stem.split("_")
    kind, key = public.read_text().split()[:2]
    return f"{address},{name} {kind} {key}\n"
