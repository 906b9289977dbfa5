#!/usr/bin/python
# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: database_load
short_description: Load a dump of a PostgreSQL database beside what is there, and replace only where that was typed
version_added: 0.1.0
description:
  - Loads what M(mainstay.ops.database_dump) wrote. A file that is not as it was written is refused before anything is touched.
  - Everything is restored in a scratch database first. Any statement that fails, and any table with another number of rows than
    was dumped, fails the whole, and the scratch database is dropped. One that a killed load left is dropped by the next.
  - A whole dump becomes a new database. With O(tables) some tables of it become a new schema C(restored_) with the time, in the
    database that O(database) names, with their indexes, constraints and own sequences. They come in one transaction. Foreign keys
    to tables that are not loaded do not come along, and are named. Triggers come along, and call the live functions.
  - The role that logs in owns all that is loaded. Subscriptions are left out. Nobody else may enter a new database.
extends_documentation_fragment:
  - mainstay.ops.database
  - mainstay.ops.fence.optional
author:
  - The mainstay maintainers (@mainstay)
requirements:
  - psycopg 3
  - pg_restore and pg_dump of the server's version or newer, which are Debian's package postgresql-client
  - PostgreSQL 14 or newer, and a role with C(CREATEDB)
options:
  src:
    description: The dump, on the target. Its manifest lies beside it under the same name with C(.json).
    type: path
    required: true
  into:
    description:
      - Name of the new database. Refused if there is one.
      - Empty for the name of O(database) with C(_restored_) and the time.
    type: str
    default: ''
  tables:
    description: Load these tables only, written as for M(mainstay.ops.database_dump), into a new schema.
    type: list
    elements: str
    default: []
  jobs:
    description: How many connections restore at once, 1 to 32. With 1 it is a single transaction.
    type: int
    default: 1
  replace:
    description:
      - Whether the new database takes the place of the one that O(database) names, which is kept as C(_before_) with the time.
        Both are renamed in one transaction, and owner, rights and settings of the database itself are taken over.
      - What was written since the dump is in the old one only.
    type: bool
    default: false
  environment:
    description: The environment that O(confirm) has to name. Needed with O(replace).
    type: str
    default: ''
  confirm:
    description: The environment and the name of the database, typed as a sign that it is meant. Needed with O(replace).
    type: str
    default: ''
  disconnect:
    description: Whether O(replace) ends the sessions of others. Without it, it is refused while there are any.
    type: bool
    default: false
  maintenance:
    description: The database over which others are created and renamed.
    type: str
    default: postgres
  timeout:
    description: How long each part of it may take.
    type: str
    default: 4h
attributes:
  check_mode:
    support: full
    description: Checks the dump and the rights, and loads nothing.
  diff_mode:
    support: full
    description: Shows what would be loaded where.
"""

EXAMPLES = r"""
- name: Bring two tables back beside the live ones
  mainstay.ops.database_load:
    database: {dbname: shop, host: db1, user: shop_owner, password: "{{ vault_shop_owner }}"}
    src: /var/lib/mainstay/dumps/shop_20261122_034000.dump
    tables: [orders, order_lines]

- name: See how it was yesterday
  mainstay.ops.database_load:
    database: {dbname: shop, host: db1, user: shop_owner, password: "{{ vault_shop_owner }}"}
    src: /var/lib/mainstay/dumps/shop_20261122_034000.dump
    into: shop_yesterday
    jobs: 4

- name: Replace the database of the staging environment
  mainstay.ops.database_load:
    database: {dbname: shop, host: db1, user: shop_owner, password: "{{ vault_shop_owner }}"}
    src: /var/lib/mainstay/dumps/shop_20261122_034000.dump
    replace: true
    environment: staging
    confirm: staging shop
    disconnect: true
"""

RETURN = r"""
into:
  description: The database that was loaded, or would be.
  returned: without O(tables)
  type: str
  sample: shop_restored_20261122_041500
kept:
  description: The name that the replaced database has now.
  returned: with O(replace)
  type: str
  sample: shop_before_20261122_041500
schema:
  description: The schema that the tables are in.
  returned: with O(tables)
  type: str
  sample: restored_20261122_041500
dropped_foreign_keys:
  description: Foreign keys that refer to tables which were not loaded, and so did not come along.
  returned: with O(tables)
  type: list
  elements: str
  sample: [orders_customer_fkey of public.orders to public.customers]
rows:
  description: How many rows each table has, by its name in the dump; all of them were counted.
  returned: always
  type: dict
  sample: {"public.orders": 120000}
seconds:
  description: How long it took.
  returned: when it was loaded
  type: float
  sample: 8.1
confirm:
  description: What has to be typed as O(confirm).
  returned: when refused for want of it
  type: str
  sample: production shop
steps:
  description: What was done, or would be.
  returned: always
  type: list
  elements: dict
  sample: [{action: load, subject: shop_restored_20261122_041500, before: absent, after: 120000 rows in 12 tables of shop}]
"""

from ..module_utils._dump.operation_load import LOAD, LOAD_OPTIONS
from ..module_utils._edge.run import run


def main() -> None:
    run(LOAD_OPTIONS, LOAD)


if __name__ == "__main__":
    main()
