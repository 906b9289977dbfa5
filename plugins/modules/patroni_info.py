#!/usr/bin/python
# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: patroni_info
short_description: Tell who leads a PostgreSQL cluster that Patroni manages, how far its replicas are, and what is wrong with it
version_added: 0.1.0
description:
  - Reads the cluster as Patroni has it written down, and asks every member itself, so that a member which hangs, or a second one
    that takes writes, shows.
  - Settings that look like a secret are hidden.
extends_documentation_fragment:
  - mainstay.ops.patroni
author:
  - The mainstay maintainers (@mainstay)
requirements:
  - Patroni 2.1 or newer; tried with 3.0 of Debian 12
options:
  max_lag:
    description: From how many bytes on a replica that is behind is a finding.
    type: int
    default: 16777216
attributes:
  check_mode:
    support: full
    description: It only reads.
  diff_mode:
    support: none
    description: It changes nothing.
"""

EXAMPLES = r"""
- name: Who leads?
  mainstay.ops.patroni_info:
    patroni:
      urls: ["http://db1:8008", "http://db2:8008", "http://db3:8008"]
  register: cluster

- name: Go on only if nothing is wrong
  ansible.builtin.assert:
    that: cluster.findings == []
"""

RETURN = r"""
scope:
  description: Name of the cluster.
  returned: always
  type: str
  sample: shop
leader:
  description: Name of the member that leads, empty if none does.
  returned: always
  type: str
  sample: db1
members:
  description:
    - The members by their names. V(lag) is how many bytes of WAL a replica has yet to replay, none where nobody can tell.
    - V(answers) is whether its own REST API answers; V(state), V(timeline), V(lag) and V(version) are its own words then.
  returned: always
  type: list
  elements: dict
  sample:
    - name: db2
      role: sync_standby
      state: running
      timeline: 4
      lag: 0
      host: 10.0.0.2
      port: 5432
      tags: {}
      pending_restart: false
      answers: true
      version: 3.0.2
paused:
  description: Whether Patroni was told to leave the cluster alone.
  returned: always
  type: bool
  sample: false
scheduled_switchover:
  description: When Patroni switches by itself, from whom and to whom. Empty if it does not.
  returned: always
  type: dict
  sample: {}
synchronous:
  description: Whether a commit waits for a replica.
  returned: always
  type: bool
  sample: true
configuration:
  description: The settings that all members share, without secrets.
  returned: always
  type: dict
  sample: {loop_wait: 10, ttl: 30, synchronous_mode: true}
findings:
  description: What is not as it should be, the worst first.
  returned: always
  type: list
  elements: str
  sample: [db3 does not stream from db1]
"""

from ..module_utils._edge.run import run
from ..module_utils._patroni.operation_info import PATRONI_INFO
from ..module_utils._patroni.operation_place import PATRONI


def main() -> None:
    run(
        {
            "patroni": {"type": "dict", "required": True, "options": PATRONI},
            "max_lag": {"type": "int", "default": 16777216},
        },
        PATRONI_INFO,
    )


if __name__ == "__main__":
    main()
