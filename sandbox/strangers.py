"""Hosts of this fleet's name that another checkout made: they know other keys, so nobody here could log in to them.

A run that was killed, or a machine that was switched off, leaves such hosts behind. They stand in nobody's way for longer than
somebody may need them: while one runs and the checkout that made it still has its keys.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .containers import owned_containers, remove_all
from .errors import SandboxError
from .identity import fingerprint
from .settings import KEY_LABEL, STATE_LABEL, Settings
from .terminal import say


def make_way(client: Any, settings: Settings) -> None:
    """Remove what nobody can use any more, with its volumes and network; refuse to take a fleet that somebody may be using."""
    key = fingerprint(settings.state)
    strangers = [host for host in owned_containers(client, settings) if host.labels.get(KEY_LABEL) != key]
    if used := sorted(host.name for host in used_among(strangers)):
        raise SandboxError(
            f"{', '.join(used)}: made from another checkout, with other keys. Run 'make down' there, or here to remove "
            "them, or choose another fleet with MAINSTAY_SANDBOX_NAME and MAINSTAY_SANDBOX_SUBNET"
        )
    if strangers:
        remove_all(client, settings)
        say(f"  removed {len(strangers)} hosts that another checkout had left behind")


def used_among(strangers: Sequence[Any]) -> list[Any]:
    """All of them while one runs that its maker can still log in to; otherwise none."""
    return list(strangers) if any(host.status == "running" and has_keys(host.labels) for host in strangers) else []


def has_keys(labels: dict[str, str]) -> bool:
    """Whether the checkout that made a host still has the keys to it; where the host does not say which that was, it has."""
    if STATE_LABEL not in labels:
        return True
    try:
        return fingerprint(Path(labels[STATE_LABEL])) == labels.get(KEY_LABEL)
    except OSError:
        return False
