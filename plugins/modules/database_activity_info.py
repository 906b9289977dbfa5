#!/usr/bin/python
# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: database_activity_info
short_description: Say what the sessions of a PostgreSQL server do, who holds up whom, and how many connections are left
version_added: 0.1.0
description:
  - Looks at the sessions of the whole server, at prepared transactions and replication slots. Where the extension
    C(pg_stat_statements) is installed in the database, at the statements that took most time there, too.
  - Statements are told without their literals and comments, and cut, because they may hold secrets and people's data.
  - Every list is sorted by what is worst, and bounded.
extends_documentation_fragment:
  - mainstay.ops.database
author:
  - The mainstay maintainers (@mainstay)
requirements:
  - psycopg 3.1 or newer
  - PostgreSQL 14 or newer
  - the right C(pg_read_all_stats), which C(pg_monitor) includes
options:
  idle:
    description: From which age on a session that is idle in its transaction, or a prepared transaction, is a finding.
    type: str
    default: 1m
  transaction:
    description: From which age on an open transaction is a finding.
    type: str
    default: 5m
  slow:
    description: From which age on a statement that runs is a finding.
    type: str
    default: 5s
  most:
    description: How many entries each list has at most, 1 to 200.
    type: int
    default: 20
  timeout:
    description: How long one query may take.
    type: str
    default: 10s
attributes:
  check_mode:
    support: full
    description: Only reads.
  diff_mode:
    support: none
    description: Changes nothing.
"""

EXAMPLES = r"""
- name: What is going on?
  mainstay.ops.database_activity_info:
    database:
      host: db1
      dbname: shop
      user: shop_operator
      password: "{{ vault_database_operator_password }}"
  register: activity

- name: Show what is worth a look, each with what to do
  ansible.builtin.debug:
    var: activity.findings
"""

RETURN = r"""
verdict:
  description: V(pass), or V(fail) if there are findings.
  returned: success
  type: str
  sample: fail
findings:
  description: What is not as it should be, the worst first.
  returned: success
  type: list
  elements: dict
  sample:
    - subject: blocking
      says: pid 4711 of shop_app (api), idle in transaction for 312 s holds up 17 sessions, the longest for 301 s
      advice: "if it shall go: end_database_sessions"
connections:
  description:
    - V(limit) of the server, of which V(reserved) are kept for superusers and for roles that may use those, how many are V(used),
      V(free), and their V(share). Counts by V(states), V(users), V(applications) and V(databases).
    - V(database_limits) and V(role_limits) are those that have a limit of their own.
  returned: success
  type: dict
  sample: {limit: 100, reserved: 3, used: 95, free: 2, share: 0.979}
idle_in_transaction:
  description: Sessions that are idle in a transaction, longest first.
  returned: success
  type: list
  elements: dict
  sample:
    - pid: 4711
      started: "2026-01-15T02:51:03.120000+00:00"
      database: shop
      user: shop_app
      application: api
      client: 10.0.0.11
      state: idle in transaction
      seconds: 312.4
      transaction_seconds: 312.9
      waits: "Client: ClientRead"
      statement: "UPDATE orders SET state = ? WHERE id = ?"
      query_id: ""
blocking:
  description:
    - Trees of sessions that wait for each other's locks, those with most waiting first. The first of V(sessions) waits for
      nobody; V(depth) says how far behind it the others stand, V(holds_up) how many wait for each.
    - V(circle) is true for a deadlock, until the server ends it. A prepared transaction stands as pid 0.
  returned: success
  type: list
  elements: dict
transactions:
  description: Sessions whose transaction is open for longer than O(transaction), longest first.
  returned: success
  type: list
  elements: dict
statements:
  description: Sessions whose statement runs for longer than O(slow), longest first.
  returned: success
  type: list
  elements: dict
costly:
  description: The statements that took most time in all, by C(pg_stat_statements); nothing where it is not there.
  returned: success
  type: list
  elements: dict
  sample: [{query_id: "-54", user: shop_app, calls: 71000, total_ms: 810000.0, mean_ms: 1.4, rows: 71000, statement: SELECT 1}]
prepared:
  description: Prepared transactions, oldest first. V(horizon) is how many transactions old the rows are that vacuum keeps for it.
  returned: success
  type: list
  elements: dict
slots:
  description: Replication slots, with V(horizon) as above and the bytes of WAL that are V(retained) for them.
  returned: success
  type: list
  elements: dict
"""

from ..module_utils._database.operation_activity import DATABASE_ACTIVITY_INFO, LOOK
from ..module_utils._edge.run import run


def main() -> None:
    run(LOOK, DATABASE_ACTIVITY_INFO)


if __name__ == "__main__":
    main()
