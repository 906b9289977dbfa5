#!/usr/bin/python
# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: db_migrate_repair
short_description: Repair the history of migrations of a PostgreSQL database, after somebody said how
version_added: 0.2.0
description:
  - Tells what is not as it should be, what is proposed for it and what else may be done, see RV(troubles).
  - Does what O(repairs) names, of what was told before (O(seen)), if the words in O(confirm) were typed, and nothing else.
  - Refused while a migration runs, and where anything changed since it was told.
  - The playbook C(mainstay.ops.repair_migrations) is the way to use it.
author:
  - The mainstay maintainers (@mainstay)
extends_documentation_fragment:
  - mainstay.ops.fence.optional
  - mainstay.ops.database
  - mainstay.ops.migration
options:
  expect_system_identifier:
    description:
      - The system identifier of the only cluster that may be repaired, as M(mainstay.ops.db_migrate_info) returns it in
        C(server). Empty takes the one that answers.
      - Either way O(seen) holds for the cluster and the timeline that it was read from, and for no other.
    type: str
    default: ''
  environment:
    description: Name of the environment, as part of what must be typed as O(confirm).
    type: str
    required: true
  repairs:
    description:
      - What to do about which of RV(troubles), by its V(subject).
      - V(forget) takes a row out of the history, so that its migration runs again. V(applied) says that it was ended by
        hand. V(checksum) takes the checksum of the file as it is now. V(rebuild) builds an invalid index again concurrently, and
        V(drop) drops it.
      - What is not named stays as it is. Empty only tells.
    type: dict
    default: {}
  seen:
    description: The RV(seen) that was returned beside what was told.
    type: str
    default: ''
  confirm:
    description: The environment, a blank and the host of the database, as RV(confirm) returns it.
    type: str
    default: ''
  who:
    description: Who repairs, for the note in the history.
    type: str
    default: ''
attributes:
  check_mode:
    support: full
    description: Tells what would be done and does nothing.
  diff_mode:
    support: full
    description: Shows each trouble before and after.
"""

EXAMPLES = r"""
- name: See what is wrong with the history
  mainstay.ops.db_migrate_repair:
    environment: production
    src: migrations
    database: {host: db1, dbname: shop, user: migrator, password: "{{ vault_migrator_password }}"}
  register: repair

- name: Run the migration that failed half-way again, after what it left was undone
  mainstay.ops.db_migrate_repair:
    environment: production
    src: migrations
    database: {host: db1, dbname: shop, user: migrator, password: "{{ vault_migrator_password }}"}
    repairs: {0008_add_email: forget}
    seen: "{{ repair.seen }}"
    confirm: production db1
"""

RETURN = r"""
troubles:
  description:
    - What is not as it should be, each with V(subject), V(kind), V(told), V(proposal) and V(actions). The proposal is empty
      for what the next run goes on with by itself.
    - V(kind) is V(failed), V(dead) for what began and whose runner is gone, V(edited), V(missing) for a row whose file
      is not here, or V(invalid) for an index.
  returned: success
  type: list
  elements: dict
  sample:
    - subject: 0008_add_email
      kind: failed
      told: it began at 2026-01-15T03:00:00.120+00:00 outside a transaction, and it failed.
      proposal: forget
      actions: [forget, applied]
seen:
  description: A short sum over RV(troubles), to be given back as O(seen).
  returned: success
  type: str
  sample: 9f86d081884c
confirm:
  description: What must be given as O(confirm).
  returned: success
  type: str
  sample: production db1
steps:
  description: What was done, or would be.
  returned: success
  type: list
  elements: dict
  sample: [{action: forget, subject: 0008_add_email, before: failed, after: "forgotten: not applied"}]
"""

from ..module_utils._edge.run import run
from ..module_utils._migration.operation_repair import DB_MIGRATE_REPAIR, REPAIR


def main() -> None:
    run(REPAIR, DB_MIGRATE_REPAIR, required_if=[("remote_src", True, ("src",)), ("remote_src", False, ("files",))])


if __name__ == "__main__":
    main()
