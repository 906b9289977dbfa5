#!/usr/bin/python
# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: database_activity
short_description: End sessions of a PostgreSQL database by rules
version_added: 0.1.0
description:
  - Ends the sessions that a rule means, in the database that it logs in to and in no other. Statements are cancelled first. A
    session is terminated only where its rule says so.
  - The plan names each session by its pid and its start. It is ended only if it is still that one, in the same state since
    the same moment, so neither another session that got its pid is hit nor one that went on meanwhile.
  - Never ended are sessions of superusers and of roles for replication, whatever is no client, this collection's own
    (C(mainstay*)), and those of C(pg_dump*), C(pg_restore*), C(pg_basebackup*), C(pgBackRest*) and C(Patroni*).
  - In one run, 200 sessions are ended at most; RV(left) says how many more match.
extends_documentation_fragment:
  - mainstay.ops.database
  - mainstay.ops.fence.optional
author:
  - The mainstay maintainers (@mainstay)
requirements:
  - psycopg 3.1 or newer
  - PostgreSQL 14 or newer
  - the rights C(pg_read_all_stats) and C(pg_signal_backend)
options:
  rules:
    description: Which sessions to end. One that matches any rule is, by the first one that it matches.
    type: list
    elements: dict
    required: true
    suboptions:
      state:
        description:
          - The state that the session is in. Needed unless O(rules[].blocking) is given.
          - A session that is idle has no statement to cancel, so a rule for it needs O(rules[].terminate).
        type: str
        choices: [active, idle, idle in transaction, idle in transaction (aborted)]
      older:
        description:
          - For how long the statement has run, or the session has been in its state, V(1s) at least.
          - With O(rules[].blocking), for how long its transaction has been open.
        type: str
        required: true
      application:
        description: The name that the session gives itself, as a glob with C(*) and C(?).
        type: str
      user:
        description: Its role, as a glob.
        type: str
      blocking:
        description: How many sessions wait for it, directly or behind others, at least, while it waits for nobody itself.
        type: int
        default: 0
      terminate:
        description: Whether to terminate it if there is nothing to cancel, or if it did not let go within O(grace).
        type: bool
        default: false
  protected:
    description: Names of more applications whose sessions are never ended, as globs.
    type: list
    elements: str
    default: []
  grace:
    description: How long a session may take to let go.
    type: str
    default: 5s
  largest:
    description:
      - How many sessions may be ended without a confirmation, 1 to 50. If more match, the module fails and returns
        RV(confirm), in check mode too.
    type: int
    default: 5
  confirm:
    description:
      - What the module returned as RV(confirm) when it was refused for O(largest). It holds for the same database and
        rules, and for a tenth more sessions than were counted.
    type: str
  timeout:
    description: How long one query may take.
    type: str
    default: 10s
attributes:
  check_mode:
    support: full
    description: Names the sessions, and ends none.
  diff_mode:
    support: full
    description: Shows what each session does and what becomes of it.
"""

EXAMPLES = r"""
- name: End what forgot its transaction, and cancel what runs for too long
  mainstay.ops.database_activity:
    database:
      host: db1
      dbname: shop
      user: shop_operator
      password: "{{ vault_database_operator_password }}"
    rules:
      - {state: idle in transaction, older: 5m, terminate: true}
      - {state: active, older: 10m, application: "report*"}

- name: End whatever holds up twenty sessions for half a minute
  mainstay.ops.database_activity:
    database: {host: db1, dbname: shop, user: shop_operator, password: "{{ vault_database_operator_password }}"}
    rules:
      - {blocking: 20, older: 30s, terminate: true}
"""

RETURN = r"""
matched:
  description: How many sessions the rules meant.
  returned: success, also when refused for O(largest)
  type: int
  sample: 2
left:
  description: How many of them are more than one run may end; run it again.
  returned: success
  type: int
  sample: 0
cancelled:
  description: Pids of the sessions whose statement was cancelled.
  returned: always, once the first was told
  type: list
  elements: int
terminated:
  description: Pids of the sessions that were terminated.
  returned: always, once the first was told
  type: list
  elements: int
missed:
  description: Pids of sessions that had let go by themselves, so that nothing was done to them.
  returned: always, once the first was told
  type: list
  elements: int
remaining:
  description: Pids of sessions that did not let go.
  returned: when there are any, and the module fails
  type: list
  elements: int
confirm:
  description: What is to be given as O(confirm) if all these sessions shall go.
  returned: when refused for O(largest)
  type: str
  sample: 22-5b1c9d02
steps:
  description: What was done, or would be.
  returned: always
  type: list
  elements: dict
  sample:
    - action: terminate
      subject: pid 4711, since 2026-01-15 02:51:03.120000+0000
      before: "pid 4711 of shop_app (api), idle in transaction for 312 s, holds up 17 others: UPDATE orders SET state = ?"
      after: gone
"""

from ..module_utils._database.operation_activity import DATABASE_ACTIVITY, END
from ..module_utils._edge.run import run


def main() -> None:
    run(END, DATABASE_ACTIVITY)


if __name__ == "__main__":
    main()
