"""The configuration, from the environment alone; without all of it the service refuses to start."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field

REQUIRED = ("PORT", "DATABASE_URL", "REDIS_URL", "SECRET_KEY", "LOG_LEVEL", "ENVIRONMENT")
LEVELS = {"DEBUG", "INFO", "WARNING", "ERROR"}


class ConfigurationInvalid(Exception):
    """Names the variables, never their values."""


@dataclass(frozen=True)
class Configuration:
    """Secrets are left out of the representation, so that no log shows them."""

    port: int
    database_url: str = field(repr=False)
    redis_url: str = field(repr=False)
    secret_key: str = field(repr=False)
    log_level: str
    environment: str
    replica: str
    stop_grace: float


def read_configuration(environment: Mapping[str, str] = os.environ) -> Configuration:
    missing = [name for name in REQUIRED if not environment.get(name)]
    if missing:
        raise ConfigurationInvalid(f"missing environment variables: {', '.join(missing)}")
    return Configuration(
        port=read_port(environment["PORT"]),
        database_url=environment["DATABASE_URL"],
        redis_url=environment["REDIS_URL"],
        secret_key=environment["SECRET_KEY"],
        log_level=read_level(environment["LOG_LEVEL"]),
        environment=environment["ENVIRONMENT"],
        replica=environment.get("REPLICA") or socket.gethostname(),
        stop_grace=read_seconds(environment.get("STOP_GRACE_SECONDS", "1")),
    )


def read_port(text: str) -> int:
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise ConfigurationInvalid("PORT must be a number from 1 to 65535")
    return int(text)


def read_level(text: str) -> str:
    if text.upper() not in LEVELS:
        raise ConfigurationInvalid(f"LOG_LEVEL must be one of {', '.join(sorted(LEVELS))}")
    return text.upper()


def read_seconds(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ConfigurationInvalid("STOP_GRACE_SECONDS must be a number") from None
