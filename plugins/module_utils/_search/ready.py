# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Predicates over snapshots, repositories and names of indices."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase

from .._core.errors import InvalidInput
from .._core.text import shown
from .model import GOOD, LONGEST_SETTING, RUNNING, SECRETS, STAMP, Catalogue, Repository, Snapshot

PLACES = ("location", "bucket", "base_path", "client", "container", "endpoint", "path")
"""Settings that say where the snapshots are, not how they get there."""


def is_good(snapshot: Snapshot) -> bool:
    return snapshot.state == GOOD


def is_running(snapshot: Snapshot) -> bool:
    return snapshot.state in RUNNING


def is_of(prefix: str, snapshot: Snapshot) -> bool:
    """Whether we named it, under exactly this prefix."""
    return re.fullmatch(rf"{re.escape(prefix)}-{STAMP}", snapshot.name) is not None


def newest_good(prefix: str, snapshots: Iterable[Snapshot]) -> Snapshot | None:
    good = [one for one in snapshots if is_good(one) and is_of(prefix, one)]
    return max(good, key=lambda one: (one.begun, one.name), default=None)


def matches(name: str, pattern: str) -> bool:
    """Only the star is a wildcard; what is hidden is matched by patterns that begin with a dot."""
    if name.startswith(".") and not pattern.startswith("."):
        return False
    return fnmatchcase(name, pattern.replace("[", "[[]"))


def held(patterns: Iterable[str], catalogue: Catalogue) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The indices that are meant, through aliases too, and the names and patterns that mean none."""
    found: set[str] = set()
    missing = []
    for pattern in patterns:
        meant = {name for name in catalogue.indices if matches(name, pattern)}
        meant.update(index for alias in catalogue.aliases if alias == pattern for index in catalogue.aliases[alias])
        found |= meant
        missing += [] if meant else [pattern]
    return tuple(sorted(found)), tuple(missing)


def is_as_registered(wanted: Repository, found: Repository | None) -> bool:
    return found is not None and (wanted.type, dict(wanted.settings)) == (found.type, dict(found.settings))


def is_moved(wanted: Repository, found: Repository) -> bool:
    """Whether the registration would lead somewhere else, where the snapshots are not."""
    return wanted.type != found.type or any(wanted.settings.get(key) != found.settings.get(key) for key in PLACES)


def written(settings: Mapping[str, object]) -> dict[str, str]:
    """Settings as the server keeps them; secrets do not belong there, because everybody who may look sees them."""
    texts = {str(key): str(value).lower() if isinstance(value, bool) else str(value) for key, value in settings.items()}
    for key, value in texts.items():
        if SECRETS.search(key):
            raise InvalidInput(
                f"the setting {shown(key)} is a secret, and every reader of the cluster would see it: put it into the keystore "
                "of each node, such as s3.client.default.access_key, and reload the secure settings"
            )
        if not re.fullmatch(r"[a-z][a-z0-9_.]{0,99}", key) or not value.isprintable() or len(value) > LONGEST_SETTING:
            raise InvalidInput(f"{shown(key)}: {shown(value)} is no setting of a repository")
    return texts
