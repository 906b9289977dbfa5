# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What people decide of a run, in the store. It is no part of what the lock guards: who decides does not hold it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict

from .._store.model import Changed, Store
from .approval import Approval

DOCUMENT = "approval.json"
TRIES = 5


def load(store: Store) -> Approval | None:
    """What is waited for, or was decided last; what cannot be read was decided by nobody."""
    return _decode(store.read(DOCUMENT))


def update(store: Store, following: Callable[[Approval | None], Approval]) -> Approval:
    """Write what follows on what is there, also if somebody else is doing so at the same moment."""
    for _try in range(TRIES):
        content = store.read(DOCUMENT)
        made = following(_decode(content))
        try:
            store.replace(DOCUMENT, json.dumps(asdict(made), sort_keys=True).encode(), content)
        except Changed:
            continue
        return made
    raise Changed(f"{DOCUMENT} was changed by others again and again; try once more")


def decided(store: Store, run: str, phase: str) -> Approval | None:
    """What somebody decided of this phase of the run."""
    approval = load(store)
    return approval if approval and approval.is_about(run, phase) else None


def _decode(content: bytes | None) -> Approval | None:
    try:
        return Approval(**json.loads(content)) if content else None
    except (ValueError, TypeError):
        return None
