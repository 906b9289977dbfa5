#!/usr/bin/python
# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: patroni_reinitialize
short_description: Build one replica of a PostgreSQL cluster that Patroni manages anew
version_added: 0.1.0
description:
  - Has the member throw its data away and copy it anew from another one, then waits until it streams from the leader again.
  - Refuses the leader, a cluster without exactly one, and whoever has not written O(confirm).
  - The member has to be told itself, so its address has to be among C(urls) as it announces it.
extends_documentation_fragment:
  - mainstay.ops.patroni
  - mainstay.ops.fence.optional
author:
  - The mainstay maintainers (@mainstay)
requirements:
  - Patroni 2.1 or newer; tried with 3.0 of Debian 12
options:
  member:
    description: Name of the replica.
    type: str
    required: true
  confirm:
    description: The name of the cluster, a slash and the name of the replica, for whoever means it.
    type: str
  deadline:
    description: How long the copy may take. One that is late goes on by itself.
    type: str
    default: 6h
attributes:
  check_mode:
    support: full
    description: Checks all of it, O(confirm) too, and does nothing.
  diff_mode:
    support: full
    description: Shows the member before and after.
"""

EXAMPLES = r"""
- name: Build db3 anew
  mainstay.ops.patroni_reinitialize:
    patroni:
      urls: ["http://db1:8008", "http://db2:8008", "http://db3:8008"]
      username: patroni
      password: "{{ vault_patroni_password }}"
    member: db3
    confirm: shop/db3
"""

RETURN = r"""
leader:
  description: Who leads.
  returned: success
  type: str
  sample: db1
member:
  description: The member, as M(mainstay.ops.patroni_info) tells of it, without its lag.
  returned: success
  type: dict
  sample: {name: db3, role: replica, state: running, timeline: 4, answers: true}
confirm:
  description: What is to be given as O(confirm) if that is meant.
  returned: when refused because it was not given
  type: str
  sample: shop/db3
steps:
  description: What was done, or would be.
  returned: success
  type: list
  elements: dict
  sample: [{action: rebuild, subject: db3, before: "start failed, on timeline 3", after: a copy that follows db1}]
"""

from ..module_utils._edge.run import run
from ..module_utils._edge.spec import FENCE
from ..module_utils._patroni.operation_place import PATRONI
from ..module_utils._patroni.operation_reinitialize import REINITIALIZE


def main() -> None:
    run(
        {
            "patroni": {"type": "dict", "required": True, "options": PATRONI},
            "member": {"type": "str", "required": True},
            "confirm": {"type": "str"},
            "deadline": {"type": "str", "default": "6h"},
            "fence": {"type": "dict", "options": FENCE},
        },
        REINITIALIZE,
    )


if __name__ == "__main__":
    main()
