#!/usr/bin/python
# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: db_migrate_info
short_description: Say which migrations of a PostgreSQL database are applied, pending or unknown
version_added: 0.1.0
description:
  - Compares a directory of migrations with the history that M(mainstay.ops.db_migrate) keeps in the database, a standby's too.
  - Given the directory of an older release, RV(unknown) is what newer releases applied since, and RV(compatible) says whether
    the older code can live with it.
author:
  - The mainstay maintainers (@mainstay)
extends_documentation_fragment:
  - mainstay.ops.database
  - mainstay.ops.migration
attributes:
  check_mode:
    support: full
    description: Only reads.
  diff_mode:
    support: none
    description: Changes nothing.
"""

EXAMPLES = r"""
- name: Can the code of the release before live with the schema?
  mainstay.ops.db_migrate_info:
    src: "{{ previous_release }}/migrations"
    database:
      host: db1
      dbname: shop
      user: migrator
      password: "{{ vault_migrator_password }}"
  register: migrations
  failed_when: not migrations.compatible
"""

RETURN = r"""
current:
  description: The newest version that is applied, or an empty string.
  returned: success
  type: str
  sample: "0008"
pending:
  description: Migrations that are not applied.
  returned: success
  type: list
  elements: str
dirty:
  description: Migrations that began outside a transaction and did not finish.
  returned: success
  type: list
  elements: str
unknown:
  description: What was applied but has no file here, each with V(version), V(name), V(release) and V(compatible).
  returned: success
  type: list
  elements: dict
compatible:
  description: Whether every migration in RV(unknown) declares that the code of the release before can live with it.
  returned: success
  type: bool
history:
  description: Everything that was applied, oldest first. Its V(note) is V(baseline) for what was taken over without running, and
    V(reverting) where a way down did not finish.
  returned: success
  type: list
  elements: dict
  sample:
    - version: "0008"
      name: add_email
      checksum: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
      release: v2-1a2b3c4d
      compatible: true
      state: applied
      started_at: "2026-01-15T03:00:00.120+00:00"
      finished_at: "2026-01-15T03:00:00.131+00:00"
      duration_ms: 11
      contract: false
      note: ""
server:
  description: The V(system_identifier) of the cluster and the V(timeline) that it is on.
  returned: success
  type: dict
  sample: {system_identifier: "7411111111111111111", timeline: 1}
standby:
  description: Whether the server is a standby.
  returned: success
  type: bool
"""

from ..module_utils._edge.run import run
from ..module_utils._migration.operation import DB_MIGRATE_INFO, SOURCE


def main() -> None:
    run(SOURCE, DB_MIGRATE_INFO, required_if=[("remote_src", True, ("src",)), ("remote_src", False, ("files",))])


if __name__ == "__main__":
    main()
