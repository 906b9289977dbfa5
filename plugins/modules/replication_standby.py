#!/usr/bin/python
# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: replication_standby
short_description: Have a PostgreSQL server follow a primary, or stop following it
version_added: 0.1.0
description:
  - Makes a standby of streaming replication with C(pg_basebackup), through a replication slot of its own, in a directory beside
    whatever is there. The copy takes the place of it in one step, is started, and is waited for until it is no farther behind
    than O(lag_bytes).
  - Points a standby that runs to another primary, without restarting it.
  - Brings a former primary back with C(pg_rewind), which copies only what differs. Where that cannot be done, as in data without
    checksums and without C(wal_log_hints), the plan says why and makes a new copy. Nothing is replaced without O(confirm), and
    what was there is kept as C(<data>.before-<time>), until M(mainstay.ops.backup_restore) with C(state=discarded) removes it.
  - Refuses a running primary, data of another cluster, and a place that is not empty and holds no standby.
  - Killed at any moment, the data is the old or the new, whole, or it is marked as half rewound and the next run copies it anew.
  - Runs on the host of the standby, as root or as the owner of the data.
extends_documentation_fragment:
  - mainstay.ops.replication
  - mainstay.ops.replication.acting
  - mainstay.ops.fence.optional
author:
  - The mainstay maintainers (@mainstay)
requirements:
  - psycopg 3
  - PostgreSQL 14 or newer
  - Linux
options:
  state:
    description:
      - V(present) is a standby that runs and follows.
      - V(rejoined) is the same of data that was a primary and is stopped.
      - V(absent) is a standby that is stopped, cannot be started by accident, and whose slot is gone from the primary. Its data
        stays.
      - V(forgotten) only drops the slot, of a standby whose host is lost. It runs wherever the primary can be reached.
    type: str
    choices: [present, rejoined, absent, forgotten]
    default: present
  primary:
    description:
      - How the primary is reached, from here and for good. The role needs C(REPLICATION) and the rights of C(pg_monitor); for
        C(pg_rewind) it may also execute C(pg_ls_dir), C(pg_stat_file) and C(pg_read_binary_file).
      - The password is kept in a file beside the data that only its owner reads.
    type: dict
    required: true
    suboptions:
      dbname:
        description: Name of a database.
        type: str
        required: true
      host:
        description: Name or address of the server.
        type: str
        default: ''
      port:
        description: Port of the server.
        type: int
        default: 5432
      user:
        description: Role to log in with. Empty for the name of the user that runs the module.
        type: str
        default: ''
      password:
        description: Password of the role.
        type: str
        default: ''
      sslmode:
        description: How the connection is protected. Only V(verify-full) proves that the server is the right one.
        type: str
        choices: [disable, prefer, require, verify-ca, verify-full]
        default: verify-full
      ca:
        description: File on the target with the certificates that are trusted.
        type: path
        default: ''
      application_name:
        description: How the session calls itself in C(pg_stat_activity).
        type: str
        default: mainstay
  slot:
    description: Name of the standby's replication slot on the primary.
    type: str
    required: true
  members:
    description:
      - Names of the slots of all servers of the cluster. Where a former primary follows now, those of them that nobody uses are
        dropped, which would have it keep its log for ever. Slots with other names are left alone.
    type: list
    elements: str
    default: []
attributes:
  check_mode:
    support: full
    description: Plans, and has C(pg_rewind) try without writing.
  diff_mode:
    support: full
    description: Shows each step before and after.
"""

EXAMPLES = r"""
- name: Have db2 follow db1
  mainstay.ops.replication_standby:
    data: /var/lib/postgresql/15/main
    unit: postgresql@15-main.service
    environment: production
    host: db2
    slot: db2
    primary:
      host: db1.example.com
      dbname: postgres
      user: mainstay_replication
      password: "{{ vault_replication_password }}"
"""

RETURN = r"""
role:
  description: What the server is now, as M(mainstay.ops.replication_info) says it.
  returned: success
  type: str
  sample: standby
timeline:
  description: Number of its timeline.
  returned: success
  type: int
lsn:
  description: What it has replayed.
  returned: success
  type: str
  sample: 0/3007280
follows:
  description: Host and port of the server that it follows, while it is connected.
  returned: success
  type: str
  sample: db1:5432
lag_bytes:
  description: How far it is behind its primary; none while it is not connected.
  returned: success
  type: int
confirm:
  description: What must be given as O(confirm) where data is replaced.
  returned: success
  type: str
  sample: production db2
steps:
  description: What was done, or would be.
  returned: success
  type: list
  elements: dict
  sample: [{action: start, subject: /var/lib/postgresql/15/main, before: stopped, after: a standby}]
"""

from ..module_utils._edge.run import run
from ..module_utils._replication.operation_standby import REPLICATION_STANDBY, STANDBY


def main() -> None:
    run(STANDBY, REPLICATION_STANDBY)


if __name__ == "__main__":
    main()
