#!/usr/bin/python
# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: db_migrate
short_description: Migrate the schema of a PostgreSQL database, exactly once and without stalling the application
version_added: 0.1.0
description:
  - Runs the migrations that are not applied yet, one after the other, and remembers each in the transaction that it ran in.
  - Two runners at once take turns, whatever hosts and controllers they run on. The second finds nothing left to do.
  - A statement waits for a lock at most O(lock_timeout), then gives way to the application and is tried again after a pause,
    until O(deadline). The application is not stalled for longer, however long a reader holds the lock. This holds for each
    statement, so change one table in a file.
  - An autovacuum of the table counts as such a reader. PostgreSQL cancels it only for who waits longer than its
    C(deadlock_timeout), so a migration that gives way sooner waits until the autovacuum is done.
  - A session whose client is killed ends within a second, and leaves no lock and no change behind.
  - A migration without a transaction that did not finish is named and nothing runs, unless it only builds indexes
    concurrently. Those that an interrupted build left invalid are dropped and built again.
  - A file that changed after it was applied is refused. What was applied and has no file here, as after a rollback to an
    older release, is listed in RV(unknown).
  - Runs on any host that reaches the database and has psycopg 3. PostgreSQL 14 or newer is needed.
author:
  - The mainstay maintainers (@mainstay)
extends_documentation_fragment:
  - mainstay.ops.fence.optional
  - mainstay.ops.migration
options:
  release:
    description: The release that the migrations are applied for.
    type: str
    default: ''
  direction:
    description:
      - V(up) applies what is not applied yet.
      - V(down) reverts what was applied after O(target), newest first. Every one of them needs its way down.
    type: str
    choices: [up, down]
    default: up
  target:
    description:
      - The last migration to apply, or with O(direction=down) the last to keep, by its number or revision.
      - V(0) reverts all.
    type: str
    default: ''
  lock_timeout:
    description: How long a statement waits for a lock before it gives way.
    type: str
    default: 100ms
  statement_timeout:
    description: How long one statement may run. Those that work concurrently may run until O(deadline).
    type: str
    default: 60s
  deadline:
    description: How long everything may take, waiting and attempts included.
    type: str
    default: 10m
  out_of_order:
    description: Whether a migration may run although one with a higher number was applied before.
    type: bool
    default: false
  repair:
    description:
      - Run a migration that began and did not finish again from its first statement, after its remains were undone by hand.
    type: bool
    default: false
attributes:
  check_mode:
    support: full
    description: Says which migrations would run and runs none.
  diff_mode:
    support: full
    description: Shows each migration before and after.
"""

EXAMPLES = r"""
- name: Migrate the shop's database
  mainstay.ops.db_migrate:
    src: migrations
    release: v2-1a2b3c4d
    database:
      host: db1
      dbname: shop
      user: migrator
      password: "{{ vault_migrator_password }}"
      ca: /etc/ssl/certs/internal.pem

- name: Go back to the schema of migration 7
  mainstay.ops.db_migrate:
    src: migrations
    direction: down
    target: "0007"
    database:
      host: db1
      dbname: shop
      user: migrator
      password: "{{ vault_migrator_password }}"
"""

RETURN = r"""
applied:
  description: Migrations that this run applied.
  returned: always
  type: list
  elements: str
  sample: [0008_add_email]
reverted:
  description: Migrations that this run reverted.
  returned: always
  type: list
  elements: str
pending:
  description: Migrations that are not applied.
  returned: always
  type: list
  elements: str
current:
  description: The newest version that is applied, or an empty string.
  returned: success
  type: str
  sample: "0008"
unknown:
  description: What was applied but has no file here, each with V(version), V(name), V(release) and V(compatible).
  returned: success
  type: list
  elements: dict
schema:
  description: The versions that the run begins and ends with.
  returned: success
  type: dict
  sample: {from: "0007", to: "0008"}
retries:
  description: How often a migration gave way to the application and was tried again.
  returned: success
  type: int
waited_ms:
  description: Milliseconds that were spent on attempts that gave way, and on the pauses after them.
  returned: success
  type: int
steps:
  description: What was done, or would be.
  returned: success
  type: list
  elements: dict
  sample: [{action: apply, subject: 0008_add_email, before: not applied, after: applied by v2-1a2b3c4d}]
"""

from ..module_utils._edge.run import run
from ..module_utils._migration.operation import DB_MIGRATE, MIGRATE


def main() -> None:
    run(
        MIGRATE,
        DB_MIGRATE,
        required_if=[("direction", "down", ("target",)), ("remote_src", True, ("src",)), ("remote_src", False, ("files",))],
    )


if __name__ == "__main__":
    main()
