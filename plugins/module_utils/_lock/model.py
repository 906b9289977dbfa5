# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The lease on an environment."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from .._core.errors import Corrupt, InvalidInput


@dataclass(frozen=True)
class Holder:
    """The run that holds the lock; times are seconds since the epoch on the operations host's clock."""

    run: str
    owner: str
    purpose: str
    since: float
    expires: float
    claimant: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Lease:
    """The lock as stored: the last token that was given out, and who holds it, if anybody."""

    token: int = 0
    holder: Holder | None = None


@dataclass(frozen=True)
class Claim:
    """What a run asks for; ``evict`` is a token whose holder is known to be dead."""

    run: str
    owner: str
    purpose: str
    lease: float = 60.0
    claimant: Mapping[str, str] = field(default_factory=dict)
    evict: int | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.lease <= 86400:
            raise InvalidInput(f"a lease of {self.lease:g} s is not sensible: allowed are 1s to 1d")


@dataclass(frozen=True)
class Surrender:
    """What a run, or with ``force`` an operator, gives back."""

    run: str = ""
    force: bool = False


def encode(lease: Lease) -> bytes:
    """The lease as the document that is stored."""
    return json.dumps(asdict(lease), sort_keys=True).encode()


def decode(content: bytes | None) -> Lease:
    """The lease of a stored document; no document is a lock that nobody ever held."""
    if content is None:
        return Lease()
    try:
        document: dict[str, Any] = json.loads(content)
        holder = document["holder"]
        return Lease(int(document["token"]), Holder(**holder) if holder else None)
    except (ValueError, TypeError, KeyError) as error:
        raise Corrupt(
            f"the stored lock cannot be read ({error}): restore lock.json from a backup, or if there is "
            "none remove it together with the file fence of this environment on every host, so that tokens begin again"
        ) from error
