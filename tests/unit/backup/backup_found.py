"""Stanzas, servers and repositories as checks and plans of backups find them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ansible_collections.mainstay.ops.plugins.module_utils._backup.evidence import Contents, Seen, Server
from ansible_collections.mainstay.ops.plugins.module_utils._backup.model import (
    Archive,
    Backup,
    Cluster,
    Identity,
    Repository,
    Settings,
    Stanza,
    Storage,
)

NOW = 1_800_000_000.0
DAY = 86400
HERE = Cluster(7710827307959773640, "15", runs=True, standby=False)
STORAGE = Storage(1, cipher="aes-256-cbc", fulls=7)


def segment(number: int, timeline: int = 1) -> str:
    return f"{timeline:08X}00000000{number:08X}"


def backup(days_ago: float, kind: str = "full", **changed: Any) -> Backup:
    """Its log begins at a segment that tells its age: 100 for now, one less for each day."""
    at = int(NOW - days_ago * DAY)
    first = int(100 - days_ago)
    made = Backup(1, f"{at}{kind[0].upper()}", kind, 1, at - 60, at, segment(first), segment(first + 1), size=2**30, copied=2**30)
    return replace(made, **{"stored": 1000, **changed})


FULL, INCR = backup(3), backup(0.5, "incr")
STANZA = Stanza(
    "main",
    (Repository(1, "aes-256-cbc"),),
    (FULL, INCR),
    (Archive(1, 1, "15-1", segment(90), segment(110)),),
    (Identity(1, 1, HERE.system_id, HERE.version),),
)
CONTENTS = Contents(
    segments={segment(number): 500 for number in range(90, 111)},
    stored={FULL.label: 1000, INCR.label: 1000},
    manifests=frozenset({FULL.label, INCR.label}),
    newest=int(NOW) - 20,
    free=50 * 2**30,
    total=100 * 2**30,
)
SERVER = Server(HERE, (), segment(110), segment(111), "on", 60)
SEEN = Seen(NOW, Settings((STORAGE,), "/data"), STANZA, {1: CONTENTS}, SERVER)


def seen(*, contents: dict[str, Any] | None = None, server: dict[str, Any] | None = None, **changed: Any) -> Seen:
    """What is as it should be but for this; keys of ``changed`` are fields of Seen, or of its stanza."""
    of_stanza = {name: changed.pop(name) for name in ("repositories", "backups", "archives", "identities") if name in changed}
    return replace(
        SEEN,
        stanza=replace(STANZA, **of_stanza),
        contents={1: replace(CONTENTS, **(contents or {}))},
        server=replace(SERVER, **(server or {})),
        **changed,
    )
