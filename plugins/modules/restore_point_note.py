#!/usr/bin/python
# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: restore_point_note
short_description: Write down where a restore point lies that another server of the cluster made
version_added: 0.1.0
description:
  - M(mainstay.ops.restore_point) writes down on the server that takes writes where a point lies. This writes the same down on a
    server that follows, so that it can be gone back to by its name also after that one became the primary.
  - What is written down already is left alone. Another point of the same name is an error.
extends_documentation_fragment:
  - mainstay.ops.fence.optional
author:
  - The mainstay maintainers (@mainstay)
options:
  point:
    description: What M(mainstay.ops.restore_point) returned as RV(mainstay.ops.restore_point#module:point).
    type: dict
    required: true
    suboptions:
      name:
        description: Name of the point.
        type: str
        required: true
      lsn:
        description: Where it lies.
        type: str
        required: true
      segment:
        description: The segment of the write-ahead log that holds it.
        type: str
        required: true
      at:
        description: When it was made, in seconds since the epoch.
        type: float
        required: true
      system_id:
        description: The system identifier of the cluster.
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
attributes:
  check_mode:
    support: full
    description: Says whether it would be written down, and writes nothing.
  diff_mode:
    support: full
    description: Shows the position.
seealso:
  - module: mainstay.ops.restore_point
"""

EXAMPLES = r"""
- name: Name the state before the migration
  mainstay.ops.restore_point:
    name: before-v2-1a2b3c4d
    stanza: main
    environment: production
    database: {host: /var/run/postgresql, dbname: postgres, user: backup, sslmode: disable}
  register: made

- name: Have the replica know it
  mainstay.ops.restore_point_note:
    point: "{{ made.point }}"
    stanza: main
    environment: production
  delegate_to: db2
"""

RETURN = r"""
steps:
  description: What was done, or would be.
  returned: success
  type: list
  elements: dict
  sample: [{action: note, subject: before-v2-1a2b3c4d, before: "", after: 0/3000148}]
"""

from ..module_utils._backup.operation_note import MADE, RESTORE_POINT_NOTE
from ..module_utils._edge.run import run
from ..module_utils._edge.spec import FENCE


def main() -> None:
    run(
        {
            "point": {"type": "dict", "required": True, "options": MADE},
            "stanza": {"type": "str", "required": True},
            "environment": {"type": "str", "required": True},
            "directory": {"type": "path", "default": "/var/lib/mainstay"},
            "fence": {"type": "dict", "options": FENCE},
        },
        RESTORE_POINT_NOTE,
    )


if __name__ == "__main__":
    main()
