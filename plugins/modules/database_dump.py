#!/usr/bin/python
# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: database_dump
short_description: Dump a PostgreSQL database, or some of its tables, with a manifest
version_added: 0.1.0
description:
  - Takes a logical dump with C(pg_dump) into a file of its custom format, and writes beside it what it holds, as JSON. Rows are
    counted in the same snapshot that is dumped, so M(mainstay.ops.database_load) can tell whether all came back.
  - A dump bears its name only when it is whole and on the disk. What a killed one leaves is removed by the next.
  - It is for people who need one table back, or a copy. To come back to a moment, and for a whole server, take backups.
extends_documentation_fragment:
  - mainstay.ops.database
  - mainstay.ops.fence.optional
author:
  - The mainstay maintainers (@mainstay)
requirements:
  - psycopg 3
  - pg_dump of the server's version or newer, which is Debian's package postgresql-client
  - PostgreSQL 14 or newer, and a role that may read all tables, such as a member of C(pg_read_all_data)
options:
  dest:
    description: The directory on the target where dumps lie. It is made, for its owner alone, if it is not there.
    type: path
    required: true
  name:
    description: What the files are called, before the date. Empty for the name of the database.
    type: str
    default: ''
  tables:
    description:
      - Tables whose rows are dumped, as V(orders), which is of the schema C(public), or V(shop.orders). Upper and lower case
        differ. Partitions come along with what they are partitions of.
      - The dump then has the definitions of the whole database, but no rows of other tables. Empty for all tables.
    type: list
    elements: str
    default: []
  keep:
    description: How many older dumps of the same name, database and tables stay, 1 to 1000.
    type: int
    default: 7
  lock_timeout:
    description: How long a table may be locked by others, who alter it, before the dump gives up.
    type: str
    default: 10s
  timeout:
    description: How long the dump may take.
    type: str
    default: 4h
attributes:
  check_mode:
    support: full
    description: Looks whether there is room and whether all may be read, and dumps nothing.
  diff_mode:
    support: full
    description: Shows the file that would be written, and those that would go.
"""

EXAMPLES = r"""
- name: Dump the database, and keep a week
  mainstay.ops.database_dump:
    database: {dbname: shop, host: db1, user: shop_owner, password: "{{ vault_shop_owner }}"}
    dest: /var/lib/mainstay/dumps

- name: Keep two tables before a risky correction by hand
  mainstay.ops.database_dump:
    database: {dbname: shop, host: db1, user: shop_owner, password: "{{ vault_shop_owner }}"}
    dest: /var/lib/mainstay/dumps
    name: before_correction
    tables: [orders, billing.invoices]
"""

RETURN = r"""
file:
  description: The dump. Its manifest has the same name with C(.json).
  returned: when it was taken
  type: str
  sample: /var/lib/mainstay/dumps/shop_20261122_034000.dump
sha256:
  description: Its checksum.
  returned: when it was taken
  type: str
  sample: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
bytes:
  description: Its size.
  returned: when it was taken
  type: int
  sample: 1048576
rows:
  description: How many rows each table has in it.
  returned: when it was taken
  type: dict
  sample: {"public.orders": 120000}
when:
  description: When it was begun.
  returned: when it was taken
  type: str
  sample: "2026-11-22T03:40:00Z"
seconds:
  description: How long it took.
  returned: when it was taken
  type: float
  sample: 3.2
steps:
  description: What was done, or would be.
  returned: always
  type: list
  elements: dict
  sample: [{action: dump, subject: /srv/dumps/shop_20261122_034000.dump, before: absent, after: all 12 tables of shop}]
"""

from ..module_utils._dump.operation_dump import DUMP, DUMP_OPTIONS
from ..module_utils._edge.run import run


def main() -> None:
    run(DUMP_OPTIONS, DUMP)


if __name__ == "__main__":
    main()
