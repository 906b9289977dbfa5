# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Connections to Redis; the one place that knows how the library wants them made."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

with suppress(ImportError):
    import redis
    from redis.backoff import NoBackoff
    from redis.exceptions import AuthenticationError
    from redis.retry import Retry

from .model import Server


def connect(server: Server, timeout: float) -> redis.Redis:
    """A client that answers or raises within ``timeout`` seconds a read, and never tries again behind our back."""
    return redis.Redis(
        host=server.host,
        port=server.port,
        db=server.database,
        username=server.username or None,
        password=server.password or None,
        socket_timeout=timeout,
        socket_connect_timeout=timeout,
        retry=Retry(NoBackoff(), 0),
        **_tls(server),
    )


def is_shut_out(error: Exception) -> bool:
    """Whether the credentials are wrong; older libraries say so in the text only."""
    return isinstance(error, AuthenticationError) or str(error).startswith(("WRONGPASS", "NOAUTH"))


def _tls(server: Server) -> dict[str, Any]:
    if not server.tls:
        return {}
    return {
        "ssl": True,
        "ssl_ca_certs": server.ca_path or None,
        "ssl_cert_reqs": "required" if server.validate_certs else "none",
        "ssl_check_hostname": server.validate_certs,
    }
