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
    concurrently. Those that an interrupted build left invalid are dropped and built again. See
    M(mainstay.ops.db_migrate_repair).
  - A file that changed after it was applied is refused. What was applied and has no file here, as after a rollback to an
    older release, is listed in RV(unknown).
  - What is pending is linted by C(squawk) and by rules of this collection before anything runs, and refused where a statement
    would stall the application or break code that runs. See the page on migrations.
  - Runs on any host that reaches the database and has psycopg 3. PostgreSQL 14 or newer is needed.
author:
  - The mainstay maintainers (@mainstay)
extends_documentation_fragment:
  - mainstay.ops.fence.optional
  - mainstay.ops.database
  - mainstay.ops.migration
options:
  release:
    description: The release that the migrations are applied for.
    type: str
    default: ''
  direction:
    description:
      - V(up) applies what is not applied yet.
      - >-
        V(down) reverts what was applied after O(target), newest first. Every one of them needs its way down, which says
        C(-- mainstay: reversible because REASON), and none may be known to the code that serves, see O(serves).
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
    description:
      - How long one statement may run until the server ends it. Those that work concurrently may run until O(deadline).
      - >-
        A file may ask for more by C(-- mainstay: budget statement 5m because REASON).
    type: str
    default: 60s
  transaction_timeout:
    description:
      - >-
        How long the whole transaction of a migration may take, waiting for locks included. The server is told before each
        statement how much is left, and ends it. A file may ask for more by C(-- mainstay: budget transaction 10m because REASON).
    type: str
    default: 5m
  idle_timeout:
    description: After how long the server ends a transaction that has nothing to do, because its runner is stuck.
    type: str
    default: 60s
  temp_file_limit:
    description:
      - How much disk a session may take for sorting and building indexes, such as V(10GB). Empty leaves what the server says.
      - Holds if the role may set it. It needs a superuser, or from PostgreSQL 15 on C(GRANT SET ON PARAMETER). A warning
        says so if not.
    type: str
    default: ''
  deadline:
    description: How long everything may take, waiting and attempts included.
    type: str
    default: 10m
  max_lag:
    description: How far replicas may be behind. A backfill waits after a batch until they are nearer.
    type: str
    default: 5s
  out_of_order:
    description:
      - Whether a migration may run although one with a higher number was applied before, as after two branches were merged.
        Refused otherwise. See RV(late).
    type: bool
    default: false
  baseline:
    description:
      - Take over a schema that others made. Everything up to this migration is written into the history as applied, and nothing
        runs; of Alembic the version table is stamped as well. See RV(taken_over).
      - Refused where the history has begun already and says otherwise, and where the database holds no table.
    type: str
    default: ''
  expect_system_identifier:
    description:
      - The system identifier of the only cluster that may be migrated, as RV(server) returns it. Empty takes the one that
        answers.
      - Either way system identifier and timeline are read when the plan is made, and asked for again in each session before it
        writes and after each migration. If another server answers, the run ends and nothing more is written.
    type: str
    default: ''
  serves:
    description:
      - The newest migration, such as V(0007_add_email), that the code knows which serves now. Migrations that say C(contract)
        run up to it; later ones wait, see RV(waiting). Empty lets all of them wait.
      - With O(direction=down) it must be said, and nothing up to it is reverted. V(0) says that no code serves.
    type: str
    default: ''
  unlinted:
    description:
      - Why pending migrations may run that no linter has seen. Asked for where C(squawk) is missing on the target and on
        the controller. The rules of this collection hold all the same.
    type: str
    default: ''
  linted:
    description: What C(squawk) said of the pending migrations on the controller. Set by the action plugin.
    type: dict
attributes:
  check_mode:
    support: full
    description: Says which migrations would run and runs none.
  diff_mode:
    support: full
    description: Shows each migration before and after.
"""

EXAMPLES = r"""
- name: Take over a database whose schema is that of migration 7
  mainstay.ops.db_migrate:
    src: migrations
    baseline: "0007"
    database:
      host: db1
      dbname: shop
      user: migrator
      password: "{{ vault_migrator_password }}"

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
    serves: 0007_add_note
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
taken_over:
  description: Migrations that this run wrote down as applied without running them, by O(baseline).
  returned: always
  type: list
  elements: str
accepted:
  description:
    - Rules that the migrations of this run break on purpose, each with V(file), V(line), V(rule) and V(reason).
    - A file that asks for more time is among them, with the rule V(budget), and one that no linter has seen, with V(unlinted).
    - M(mainstay.ops.release_settle) keeps them in the ledger and in the report of a deploy.
  returned: always
  type: list
  elements: dict
  sample: [{file: 0008_drop_note.up.sql, line: 2, rule: ban-drop-column, reason: no code has used it since v4}]
late:
  description: Migrations of this run that run after one with a higher number, by O(out_of_order).
  returned: success
  type: list
  elements: str
waiting:
  description: Contract migrations that the code which serves does not know yet; they are among RV(pending).
  returned: success
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
server:
  description: The V(system_identifier) of the cluster and the V(timeline) that it is on.
  returned: success
  type: dict
  sample: {system_identifier: "7411111111111111111", timeline: 1}
backfilled:
  description: What backfills wrote, each with V(migration), V(rows) and V(batches), those of interrupted runs before included.
  returned: success
  type: list
  elements: dict
  sample: [{migration: 0009_fill_total, rows: 120000, batches: 120}]
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
