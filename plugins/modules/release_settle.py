#!/usr/bin/python
# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: release_settle
short_description: Close a run in the ledger, the journal and the lock
version_added: 0.1.0
description:
  - Records the operation with its verdict, marks the release proven or bad where the run showed it, closes the journal
    and gives back the lock.
  - Writes a report of the operation, as a page and as JSON, and an index of the environment's operations, into the
    directory C(reports) beside the ledger. They load nothing from anywhere.
  - Runs on the operations host under the lock.
options:
  run:
    description: The name of the run, the same as was given to M(mainstay.ops.ops_lock).
    type: str
    required: true
  undone:
    description:
      - Whether undoing worked, where the run was undone. If it did not, the journal stays open for the next run to
        finish.
    type: bool
    default: false
  directory:
    description: Where the operations host keeps the state of its environments.
    type: path
    default: /var/lib/mainstay
extends_documentation_fragment:
  - mainstay.ops.fence
  - mainstay.ops.monitoring
author:
  - The mainstay maintainers (@mainstay)
attributes:
  check_mode:
    support: full
    description: Says what it would do and does nothing.
  diff_mode:
    support: full
    description: Shows what was found and what is wanted.
"""

EXAMPLES = r"""
- name: Settle the run
  mainstay.ops.release_settle:
    run: 9b2c7a51
    fence:
      environment: production
      token: 17
"""

RETURN = r"""
verdict:
  description: The verdict on the whole run.
  returned: always
  type: str
why:
  description: The first reason for a verdict other than pass.
  returned: always
  type: str
undone:
  description: Whether a run that did not pass was undone completely.
  returned: always
  type: bool
seconds:
  description: How long the run took since its plan was made.
  returned: always
  type: float
report:
  description: Where the report is on the operations host. Empty in check mode, and where it could not be written.
  returned: always
  type: str
  sample: /var/lib/mainstay/production/reports/9b2c7a51d3e4.html
steps:
  description: What was done, or would be.
  returned: always
  type: list
  elements: dict
"""

from ..module_utils._edge.run import run
from ..module_utils._edge.spec import FENCE
from ..module_utils._release.operation_monitoring import MONITORING
from ..module_utils._release.operation_settle import RELEASE_SETTLE


def main() -> None:
    run(
        {
            "run": {"type": "str", "required": True},
            "fence": {"type": "dict", "required": True, "options": FENCE},
            "undone": {"type": "bool", "default": False},
            "monitoring": {"type": "dict", "default": {}, "options": MONITORING},
            "directory": {"type": "path", "default": "/var/lib/mainstay"},
        },
        RELEASE_SETTLE,
    )


if __name__ == "__main__":
    main()
