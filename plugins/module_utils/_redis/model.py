# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where a Redis server is, and who we are there."""

from __future__ import annotations

from dataclasses import dataclass, field

from .._core.errors import InvalidInput
from .._core.text import shown


@dataclass(frozen=True)
class Server:
    """One Redis server and the number of one of its databases."""

    host: str = "127.0.0.1"
    port: int = 6379
    database: int = 0
    username: str = ""
    password: str = field(default="", repr=False)
    tls: bool = False
    ca_path: str = ""
    validate_certs: bool = True

    def __post_init__(self) -> None:
        if not 1 <= self.port <= 65535:
            raise InvalidInput(f"{self.port} is not a port: allowed are 1 to 65535")
        if not 0 <= self.database <= 999:
            raise InvalidInput(f"{self.database} is not a database of Redis: allowed are 0 to 999")
        if not self.host or self.host != self.host.strip() or not self.host.isprintable() or len(self.host) > 253:
            raise InvalidInput(f"{shown(self.host)} is not a host: write a name or an address")

    @property
    def address(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"
