# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Python libraries that a target must have, asked for by name before anything is tried."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from importlib.metadata import version

from .._core.errors import LibraryMissing


@dataclass(frozen=True)
class Library:
    """A Python library, with the Debian package that brings it; "" where none is new enough. ``least`` is a major version."""

    name: str
    package: str
    least: int = 0


DOCKER = Library("docker", "python3-docker")
PSYCOPG = Library("psycopg", "python3-psycopg")
REDIS = Library("redis", "python3-redis")
BOTO3 = Library("boto3", "python3-boto3")
PROMETHEUS = Library("prometheus_client", "python3-prometheus-client")


def require(libraries: tuple[Library, ...]) -> None:
    """Raise ``LibraryMissing`` for the first library that cannot be imported here, or is too old."""
    for library in libraries:
        try:
            importlib.import_module(library.name)
        except ImportError as error:
            raise LibraryMissing(f"the Python library {library.name} is missing on this host: {_advice(library)}") from error
        if library.least and int(version(library.name).partition(".")[0]) < library.least:
            found = f"the Python library {library.name} is {version(library.name)} on this host"
            raise LibraryMissing(f"{found}, and must be {library.least} or newer: {_advice(library)}")


def _advice(library: Library) -> str:
    from_pypi = f"{library.name}{f'>={library.least}' if library.least else ''} from PyPI for the interpreter that Ansible uses"
    return f"install the Debian package {library.package}, or {from_pypi}" if library.package else f"install {from_pypi}"
