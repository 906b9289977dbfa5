# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is on this host, as far as a plan needs it."""

from __future__ import annotations

import errno
import socket
import time
from collections.abc import Callable, Iterable

from .._core.errors import NotFound
from .model import LABEL, Container, Engine, Found, Holder, Replica, Scope, Wanted
from .observed import holders_of, name_of, replica_of
from .ready import is_wanted

IsWell = Callable[[tuple[Container, ...]], frozenset[str]]
IsOpen = Callable[[int, str], bool]
COMMAND = f"{LABEL}command"
"""Label of a container that is no replica, but was made for one command."""


def replicas(engine: Engine, scope: Scope) -> tuple[Replica, ...]:
    """All replicas of the application in the environment, in every slot."""
    listed = engine.listed(scope.labels)
    return _replicas(engine, [one["Id"] for one in listed if COMMAND not in (one["Labels"] or {})])


def survey(engine: Engine, wanted: Wanted, is_well: IsWell, is_open: IsOpen | None = None) -> Found:
    """What stands between this host and the wanted replicas. Replicas that could be kept are asked once how they are."""
    everything = engine.listed()
    ours = [one for one in everything if wanted.scope.labels.items() <= (one["Labels"] or {}).items()]
    there = _replicas(engine, [one["Id"] for one in ours if COMMAND not in one["Labels"]])
    known = {replica.name for replica in there}
    holders = holders_of(everything)
    return Found(
        replicas=there,
        strangers=frozenset(name_of(one) for one in everything) - known,
        holders=(*holders, *_processes(wanted.containers, {holder.port for holder in holders}, is_open or is_listened_to)),
        images=frozenset(image for image in {c.image for c in wanted.containers} if engine.has_image(image)),
        well=is_well(running(wanted.containers, there)),
        now=time.time(),
    )


def running(containers: Iterable[Container], there: Iterable[Replica]) -> tuple[Container, ...]:
    """The wanted containers that run already."""
    found = {replica.name: replica for replica in there if replica.state == "running"}
    return tuple(c for c in containers if c.name in found and is_wanted(found[c.name], c))


def is_listened_to(port: int, address: str) -> bool:
    """Whether a process of this host has the port: then nobody else can bind it."""
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((address, port))
        except OSError as error:
            return error.errno == errno.EADDRINUSE
    return False


def _replicas(engine: Engine, ids: Iterable[str]) -> tuple[Replica, ...]:
    found = [_replica(engine, one) for one in ids]
    return tuple(sorted((r for r in found if r), key=lambda r: (r.service, r.slot, r.number)))


def _replica(engine: Engine, container: str) -> Replica | None:
    """The replica, or None if it went between being listed and being asked about."""
    try:
        return replica_of(engine.inspected(container))
    except NotFound:
        return None


def _processes(containers: Iterable[Container], held: set[int], is_open: IsOpen) -> list[Holder]:
    return [Holder(c.port) for c in containers if c.port not in held and is_open(c.port, c.bind_address)]
