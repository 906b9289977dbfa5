# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The option that says which bucket is meant, which the modules share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._core.text import seconds
from .._edge.spec import into
from .model import Bucket

BUCKET = {
    "name": {"type": "str", "required": True},
    "endpoint": {"type": "str"},
    "region": {"type": "str", "default": "us-east-1"},
    "access_key": {"type": "str", "no_log": False},
    "secret_key": {"type": "str", "no_log": True},
    "session_token": {"type": "str", "no_log": True},
    "ca_path": {"type": "path"},
    "timeout": {"type": "str", "default": "30s"},
}
"""Argument spec of a bucket."""


def place(params: Mapping[str, Any]) -> Bucket:
    return into(Bucket, {**params, "timeout": seconds(params["timeout"], noun="timeout")})
