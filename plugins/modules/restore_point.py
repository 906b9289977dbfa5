#!/usr/bin/python
# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: restore_point
short_description: Give the present state of a PostgreSQL cluster a name that a recovery can go back to
version_added: 0.1.0
description:
  - Makes a named restore point in the write-ahead log. It costs next to nothing, and M(mainstay.ops.backup_restore) goes back to
    exactly there.
  - A name is given once. Asked for again, the module returns the one that is there, and changes nothing.
  - Where the point lies is written down on this host, so that a restore here finds the right backup by itself. Have other
    servers know it too (M(mainstay.ops.restore_point_note)), and keep RV(lsn) if all of them may be lost.
extends_documentation_fragment:
  - mainstay.ops.fence.optional
  - mainstay.ops.database
author:
  - The mainstay maintainers (@mainstay)
requirements:
  - psycopg 3
  - A role that may execute C(pg_create_restore_point), and C(pg_switch_wal) for O(archived)
options:
  name:
    description: Name of the point, 1 to 63 letters, digits, dots, dashes and underscores.
    type: str
    required: true
  stanza:
    description: Name of the cluster in pgBackRest's configuration.
    type: str
    required: true
  environment:
    description: Name of the environment.
    type: str
    required: true
  directory:
    description: Where environments keep their state on this host.
    type: path
    default: /var/lib/mainstay
  archived:
    description:
      - Whether to wait until the point lies in the archive, for which the server begins a new segment. Without it the point
        survives the loss of the host only once its segment is archived.
    type: bool
    default: false
  within:
    description: How long that may take.
    type: str
    default: 60s
attributes:
  check_mode:
    support: full
    description: Says whether a point would be made, and makes none.
  diff_mode:
    support: full
    description: Shows the point before and after.
"""

EXAMPLES = r"""
- name: Name the state before the migration
  mainstay.ops.restore_point:
    name: before-v2-1a2b3c4d
    stanza: main
    environment: production
    archived: true
    database:
      host: /var/run/postgresql
      dbname: postgres
      user: backup
      sslmode: disable
"""

RETURN = r"""
name:
  description: Name of the point.
  returned: success
  type: str
  sample: before-v2-1a2b3c4d
lsn:
  description: Where the point lies, or an empty string if there is none yet.
  returned: success
  type: str
  sample: 0/3000148
time:
  description: When it was made.
  returned: success
  type: str
  sample: "2026-05-03 14:29:58Z"
segment:
  description: The segment of the write-ahead log that holds it.
  returned: success
  type: str
  sample: "000000010000000000000003"
archived:
  description: Whether it is known to lie in the archive.
  returned: success
  type: bool
  sample: true
point:
  description: All that M(mainstay.ops.restore_point_note) needs to have another server know it; empty if there is none yet.
  returned: success
  type: dict
  sample:
    name: before-v2-1a2b3c4d
    lsn: 0/3000148
    segment: "000000010000000000000003"
    at: 1777818598.25
    system_id: "7710879463839285759"
steps:
  description: What was done, or would be.
  returned: success
  type: list
  elements: dict
  sample: [{action: make, subject: before-v2-1a2b3c4d, before: "", after: a restore point}]
"""

from ..module_utils._backup.operation_point import RESTORE_POINT
from ..module_utils._edge.run import run
from ..module_utils._edge.spec import FENCE
from ..module_utils._postgres.operation_database import DATABASE


def main() -> None:
    run(
        {
            "name": {"type": "str", "required": True},
            "stanza": {"type": "str", "required": True},
            "environment": {"type": "str", "required": True},
            "directory": {"type": "path", "default": "/var/lib/mainstay"},
            "archived": {"type": "bool", "default": False},
            "within": {"type": "str", "default": "60s"},
            "database": {"type": "dict", "required": True, "options": DATABASE},
            "fence": {"type": "dict", "options": FENCE},
        },
        RESTORE_POINT,
    )


if __name__ == "__main__":
    main()
