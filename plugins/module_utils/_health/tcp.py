# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Connections over TCP and TLS, within a moment at which everything has to be done."""

from __future__ import annotations

import errno
import io
import socket
import ssl
import time
from typing import Any

from .model import Answer, Cause, Endpoint, NoAnswer, Target, Trouble
from .threads import within
from .trust import context

CAUSES = {errno.ECONNREFUSED: Cause.REFUSED, errno.ECONNRESET: Cause.RESET, errno.EPIPE: Cause.RESET}
BUDGET = 1 << 20
"""Bytes that are read from one connection at most, headers and framing included."""


def ask(endpoint: Endpoint, until: float) -> Answer:
    """Nothing but a connection."""
    dial(endpoint.target, until).close()
    return Answer()


def left(until: float) -> float:
    """Seconds until the moment; never zero, which would mean no timeout at all."""
    return max(0.001, until - time.monotonic())


def dial(target: Target, until: float) -> socket.socket:
    """A connection to the first address of the target that takes one; raises ``NoAnswer``."""
    found = _resolved(target, until)
    failure: OSError = OSError(errno.EHOSTUNREACH, "the name has no address")
    for remaining, (family, kind, protocol, _name, address) in zip(range(len(found), 0, -1), found, strict=True):
        sock = socket.socket(family, kind, protocol)
        try:
            sock.settimeout(left(until) / remaining)
            sock.connect(address)
        except OSError as error:
            sock.close()
            failure = error
        else:
            return sock
    raise NoAnswer(_unconnected(target, failure))


def secured(sock: socket.socket, endpoint: Endpoint, until: float) -> socket.socket:
    """The connection inside TLS; raises ``NoAnswer``."""
    sock.settimeout(left(until))
    trust = context(endpoint.ca_path, validate=endpoint.validate_certs)
    try:
        return trust.wrap_socket(sock, server_hostname=endpoint.target.host)
    except ssl.SSLCertVerificationError as error:
        raise NoAnswer(Trouble(Cause.TLS, f"its certificate is not trusted: {error.verify_message}")) from None
    except TimeoutError:
        raise NoAnswer(Trouble(Cause.TIMEOUT, "connected, but no TLS handshake in time")) from None
    except OSError as error:
        raise NoAnswer(Trouble(Cause.TLS, f"the TLS handshake failed: {error.strerror or error}")) from None


def trouble_of(error: OSError, doing: str) -> Trouble:
    """Who is to blame for an error on a connection that stood."""
    if isinstance(error, TimeoutError):
        return Trouble(Cause.TIMEOUT, f"no full answer in time {doing}")
    return Trouble(CAUSES.get(error.errno or 0, Cause.RESET), f"{error.strerror or type(error).__name__} {doing}")


class Stream(io.RawIOBase):
    """What comes over a connection until it is closed, the time is over or the budget is used up; ``end`` tells which."""

    def __init__(self, sock: socket.socket, until: float) -> None:
        self.end = ""
        self._sock, self._until, self._budget = sock, until, BUDGET

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if self._budget <= 0 or time.monotonic() >= self._until:
            return self._over("too long" if self._budget <= 0 else "too late")
        self._sock.settimeout(left(self._until))
        try:
            count = self._sock.recv_into(buffer)
        except TimeoutError:
            return self._over("too late")
        self._budget -= count
        return count or self._over("closed")

    def _over(self, end: str) -> int:
        self.end = end
        return 0


def _resolved(target: Target, until: float) -> list[Any]:
    """Every address of the target. The resolver knows no timeout, so it is asked beside."""
    try:
        return within(left(until), lambda: socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM))
    except TimeoutError:
        raise NoAnswer(Trouble(Cause.DNS, f"the name {target.host} was not resolved in time")) from None
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or "not a valid name"
        raise NoAnswer(Trouble(Cause.DNS, f"the name {target.host} could not be resolved: {reason}")) from None


def _unconnected(target: Target, error: OSError) -> Trouble:
    if isinstance(error, TimeoutError):
        return Trouble(Cause.UNREACHABLE, f"no connection to {target.address} in time")
    cause = CAUSES.get(error.errno or 0, Cause.UNREACHABLE)
    return Trouble(cause, f"{error.strerror or type(error).__name__} when connecting to {target.address}")
