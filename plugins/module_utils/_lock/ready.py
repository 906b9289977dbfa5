# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Predicates over a lease."""

from __future__ import annotations

from .model import Lease


def is_free(lease: Lease, now: float) -> bool:
    """Nobody holds it, or whoever did let its lease end."""
    return lease.holder is None or lease.holder.expires <= now


def is_held_by(lease: Lease, run: str, token: int) -> bool:
    """This run has it under this token, and nobody took it since; whether its lease ended is for those who want to take it."""
    return lease.token == token and lease.holder is not None and lease.holder.run == run
