#!/usr/bin/python
# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: database_maintain
short_description: Vacuum and analyze the tables of a PostgreSQL database that need it, and build broken indexes anew
version_added: 0.1.0
description:
  - Does what M(mainstay.ops.database_maintain_info) finds needed, the most urgent first, within O(most), O(gigabytes) and
    O(deadline). What is left has its turn in the next run.
  - The application waits for none of it. C(VACUUM) runs slowly and leaves the empty end of a table alone, indexes are built with
    C(REINDEX CONCURRENTLY), and a table that is not free within O(lock_timeout) is passed by. C(VACUUM FULL) is never run.
  - A table whose dead rows a long transaction has kept since before its last vacuum is left alone, because another one would
    remove nothing.
  - A rebuild that fails takes away what it has left behind. A standby is refused.
extends_documentation_fragment:
  - mainstay.ops.database
  - mainstay.ops.fence.optional
author:
  - The mainstay maintainers (@mainstay)
requirements:
  - psycopg 3.1 or newer
  - PostgreSQL 14 or newer
  - the right C(pg_read_all_stats), and to own the tables, or C(MAINTAIN) on them from PostgreSQL 17 on
options:
  schemas:
    description: Schemas to look after; all but PostgreSQL's own where none is named.
    type: list
    elements: str
    default: []
  dead:
    description: From which share of dead rows on a table with 1000 of them is vacuumed, whatever autovacuum thinks; 0.01 to 1.
    type: float
    default: 0.1
  bloat:
    description: From which share of bloat on an index of 1 MiB or more is built anew, 0.2 to 1.
    type: float
    default: 0.5
  vacuum:
    description: Whether to vacuum.
    type: bool
    default: true
  analyze:
    description: Whether to bring the planner's statistics up to date.
    type: bool
    default: true
  reindex:
    description: Whether to build invalid and bloated indexes anew. For the time of it, the disk holds both.
    type: bool
    default: true
  drop_invalid:
    description: Whether to drop what interrupted rebuilds left behind (C(*_ccnew), C(*_ccold)).
    type: bool
    default: false
  most:
    description: How many tables and indexes are worked on in one run at most, 1 to 500.
    type: int
    default: 20
  gigabytes:
    description: How large they may be together. What alone is larger is passed by. 1 to 100000.
    type: int
    default: 50
  lock_timeout:
    description: How long a table's lock is waited for, before it is passed by. Rebuilding an index waits for a minute.
    type: str
    default: 1s
  deadline:
    description: How long all of it may take. A statement that runs then is cancelled.
    type: str
    default: 1h
  cost_delay:
    description:
      - How long vacuum rests each time that it has done a bit of work, V(0.5ms) to V(100ms). Longer is gentler and slower.
    type: str
    default: 2ms
  timeout:
    description: How long one query may take while looking.
    type: str
    default: 30s
attributes:
  check_mode:
    support: full
    description: Says what it would do.
  diff_mode:
    support: full
    description: Shows why each table and index needs what is done to it.
"""

EXAMPLES = r"""
- name: Look after the database for an hour at most
  mainstay.ops.database_maintain:
    database:
      host: db1
      dbname: shop
      user: shop_owner
      password: "{{ vault_database_owner_password }}"
    deadline: 1h
    drop_invalid: true
"""

RETURN = r"""
done:
  description: What was done.
  returned: always, once it began
  type: list
  elements: str
  sample: [vacuum and analyze public.orders]
passed_by:
  description: What was passed by, each with V(subject) and V(reason).
  returned: always, once it began
  type: list
  elements: dict
refused:
  description: What PostgreSQL refused, each with V(subject) and V(reason). The module fails, after it has done the rest.
  returned: always, once it began
  type: list
  elements: dict
finished:
  description: Whether all of it was tried before the deadline.
  returned: always, once it began
  type: bool
left:
  description: How much more there is to do than one run may.
  returned: success
  type: int
steps:
  description: What was done, or would be.
  returned: success
  type: list
  elements: dict
  sample: [{action: vacuum and analyze, subject: public.orders, before: "40000 dead rows, 29%", after: vacuumed}]
"""

from ..module_utils._database.operation_maintain import DATABASE_MAINTAIN, MAINTAIN
from ..module_utils._edge.run import run


def main() -> None:
    run(MAINTAIN, DATABASE_MAINTAIN)


if __name__ == "__main__":
    main()
