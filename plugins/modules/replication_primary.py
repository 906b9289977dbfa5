#!/usr/bin/python
# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: replication_primary
short_description: Fence a PostgreSQL primary, promote a standby in its place, or have the fenced one take writes again
version_added: 0.1.0
description:
  - Three states that make a switch of the primary, each on the host that it concerns. Each says in RV(steps) what it does, and
    run again after it was killed goes on where it was.
  - There are never two primaries. One is fenced by C(standby.signal) in its data before it is stopped, so that however it is
    started it comes up in recovery, and by a mask on its unit. A standby is promoted only with the proof of that.
  - Nothing that was acknowledged is lost. A primary that is stopped in fast mode sends the whole log to those who follow, a
    shutdown checkpoint at its end. The standby must have replayed that very record, and finds it in its own log.
  - Runs on the database host, as root or as the owner of the data.
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
      - V(fenced) is an old primary that is stopped and cannot come back as one. RV(proof) says where its log ends. Refused while
        the standby at O(slot) is farther behind than O(lag_bytes).
      - V(promoted) is a standby that has become the primary, because O(proof) is given, or O(lost) with O(fence_command).
      - V(resumed) is a fenced primary that takes writes again, because each of O(peers) answers and still follows.
    type: str
    choices: [fenced, promoted, resumed]
    required: true
  slot:
    description:
      - The slot of the standby that shall take over, for O(state=fenced). Without it O(confirm) is needed, for nobody takes over.
    type: str
    default: ''
  proof:
    description: What O(state=fenced) returned.
    type: dict
    suboptions:
      system_id:
        description: The system identifier of the cluster.
        type: str
        required: true
      timeline:
        description: The timeline on which the old primary wrote.
        type: int
        required: true
      checkpoint:
        description: The LSN of its last checkpoint.
        type: str
        required: true
  primary:
    description: How the old primary is reached, to see that it does not answer as one before another is promoted.
    type: dict
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
  peers:
    description:
      - How each other server of the cluster is reached. For O(state=resumed) each must answer and follow. For O(state=promoted)
        none may take writes.
    type: list
    elements: dict
    default: []
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
  lost:
    description: Host of an old primary that cannot be asked, for O(state=promoted). What it acknowledged alone is lost.
    type: str
    default: ''
  fence_command:
    description:
      - A program with its arguments that fences O(lost) from outside, such as one that switches the machine off, and that ends
        with 0 only if that is certain. It runs on this host, as the user that runs the module. It must keep the old primary from
        coming back by itself until it is rejoined.
    type: list
    elements: str
    default: []
attributes:
  check_mode:
    support: full
    description: Plans, and touches nothing.
  diff_mode:
    support: full
    description: Shows each step before and after.
"""

EXAMPLES = r"""
- name: Have db1 take no more writes, for db2 is up to date
  mainstay.ops.replication_primary:
    state: fenced
    data: /var/lib/postgresql/15/main
    unit: postgresql@15-main.service
    environment: production
    host: db1
    slot: db2
  delegate_to: db1
  register: fenced

- name: Have db2 take them
  mainstay.ops.replication_primary:
    state: promoted
    data: /var/lib/postgresql/15/main
    unit: postgresql@15-main.service
    environment: production
    host: db2
    proof: "{{ fenced.proof }}"
  delegate_to: db2
"""

RETURN = r"""
role:
  description: What the server is now, as M(mainstay.ops.replication_info) says it.
  returned: success
  type: str
  sample: primary
timeline:
  description: Number of its timeline.
  returned: success
  type: int
lsn:
  description: Where it writes, or its last checkpoint.
  returned: success
  type: str
  sample: 0/3007280
proof:
  description: Where the log of the fenced primary ended; empty otherwise.
  returned: success
  type: dict
  sample: {system_id: "7710879463839285759", timeline: 1, checkpoint: 0/5000028}
at:
  description: When it stopped taking writes, or began to, in seconds since the epoch by this host's clock; 0 if nothing changed.
  returned: success
  type: float
  sample: 1795316889.103
time:
  description: The same as a date and a time.
  returned: success
  type: str
  sample: "2026-11-22 03:08:09Z"
confirm:
  description: What must be given as O(confirm) where that is needed.
  returned: success
  type: str
  sample: production db1 is lost
steps:
  description: What was done, or would be.
  returned: success
  type: list
  elements: dict
  sample: [{action: promote, subject: /var/lib/postgresql/15/main, before: a standby at 0/50000A0, after: the primary}]
"""

from ..module_utils._edge.run import run
from ..module_utils._replication.operation_primary import PRIMARY, REPLICATION_PRIMARY


def main() -> None:
    run(PRIMARY, REPLICATION_PRIMARY)


if __name__ == "__main__":
    main()
