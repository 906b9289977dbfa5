#!/usr/bin/python
# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: database_maintain_info
short_description: Say what the tables and indexes of a PostgreSQL database need
version_added: 0.1.0
description:
  - Looks for dead rows, outdated statistics, bloat, invalid, unused and duplicate indexes, rows so old that the numbers of
    transactions wrap around, and for who makes vacuum keep dead rows. It waits for no lock on a table.
  - Bloat is estimated from what C(ANALYZE) remembers of the width of columns, by the layout of pages that PostgreSQL documents.
    It is not known for tables that our role may not read, nor for indexes on expressions or other than B-trees. Where the
    extension C(pgstattuple) is there and our role may use it, the ten tables that seem worst are measured instead.
  - A standby is refused. It counts nothing by itself.
extends_documentation_fragment:
  - mainstay.ops.database
author:
  - The mainstay maintainers (@mainstay)
requirements:
  - psycopg 3.1 or newer
  - PostgreSQL 14 or newer
  - the right C(pg_read_all_stats), and to read the tables for their bloat
options:
  schemas:
    description: Schemas to look at; all but PostgreSQL's own where none is named.
    type: list
    elements: str
    default: []
  dead:
    description: From which share of dead rows on a table with 1000 of them needs a vacuum, whatever autovacuum thinks; 0.01 to 1.
    type: float
    default: 0.1
  bloat:
    description: From which share of bloat on a table or an index of 1 MiB or more is a finding, 0.2 to 1.
    type: float
    default: 0.5
  most:
    description: How many entries each list has at most, 1 to 500.
    type: int
    default: 20
  timeout:
    description: How long one query may take.
    type: str
    default: 30s
attributes:
  check_mode:
    support: full
    description: Only reads.
  diff_mode:
    support: none
    description: Changes nothing.
"""

EXAMPLES = r"""
- name: What does the database need?
  mainstay.ops.database_maintain_info:
    database:
      host: db1
      dbname: shop
      user: shop_owner
      password: "{{ vault_database_owner_password }}"
  register: wear
"""

RETURN = r"""
verdict:
  description: V(pass), or V(fail) if there are findings.
  returned: success
  type: str
  sample: fail
findings:
  description: What is not as it should be, the most dangerous first.
  returned: success
  type: list
  elements: dict
  sample:
    - subject: invalid index
      says: public.orders_note on orders costs every write and serves no query
      advice: maintain_database
wraparound:
  description:
    - How old the oldest row is, in transactions and in multixacts, at which age autovacuum freezes by force, and how much that
      is of what there can be.
  returned: success
  type: dict
  sample: {age: 1200000, freeze_at: 200000000, multi_age: 1, multi_freeze_at: 400000000, share: 0.0006}
tables:
  description: Tables with most dead rows first. Sizes, rows and V(waste) are estimates; V(vacuumed) is how many seconds ago.
  returned: success
  type: list
  elements: dict
  sample:
    - {table: public.orders, bytes: 81920, rows: 900, dead: 400, modified: 400, age: 17, vacuumed: 9, waste: 8192, measured: true}
bloated:
  description: Tables with more bloat than O(bloat), most first.
  returned: success
  type: list
  elements: dict
invalid_indexes:
  description: Indexes that are kept up to date and serve nobody.
  returned: success
  type: list
  elements: dict
unused_indexes:
  description: Indexes of 1 MiB or more that were never scanned on this server and keep nothing unique, largest first.
  returned: success
  type: list
  elements: dict
duplicate_indexes:
  description: Indexes that another one can stand in for, which is V(same_as).
  returned: success
  type: list
  elements: dict
held_up_by:
  description: Who makes vacuum keep dead rows, for how many seconds and transactions.
  returned: success
  type: list
  elements: dict
  sample: [{title: "pid 4711 of shop_app (api), idle in transaction for 312 s", age: 312.9, horizon: 812}]
needed:
  description: What M(mainstay.ops.database_maintain) would do, were there no limits.
  returned: success
  type: list
  elements: dict
"""

from ..module_utils._database.operation_maintain import COMMON, DATABASE_MAINTAIN_INFO
from ..module_utils._edge.run import run


def main() -> None:
    run(COMMON, DATABASE_MAINTAIN_INFO)


if __name__ == "__main__":
    main()
