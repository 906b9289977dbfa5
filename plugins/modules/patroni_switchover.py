#!/usr/bin/python
# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: patroni_switchover
short_description: Have another member lead a PostgreSQL cluster that Patroni manages, without losing a commit
version_added: 0.1.0
description:
  - Asks Patroni to stop the leader cleanly and to promote O(candidate), or the fittest member, then waits until members say the
    same. The new one leads and takes writes, nobody else does, and the old one streams from it on the new timeline.
  - Refuses before anything is asked if not exactly one member leads and says so, if the cluster is paused or a switch is
    scheduled, or if the candidate could not take over. It has to run, to stream on the leader's timeline, to be at most
    O(max_lag) behind and to answer, must not be tagged C(nofailover), and must be a synchronous standby in a synchronous cluster.
  - Nothing is done where O(candidate) leads already, or another member than O(leader).
extends_documentation_fragment:
  - mainstay.ops.patroni
  - mainstay.ops.fence.optional
author:
  - The mainstay maintainers (@mainstay)
requirements:
  - Patroni 2.1 or newer; tried with 3.0 of Debian 12
options:
  candidate:
    description:
      - Who shall lead. By default the member with the highest C(failover_priority) that is least behind, and then every run
        without O(leader) switches again.
    type: str
  leader:
    description: Switch only if this member leads, such as one whose host is going to be restarted.
    type: str
  max_lag:
    description: How many bytes of WAL the candidate may have yet to replay.
    type: int
    default: 1048576
  deadline:
    description: How long Patroni may take, and the members after it until they agree, each.
    type: str
    default: 2m
attributes:
  check_mode:
    support: full
    description: Checks all of it and says who would take over.
  diff_mode:
    support: full
    description: Shows who leads before and after.
"""

EXAMPLES = r"""
- name: Have db2 lead
  mainstay.ops.patroni_switchover:
    patroni:
      urls: ["http://db1:8008", "http://db2:8008", "http://db3:8008"]
      username: patroni
      password: "{{ vault_patroni_password }}"
    candidate: db2

- name: Free db1, whose host is restarted next
  mainstay.ops.patroni_switchover:
    patroni:
      urls: ["http://db1:8008", "http://db2:8008", "http://db3:8008"]
      username: patroni
      password: "{{ vault_patroni_password }}"
    leader: db1
"""

RETURN = r"""
scope:
  description: Name of the cluster.
  returned: always
  type: str
  sample: shop
switched:
  description: Whether another member leads now because of this run.
  returned: success
  type: bool
  sample: true
leader:
  description: Who leads now.
  returned: always
  type: str
  sample: db2
old_leader:
  description: Who led before, empty if nothing was done.
  returned: success
  type: str
  sample: db1
timeline:
  description: The timeline of who leads now.
  returned: always
  type: int
  sample: 5
synchronous:
  description: Whether a commit waits for a replica.
  returned: always
  type: bool
  sample: true
pause:
  description:
    - Seconds during which neither of the two took writes, from their REST APIs, rather too long than too short. What clients
      need to find the new leader comes on top of it.
    - None if nothing was done, or its end was not seen.
  returned: always
  type: float
  sample: 1.62
answer:
  description: What Patroni answered.
  returned: always
  type: str
  sample: Successfully switched over to "db2"
steps:
  description: What was done, or would be.
  returned: success
  type: list
  elements: dict
  sample: [{action: switch, subject: shop, before: db1 leads, after: db2 leads}]
"""

from ..module_utils._edge.run import run
from ..module_utils._edge.spec import FENCE
from ..module_utils._patroni.operation_place import PATRONI
from ..module_utils._patroni.operation_switchover import SWITCHOVER


def main() -> None:
    run(
        {
            "patroni": {"type": "dict", "required": True, "options": PATRONI},
            "candidate": {"type": "str"},
            "leader": {"type": "str"},
            "max_lag": {"type": "int", "default": 1048576},
            "deadline": {"type": "str", "default": "2m"},
            "fence": {"type": "dict", "options": FENCE},
        },
        SWITCHOVER,
    )


if __name__ == "__main__":
    main()
