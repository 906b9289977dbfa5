# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Python libraries that a target must have, asked for by name before anything is tried."""

from __future__ import annotations

import importlib
from dataclasses import dataclass

from .._core.errors import LibraryMissing


@dataclass(frozen=True)
class Library:
    """A Python library, with the Debian package that brings it."""

    name: str
    package: str


DOCKER = Library("docker", "python3-docker")
PSYCOPG = Library("psycopg", "python3-psycopg")
REDIS = Library("redis", "python3-redis")


def require(libraries: tuple[Library, ...]) -> None:
    """Raise ``LibraryMissing`` for the first library that cannot be imported here."""
    for library in libraries:
        try:
            importlib.import_module(library.name)
        except ImportError as error:
            raise LibraryMissing(
                f"the Python library {library.name} is missing on this host: install the Debian package "
                f"{library.package}, or {library.name} from PyPI for the interpreter that Ansible uses"
            ) from error
