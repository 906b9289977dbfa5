# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Argument spec of whose backups, which every module that calls pgBackRest takes."""

from __future__ import annotations

PLACE = {
    "stanza": {"type": "str", "required": True},
    "config": {"type": "path", "default": "/etc/pgbackrest/pgbackrest.conf"},
    "user": {"type": "str", "default": "postgres"},
}
