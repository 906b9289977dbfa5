# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What people decide of a run, in the store. It is no part of what the lock guards: who decides does not hold it."""

from __future__ import annotations

import json
from dataclasses import asdict

from .._core.errors import Corrupt
from .._store.model import Store
from .approval import Approval

DOCUMENT = "approval.json"


def load(store: Store) -> Approval | None:
    """What is waited for, or was decided last."""
    return _decode(store.read(DOCUMENT))


def save(store: Store, approval: Approval, before: Approval | None) -> None:
    """Write it over what was loaded ``before``; raises ``Changed`` if somebody else was faster."""
    store.replace(DOCUMENT, _encode(approval), _encode(before) if before else None)


def decided(store: Store, run: str, phase: str) -> Approval | None:
    """What somebody decided of this phase of the run."""
    approval = load(store)
    return approval if approval and approval.is_about(run, phase) else None


def _encode(approval: Approval) -> bytes:
    return json.dumps(asdict(approval), sort_keys=True).encode()


def _decode(content: bytes | None) -> Approval | None:
    if not content:
        return None
    try:
        return Approval(**json.loads(content))
    except (ValueError, TypeError) as error:
        raise Corrupt(f"{DOCUMENT} cannot be read ({error}): remove it and decide again") from error
