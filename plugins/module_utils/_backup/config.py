# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What of pgBackRest's configuration matters here. pgBackRest itself says whether the file is right."""

from __future__ import annotations

import configparser
import re
from collections.abc import Mapping

from .._core.errors import InvalidInput
from .model import FULL, Settings, StanzaMissing, Storage

NUMBERED = re.compile(r"repo([0-9]{1,3})-")
SECRET = re.compile(r"repo[0-9]*-(cipher-pass|s3-key|s3-key-secret|s3-token|azure-key|gcs-key)")
MOST = 256
"""Repositories that pgBackRest knows."""


def settings(text: str, stanza: str) -> Settings:
    """The settings of this stanza for taking backups; raises ``StanzaMissing``, and ``InvalidInput`` where it is no INI file."""
    parsed = _parsed(text)
    if not parsed.has_section(stanza):
        raise StanzaMissing(f"the configuration has no section [{stanza}]: it says where the data directory of the cluster is")
    options: dict[str, str] = {}
    for section in ("global", "global:backup", stanza, f"{stanza}:backup"):
        options.update(parsed[section] if parsed.has_section(section) else {})
    return Settings(
        repositories=tuple(_storage(number, options) for number in _numbers(options)),
        data="" if "pg1-host" in options else options.get("pg1-path", ""),
        socket=options.get("pg1-socket-path", ""),
        port=_number(options.get("pg1-port")) or 5432,
        secrets=tuple(secrets(text)),
    )


def secrets(text: str) -> list[str]:
    """Every value of the file that must not be shown, wherever in it."""
    parsed = _parsed(text)
    return [value for section in parsed.sections() for name, value in parsed[section].items() if SECRET.fullmatch(name)]


def _parsed(text: str) -> configparser.ConfigParser:
    """Options may be given several times; the last one counts, which is right for all that are read here."""
    parser = configparser.ConfigParser(strict=False, interpolation=None, delimiters=("=",), comment_prefixes=("#",))
    parser.default_section = "\0"
    try:
        parser.read_string(text)
    except configparser.Error as error:
        raise InvalidInput(f"the configuration of pgBackRest is no INI file: {type(error).__name__}") from None
    return parser


def _numbers(options: Mapping[str, str]) -> list[int]:
    found = {int(match[1]) for name in options if (match := NUMBERED.match(name))}
    return sorted(number for number in found if 1 <= number <= MOST) or [1]


def _storage(number: int, options: Mapping[str, str]) -> Storage:
    def option(name: str, default: str = "") -> str:
        return options.get(f"repo{number}-{name}", default)

    return Storage(
        number=number,
        kind=option("type", "posix"),
        path=option("path", "/var/lib/pgbackrest"),
        cipher=option("cipher-type", "none"),
        local=not option("host"),
        fulls=_number(option("retention-full")),
        by_time=option("retention-full-type", "count") == "time",
        archive=_number(option("retention-archive")),
        archive_kind=option("retention-archive-type", FULL),
    )


def _number(text: str | None) -> int | None:
    return int(text) if text and re.fullmatch(r"[0-9]{1,9}", text) else None
