# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The manifest of a dump, as JSON and back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from .model import DumpDamaged, ForeignKey, Locale, Manifest, Table

FORMAT = 1


def written(manifest: Manifest) -> str:
    return json.dumps({"format": FORMAT, **asdict(manifest)}, indent=1) + "\n"


def understood(text: str, path: str) -> Manifest:
    """The manifest; raises ``DumpDamaged`` for what is none, or one of a later version."""
    try:
        given = json.loads(text)
        if given.pop("format") != FORMAT:
            raise DumpDamaged(f"{path} was written by a later version of mainstay.ops: load the dump with that one")
        return _manifest(given)
    except (ValueError, TypeError, KeyError, AttributeError):
        raise DumpDamaged(f"{path} is no manifest of a dump: take the file that database_dump wrote beside the dump") from None


def _manifest(given: Mapping[str, Any]) -> Manifest:
    parts = {
        "locale": Locale(**given["locale"]),
        "tables": tuple(Table(**table) for table in given["tables"]),
        "foreign_keys": tuple(ForeignKey(**key) for key in given["foreign_keys"]),
    }
    return Manifest(**{**given, **parts})
