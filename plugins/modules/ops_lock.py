#!/usr/bin/python
# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: ops_lock
short_description: Take, renew or give back the lock of an environment
version_added: 0.1.0
description:
  - The lock is a lease on an environment with an owner, an end and a fencing token. Deploy, migrate, scale, restore and
    patch share it, so that only one of them runs at a time.
  - Runs on the operations host, which keeps the lock in a directory.
  - On the controller, an action plugin of the same name adds who asks, and takes the lock over from a run on this same
    controller whose process is gone.
author:
  - The mainstay maintainers (@mainstay)
options:
  environment:
    description: The environment that is locked.
    type: str
    required: true
  state:
    description:
      - V(present) takes the lock, or renews it when this O(run) has it. It fails, naming the owner, when another run has it.
      - V(absent) gives it back when this O(run) has it, and does nothing otherwise.
    type: str
    choices: [present, absent]
    default: present
  run:
    description: A name that no other run has. The action plugin makes one up where none is given, and returns it.
    type: str
  owner:
    description: Who runs it, for people to read.
    type: str
    default: somebody
  purpose:
    description: What for, such as C(deploy v2).
    type: str
    default: an operation
  lease:
    description: How long the lock is kept without being renewed, such as V(60s) or V(5m).
    type: str
    default: 60s
  force:
    description: With O(state=absent), give it back whoever has it. Only for a run that is known to be dead.
    type: bool
    default: false
  claimant:
    description: Identity of the controller's process. Set by the action plugin.
    type: dict
    default: {}
  evict:
    description: Token of a holder that is known to be dead. Set by the action plugin.
    type: int
  directory:
    description: Where the operations host keeps the state of its environments.
    type: path
    default: /var/lib/mainstay
attributes:
  check_mode:
    support: full
    description: Says what it would do and does nothing.
  diff_mode:
    support: full
    description: Shows the lock before and after.
"""

EXAMPLES = r"""
- name: Take the lock
  mainstay.ops.ops_lock:
    environment: production
    run: 9b2c7a51
    owner: dana
    purpose: deploy v2
  register: lock

- name: Give it back
  mainstay.ops.ops_lock:
    environment: production
    run: 9b2c7a51
    state: absent
"""

RETURN = r"""
run:
  description: The name of the run.
  returned: always
  type: str
  sample: 9b2c7a51d3e4
token:
  description: Fencing token of the lock. It grows with every holder.
  returned: always
  type: int
  sample: 17
holder:
  description: Who has the lock now, or an empty dictionary.
  returned: always
  type: dict
steps:
  description: What was done, or would be.
  returned: always
  type: list
  elements: dict
  sample: [{action: take, subject: lock, before: free, after: held by dana for deploy v2}]
"""

from ..module_utils._edge.run import run
from ..module_utils._lock.operation import LOCK


def main() -> None:
    run(
        {
            "environment": {"type": "str", "required": True},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "run": {"type": "str"},
            "owner": {"type": "str", "default": "somebody"},
            "purpose": {"type": "str", "default": "an operation"},
            "lease": {"type": "str", "default": "60s"},
            "force": {"type": "bool", "default": False},
            "claimant": {"type": "dict", "default": {}},
            "evict": {"type": "int"},
            "directory": {"type": "path", "default": "/var/lib/mainstay"},
        },
        LOCK,
        required_if=[("force", False, ("run",))],
    )


if __name__ == "__main__":
    main()
