# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Predicates over servers.

A server that leaves maintenance is believed to be up before any check, with ``health`` at ``rise``, and gets traffic at once.
The first check takes it to rise + fall - 1, or down. So full health is the proof, and it needs a ``fall`` of 2 or more.
"""

from __future__ import annotations

from collections.abc import Iterable

from .model import READY, Server


def can_be_proven(server: Server) -> bool:
    """Whether HAProxy has a check by which it can tell this server's belief from its knowledge."""
    return server.checked and server.fall != 1


def is_proven_up(server: Server) -> bool:
    """A check of HAProxy's own has seen it up since it left maintenance."""
    return server.running and server.fall > 1 and server.health == server.rise + server.fall - 1


def are_proven_up(servers: Iterable[Server]) -> bool:
    return all(is_proven_up(server) for server in servers)


def is_in_rotation(server: Server) -> bool:
    """New requests may be sent to it, as far as the operator is concerned."""
    return server.state == READY and server.weight > 0


def serves(server: Server) -> bool:
    """It is in rotation and up: new requests are sent to it."""
    return is_in_rotation(server) and server.running


def has_drained(sessions: Iterable[int]) -> bool:
    """Nobody is connected any more."""
    return not any(sessions)
