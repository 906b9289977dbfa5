# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Endpoints, what is expected of them, what they answered, and the verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum, auto
from typing import Any

from .._core.errors import Failed, InvalidInput, TimedOut, Unavailable
from .._core.text import shown, within
from .._core.verdict import Verdict

HTTP = ("http", "https")


class Cause(StrEnum):
    """Who or what is to blame for an answer that was not right."""

    NONE = ""
    ROUTER = auto()  # a proxy answered in the application's place: it has no backend that can
    APPLICATION = auto()  # the application answered, and not what is expected
    VERSION = auto()  # the application is well, but it is another release
    LOGIN = auto()  # the server let us not in
    GARBLED = auto()  # what came back breaks its protocol
    TIMEOUT = auto()  # connected, but no full answer in time
    RESET = auto()  # connected, then hung up on
    REFUSED = auto()  # nobody listens there
    TLS = auto()  # the certificate or the handshake is not to be trusted
    UNREACHABLE = auto()  # no route, or no connection in time
    DNS = auto()  # the name could not be resolved


NO_DATA = frozenset({Cause.UNREACHABLE, Cause.DNS})
"""Causes in which nobody at the endpoint said anything, so that nothing is known of it."""


class Unhealthy(Failed):
    """At least one endpoint answered wrongly."""


class NoVerdict(TimedOut):
    """No endpoint answered wrongly, but of at least one there is too little data to pass it."""


@dataclass(frozen=True)
class Trouble:
    """Why an answer is not right: a cause for programs, a text for people."""

    cause: Cause
    text: str


class NoAnswer(Unavailable):
    """A probe brought no answer that could be judged; ``trouble`` tells why."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(trouble.text)
        self.trouble = trouble


@dataclass(frozen=True)
class Target:
    """Where an endpoint is, and who we are there. ``others`` are servers of the same cluster, of which one takes writes."""

    scheme: str
    host: str
    port: int
    path: str = ""
    username: str = ""
    password: str = field(default="", repr=False)
    sslmode: str = "prefer"
    others: tuple[tuple[str, int], ...] = ()

    @property
    def each(self) -> tuple[Target, ...]:
        """The servers one by one."""
        places = ((self.host, self.port), *self.others)
        return tuple(replace(self, host=host, port=port, others=()) for host, port in places)

    @property
    def address(self) -> str:
        return ",".join(_address(one.host, one.port) for one in self.each)


def _address(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


@dataclass(frozen=True)
class Endpoint:
    """One thing to ask, and what it should answer; ``timeout`` is seconds for a whole probe, from name to last byte."""

    name: str
    target: Target
    status: tuple[int, ...] = (200,)
    json: Mapping[str, Any] = field(default_factory=dict)
    version: str = ""
    timeout: float = 5.0
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)
    ca_path: str = ""
    validate_certs: bool = True

    def __post_init__(self) -> None:
        within("timeout", self.timeout, 0.01, 600)
        if self.target.scheme == "tcp" and (self.json or self.version):
            raise InvalidInput(f"endpoint {shown(self.name)}: a tcp endpoint has no body in which to expect json or version")
        if self.target.scheme not in HTTP and self.headers:
            raise InvalidInput(f"endpoint {shown(self.name)}: headers are for http and https only")

    @property
    def expects_json(self) -> bool:
        return bool(self.json or self.version)


@dataclass(frozen=True)
class Policy:
    """How many right answers in a row make an endpoint healthy, and how long to wait for them, in seconds."""

    healthy: int = 1
    deadline: float = 30.0
    interval: float = 1.0
    jitter: float = 0.1

    def __post_init__(self) -> None:
        within("healthy", self.healthy, 1, 100)
        within("deadline", self.deadline, 0, 86400)
        within("interval", self.interval, 0.01, 3600)
        within("jitter", self.jitter, 0, 3600)


@dataclass(frozen=True)
class Answer:
    """What one probe brought back; ``trouble`` is set if it broke off."""

    seconds: float = 0.0
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    cut: bool = False
    trouble: Trouble | None = None


@dataclass(frozen=True)
class Trial:
    """What is kept of an answer once it is judged; no trouble means that it was right."""

    seconds: float
    trouble: Trouble | None = None
    status: int | None = None
    excerpt: str = ""


@dataclass(frozen=True)
class Result:
    """The verdict on one endpoint, and what it rests on; latencies are milliseconds, of probes that got an answer."""

    name: str
    address: str
    verdict: Verdict
    cause: Cause
    attempts: int
    consecutive: int
    p50_ms: float | None
    p95_ms: float | None
    status: int | None
    excerpt: str
    error: str
