# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The grammar of an endpoint's URL. A URL may hold a password, so no error repeats it."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from .._core.errors import InvalidInput
from .._core.text import shown
from .model import HTTP, Target

PORTS = {"http": 80, "https": 443, "tcp": 0, "postgresql": 5432, "redis": 6379, "rediss": 6379}
HOST = r"[A-Za-z0-9]([A-Za-z0-9._\-]{0,252}[A-Za-z0-9])?|[0-9A-Fa-f:.]{2,45}"
MOST_HOSTS = 16
SSLMODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")


def target(name: str, url: str) -> Target:
    """The target that a URL names."""
    parts, hosts = _split(name, url)
    scheme = {"postgres": "postgresql"}.get(parts.scheme, parts.scheme)
    if scheme not in PORTS:
        raise _invalid(name, f"{shown(scheme)} is no kind of endpoint; write http, https, tcp, postgresql, redis or rediss")
    (host, port), *others = _places(name, scheme, hosts)
    return Target(
        scheme=scheme,
        host=host,
        port=port,
        path=_path(name, scheme, parts),
        username=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        sslmode=_sslmode(name, scheme, parts),
        others=tuple(others),
    )


def _split(name: str, url: str) -> tuple[SplitResult, list[SplitResult]]:
    """The URL as if it named the first host only, since nobody reads lists of hosts, and each host by itself."""
    found = re.fullmatch(r"([a-z]{2,12}://)([^/?#]*)(.*)", url) if len(url) <= 2048 and re.fullmatch("[!-~]+", url) else None
    if not found:
        raise _invalid(name, "write a URL such as http://app1:8000/health, without spaces, of at most 2048 characters")
    scheme, authority, rest = found.groups()
    login, at, hosts = authority.rpartition("@")
    told = hosts.split(",")
    return _read(name, f"{scheme}{login}{at}{told[0]}{rest}"), [_read(name, f"//{one}") for one in told]


def _read(name: str, url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError:  # its text may repeat a part of a password
        raise _invalid(name, "brackets are for an IPv6 address; in a password write %5B and %5D") from None


def _places(name: str, scheme: str, hosts: list[SplitResult]) -> list[tuple[str, int]]:
    """Host and port; several only of PostgreSQL, parted by commas as libpq has them."""
    if len(hosts) > (MOST_HOSTS if scheme == "postgresql" else 1):
        raise _invalid(name, f"several hosts are for postgresql only, and of these at most {MOST_HOSTS}")
    return [_place(name, scheme, one) for one in hosts]


def _place(name: str, scheme: str, parts: SplitResult) -> tuple[str, int]:
    port = _port(name, parts) or PORTS[scheme]
    if not port or not re.fullmatch(HOST, parts.hostname or ""):
        raise _invalid(name, "write a host name or address, and for tcp a port, such as tcp://db1:5432")
    return parts.hostname or "", port


def _port(name: str, parts: SplitResult) -> int:
    try:
        return parts.port or 0
    except ValueError:
        raise _invalid(name, "a port is a number from 1 to 65535") from None


def _path(name: str, scheme: str, parts: SplitResult) -> str:
    if scheme in HTTP:
        return f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
    path = unquote(parts.path.lstrip("/"))
    pattern = {"postgresql": r"[A-Za-z0-9_.\-]{0,63}", "tcp": ""}.get(scheme, r"[0-9]{0,3}")
    if not re.fullmatch(pattern, path):
        raise _invalid(name, "what follows the host is a database's name for postgresql, its number for redis, nothing for tcp")
    return path


def _sslmode(name: str, scheme: str, parts: SplitResult) -> str:
    given = parse_qs(parts.query, keep_blank_values=True) if scheme not in HTTP else {}
    mode = given.pop("sslmode", ["prefer"])[-1] if scheme == "postgresql" else "prefer"
    if given or mode not in SSLMODES:
        raise _invalid(name, f"of parameters in a URL only sslmode is known, for postgresql: {', '.join(SSLMODES)}")
    return mode


def _invalid(name: str, what: str) -> InvalidInput:
    return InvalidInput(f"endpoint {shown(name)}: {what}")
