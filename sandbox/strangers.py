"""Hosts of this fleet's name that another checkout made: they know other keys, so nobody here could log in to them.

A run that was killed, or a machine that was switched off, leaves such hosts behind. They stand in nobody's way for longer than
somebody may need them: while one is not ended and the checkout that made it still has its keys, or cannot be asked.
"""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from .containers import owned_containers, remove, remove_all
from .errors import SandboxError
from .identity import fingerprint
from .settings import KEY_LABEL, STATE_LABEL, Settings
from .terminal import say

ENDED = ("exited", "dead")


def make_way(client: Any, settings: Settings) -> None:
    """Remove hosts that nobody can use any more; refuse to take a fleet that somebody may be using."""
    hosts = [host for host in owned_containers(client, settings) if KEY_LABEL in host.labels]
    strangers = [host for host in hosts if host.labels[KEY_LABEL] != fingerprint(settings.state)]
    if any(is_used(host) for host in strangers):
        raise SandboxError(
            f"{', '.join(sorted(host.name for host in strangers))}: made from another checkout, with other keys. Run 'make down' "
            "there, or here to remove them, or choose another fleet with MAINSTAY_SANDBOX_NAME and MAINSTAY_SANDBOX_SUBNET"
        )
    if strangers:
        clear(client, settings, strangers, are_alone=len(strangers) == len(hosts))
        say(f"  removed {len(strangers)} hosts that another checkout had left behind")


def clear(client: Any, settings: Settings, strangers: Sequence[Any], *, are_alone: bool) -> None:
    """Volumes and the network go too, unless hosts of one's own have them."""
    if are_alone:
        remove_all(client, settings)
    else:
        with ThreadPoolExecutor(max_workers=4) as pool:
            list(pool.map(remove, strangers))


def is_used(host: Any) -> bool:
    return host.status not in ENDED and has_keys(host.labels)


def has_keys(labels: Mapping[str, str]) -> bool:
    """Whether the checkout that made a host still has the keys to it. Where that cannot be known, it has."""
    machine, _, state = labels.get(STATE_LABEL, "").partition(":")
    if not state or machine != platform.node():
        return True
    try:
        return fingerprint(Path(state)) == labels[KEY_LABEL]
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
