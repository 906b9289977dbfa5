# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From the Engine's JSON to replicas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from .._core.errors import Corrupt
from .model import LABEL, Holder, Replica

Json = Mapping[str, Any]


def name_of(listed: Json) -> str:
    """The container's own name; links would add names with a slash inside."""
    names = [name.lstrip("/") for name in listed.get("Names") or () if name.count("/") == 1]
    return str(names[0]) if names else ""


def holders_of(listed: Sequence[Json]) -> tuple[Holder, ...]:
    """Which containers have which ports of the host."""
    return tuple(
        Holder(port["PublicPort"], name_of(one)) for one in listed for port in one.get("Ports") or () if port.get("PublicPort")
    )


def replica_of(inspected: Json) -> Replica:
    """The replica that a container with our labels is; raises ``Corrupt`` if they make no sense."""
    labels, state, host = inspected["Config"]["Labels"], inspected["State"], inspected["HostConfig"]
    name = inspected["Name"].lstrip("/")
    return Replica(
        name=name,
        id=inspected["Id"][:12],
        service=_label(labels, "service", name),
        slot=_label(labels, "slot", name),
        number=_number(labels, name),
        release=_label(labels, "release", name),
        version=_label(labels, "version", name),
        config=_label(labels, "config", name),
        image=inspected["Config"]["Image"],
        state=state["Status"],
        policy=host["RestartPolicy"]["Name"] or "no",
        ports=tuple(int(one["HostPort"]) for bound in (host["PortBindings"] or {}).values() for one in bound or ()),
        started_at=moment(state["StartedAt"]),
        restarts=inspected["RestartCount"],
        exit_code=state["ExitCode"],
        oom_killed=bool(state.get("OOMKilled")),
        stop_timeout=inspected["Config"].get("StopTimeout") or 10,
    )


def moment(written: str) -> float:
    """Seconds since the epoch; the Engine writes the year 1 for never."""
    return max(0.0, datetime.fromisoformat(written).timestamp()) if not written.startswith("0001") else 0.0


def _label(labels: Json, name: str, container: str) -> str:
    try:
        return str(labels[f"{LABEL}{name}"])
    except KeyError:
        raise Corrupt(
            f"the container {container} carries labels of this application, but lacks {LABEL}{name}: somebody made it by "
            "hand; look whether it is needed, then remove it"
        ) from None


def _number(labels: Json, container: str) -> int:
    number = _label(labels, "replica", container)
    if not (number.isascii() and number.isdigit()):
        raise Corrupt(f"the container {container} is replica {number!r}, which is not a number; remove it")
    return int(number)
