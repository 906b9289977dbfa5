# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reads the directory of the migrations on the controller, and hands its files to the module that only looks."""

from __future__ import annotations

from .db_migrate import ActionModule as Migrate


class ActionModule(Migrate):
    """The same for db_migrate_repair."""

    MODULE = "mainstay.ops.db_migrate_repair"
