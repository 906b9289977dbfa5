# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""HAProxy's Runtime API: one small function per command (management guide, 9.3)."""

from __future__ import annotations

import csv
import re
import socket
from collections.abc import Collection, Iterable, Iterator, Mapping

from .._core.errors import Failed, Unavailable
from .model import DRAIN, MAINT, READY, Key, Mark, Server, identity

LONGEST_LINE = 8_000
"""Of a command line, in bytes: half of HAProxy's buffer."""

ANSWERS_WITHIN = 10.0
_MAINTENANCE = 0x01 | 0x02 | 0x20
_DRAINING = 0x08 | 0x10
_UP = ("1", "2")
_CHECK_CONFIGURED = 0x02

Rows = list[dict[str, str]]


def ask(path: str, line: str) -> str:
    """Send one line of commands to the socket and return all that it answers."""
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(ANSWERS_WITHIN)
            connection.connect(path)
            connection.sendall(line.encode() + b"\n")
            answer = b"".join(iter(lambda: connection.recv(1 << 16), b"")).decode("utf-8", "replace")
    except OSError as error:
        raise _unavailable(path, error) from error
    if answer.startswith("Permission denied"):
        raise Unavailable(
            f"HAProxy's socket {path} does not permit it: the configuration must say `stats socket ... level admin`"
        )
    return answer


def answers(path: str) -> bool:
    """Whether anybody listens at this socket."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(ANSWERS_WITHIN)
        return connection.connect_ex(path) == 0


def send(path: str, commands: Iterable[str]) -> None:
    """Have all commands done in this order, in as few writes as their length allows; an answer to any is an error."""
    for line in batches(commands):
        complaint = " ".join(ask(path, line).split())
        if complaint:
            raise Failed(f"HAProxy did not accept what was sent to {path}: {complaint}")


def batches(commands: Iterable[str]) -> Iterator[str]:
    """Commands joined into lines that HAProxy's buffer holds."""
    line = ""
    for command in commands:
        if line and len(line) + len(command) >= LONGEST_LINE:
            yield line
            line = ""
        line = f"{line};{command}" if line else command
    if line:
        yield line


def state_command(server: Key, state: str) -> str:
    return f"set server {server} state {state}"


def weight_command(server: Key, weight: int) -> str:
    return f"set server {server} weight {weight}"


def cut_command(server: Key) -> str:
    return f"shutdown sessions server {server}"


def cut_session_command(session: str) -> str:
    return f"shutdown session {session}"


def mark_commands(server: Key, mark: Mark) -> tuple[str, str]:
    """Weight first, so that no request comes under the old one."""
    return weight_command(server, mark.weight), state_command(server, mark.state)


def servers_state(path: str) -> str:
    """The document that HAProxy reads at its next start: state and weight of every server."""
    return ask(path, "show servers state")


def statistics(path: str) -> Rows:
    """Counters of every server, by the names of the CSV's columns."""
    return list(csv.DictReader(ask(path, "show stat -1 4 -1").removeprefix("# ").splitlines()))


def backends(path: str) -> tuple[str, ...]:
    """Names of all backends, those without servers too."""
    return tuple(line for line in ask(path, "show backend").splitlines() if line and line[0] not in "# ")


def information(path: str) -> Mapping[str, str]:
    """Version, process id, uptime and the like."""
    lines = ask(path, "show info").splitlines()
    return dict(line.split(": ", 1) for line in lines if ": " in line)


def sessions(path: str) -> dict[Key, int]:
    """How many sessions every server has."""
    return {_key(row): int(row["scur"] or 0) for row in statistics(path)}


def session_ids(path: str, servers: Collection[Key]) -> list[str]:
    """What HAProxy calls the sessions of these servers."""
    rows = re.findall(r"^(0x[0-9a-f]+): .* be=(\S+) srv=(\S+) ", ask(path, "show sess"), re.M)
    return [session for session, backend, server in rows if (backend, server) in servers]


def cut_sessions(path: str, sessions: Iterable[str]) -> int:
    """End them; returns how many there were."""
    wanted = list(sessions)
    answers = [ask(path, line) for line in batches(map(cut_session_command, wanted))]
    return len(wanted) - sum(answer.count("No such session") for answer in answers)


def servers(path: str) -> tuple[Server, ...]:
    """Every server that follows our names: two readings, put together."""
    counters = {_key(row): row for row in statistics(path)}
    states = parse_state(servers_state(path))
    known = (_server(key, row, counters.get(key, {})) for key, row in states.items())
    return tuple(server for server in known if server)


def parse_state(document: str) -> dict[Key, dict[str, str]]:
    """Rows of a state document, by server."""
    lines = document.splitlines()
    header = next((line for line in lines if line.startswith("# be_id ")), "")
    names = header.removeprefix("# ").split()
    rows = (dict(zip(names, line.split(), strict=False)) for line in lines if line and line[0] != "#" and " " in line)
    return {Key(row["be_name"], row["srv_name"]): row for row in rows if "srv_uweight" in row}


def marks(document: str) -> dict[Key, Mark]:
    """What a state document keeps of every server."""
    return {key: Mark(_state(row), int(row["srv_uweight"])) for key, row in parse_state(document).items()}


def _server(key: Key, row: Mapping[str, str], counters: Mapping[str, str]) -> Server | None:
    name = identity(key.server)
    if name is None:
        return None
    return Server(
        key,
        *name,
        state=_state(row),
        weight=int(row["srv_uweight"]),
        running=row["srv_op_state"] in _UP,
        checked=bool(int(row["srv_check_state"]) & _CHECK_CONFIGURED),
        health=int(counters.get("check_health") or 0),
        rise=int(counters.get("check_rise") or 0),
        fall=int(counters.get("check_fall") or 0),
        check_status=(counters.get("check_status") or "").removeprefix("* "),
        sessions=int(counters.get("scur") or 0),
    )


def _state(row: Mapping[str, str]) -> str:
    flags = int(row["srv_admin_state"])
    return MAINT if flags & _MAINTENANCE else DRAIN if flags & _DRAINING else READY


def _key(row: Mapping[str, str]) -> Key:
    return Key(row["pxname"], row["svname"])


def _unavailable(path: str, error: OSError) -> Unavailable:
    advice = {
        FileNotFoundError: "is HAProxy running, and does its configuration have this `stats socket`?",
        PermissionError: "run with become, or as a member of HAProxy's group",
        ConnectionRefusedError: "HAProxy is not running: look at `systemctl status haproxy`",
    }
    reason = "no answer in time" if isinstance(error, TimeoutError) else error.strerror or str(error)
    return Unavailable(f"could not speak to HAProxy at {path}: {reason}; {advice.get(type(error), 'look at its log')}")
