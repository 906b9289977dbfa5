#!/usr/bin/python
# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: patroni_maintenance
short_description: Have Patroni leave a PostgreSQL cluster alone while somebody works on it by hand, and look after it again
version_added: 0.1.0
description:
  - While a cluster is paused, nobody takes over if the leader fails. So resume it as soon as the work is done.
  - Waits until every member that answers has seen it.
  - Refuses to resume while two members take writes, because Patroni would throw away what one of them was told.
extends_documentation_fragment:
  - mainstay.ops.patroni
  - mainstay.ops.fence.optional
author:
  - The mainstay maintainers (@mainstay)
requirements:
  - Patroni 2.1 or newer; tried with 3.0 of Debian 12
options:
  state:
    description: V(paused) to work by hand, V(running) afterwards.
    type: str
    choices: [paused, running]
    required: true
  deadline:
    description: How long it may take until every member has seen it. A member looks every C(loop_wait) seconds.
    type: str
    default: 1m
attributes:
  check_mode:
    support: full
    description: Says whether anything would change.
  diff_mode:
    support: full
    description: Shows the state before and after.
"""

EXAMPLES = r"""
- name: Leave the cluster alone
  mainstay.ops.patroni_maintenance:
    patroni:
      urls: ["http://db1:8008", "http://db2:8008", "http://db3:8008"]
      username: patroni
      password: "{{ vault_patroni_password }}"
    state: paused
"""

RETURN = r"""
scope:
  description: Name of the cluster.
  returned: success
  type: str
  sample: shop
paused:
  description: Whether it is paused now.
  returned: success
  type: bool
  sample: true
leader:
  description: Who leads.
  returned: success
  type: str
  sample: db1
silent:
  description: Members whose REST API does not answer, of which nobody knows whether they have seen it.
  returned: success
  type: list
  elements: str
  sample: []
steps:
  description: What was done, or would be.
  returned: success
  type: list
  elements: dict
  sample: [{action: pause, subject: shop, before: running, after: paused}]
"""

from ..module_utils._edge.run import run
from ..module_utils._edge.spec import FENCE
from ..module_utils._patroni.operation_maintenance import MAINTENANCE
from ..module_utils._patroni.operation_place import PATRONI


def main() -> None:
    run(
        {
            "patroni": {"type": "dict", "required": True, "options": PATRONI},
            "state": {"type": "str", "choices": ["paused", "running"], "required": True},
            "deadline": {"type": "str", "default": "1m"},
            "fence": {"type": "dict", "options": FENCE},
        },
        MAINTENANCE,
    )


if __name__ == "__main__":
    main()
