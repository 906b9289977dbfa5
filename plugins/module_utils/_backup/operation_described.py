# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Argument specs that the modules share which restore."""

from __future__ import annotations

from .._postgres.operation_database import DATABASE

CHECK = {
    "name": {"type": "str", "required": True},
    "query": {"type": "str", "required": True},
    "database": {"type": "str", "default": "postgres"},
    "expect": {"type": "str"},
    "least": {"type": "float"},
}
"""One query of the application's, and what must come out."""
RECOVERY = {
    "stanza": {"type": "str", "required": True},
    "config": {"type": "path", "default": "/etc/pgbackrest/pgbackrest.conf"},
    "user": {"type": "str", "default": "postgres"},
    "backup": {"type": "str"},
    "repository": {"type": "int", "default": 0},
    "binaries": {"type": "path"},
    "superuser": {"type": "str", "default": "postgres"},
    "processes": {"type": "int", "default": 0},
    "timeout": {"type": "str", "default": "4h"},
    "checks": {"type": "list", "elements": "dict", "default": [], "options": CHECK},
    "environment": {"type": "str", "required": True},
    "directory": {"type": "path", "default": "/var/lib/mainstay"},
}
"""Which backup is restored, with what, and what is asked of it."""
CANARY = {
    "database": {"type": "dict", "required": True, "options": DATABASE},
    "within": {"type": "str", "default": "10m"},
    "switch_wal": {"type": "bool", "default": False},
}
"""The live server, and how a row that is written there gets into the archive."""
COUNT = {
    "database": {"type": "str", "required": True},
    "schema": {"type": "str", "default": "public"},
    "table": {"type": "str", "required": True},
}
"""A table whose rows are counted."""
