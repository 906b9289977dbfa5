#!/usr/bin/python
# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: release_judge
short_description: Judge a phase of a run over the whole inventory
version_added: 0.1.0
description:
  - Counts every host that had to take part, whatever became of it: one that failed, could not be reached, was skipped or never ran the phase is no pass.
  - Then asks the endpoints, once or for as long as the release bakes. No data is never a pass.
  - Writes the verdict into the journal and gives the lock the time that the next phase may take.
  - Runs on the operations host. It does not fail on a bad verdict; the next phases act on it.
options:
  run:
    description: The name of the run, the same as was given to M(mainstay.ops.ops_lock).
    type: str
    required: true
  fence:
    description: The environment, and the lock under which it is worked on.
    type: dict
    required: true
    suboptions:
      environment:
        description: Name of the environment.
        type: str
        required: true
      token:
        description: Fencing token that M(mainstay.ops.ops_lock) returned. In check mode none is needed.
        type: int
      phase:
        description: Name of the phase; the result carries it.
        type: str
  phase:
    description: The phase that is judged. Results of any other phase do not count.
    type: str
    required: true
  hosts:
    description: Every host that had to take part.
    type: list
    elements: str
    required: true
  results:
    description: What was registered on each host.
    type: dict
    default: {}
  endpoints:
    description: What must be well now, as M(mainstay.ops.health_check) takes it.
    type: list
    elements: dict
    default: []
  healthy:
    description: How many good answers in a row each endpoint must give.
    type: int
    default: 1
  deadline:
    description: How long the endpoints have to become well.
    type: str
    default: 30s
  bake:
    description: How long they have to stay well afterwards.
    type: str
    default: 0s
  lease:
    description: How long the next phase may take.
    type: str
    default: 60s
  directory:
    description: Where the operations host keeps the state of its environments.
    type: path
    default: /var/lib/mainstay
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
- name: Judge whether every replica started
  mainstay.ops.release_judge:
    run: 9b2c7a51
    fence:
      environment: production
      token: 17
    phase: start 1
    hosts: "{{ groups['app'] }}"
    results: "{{ groups['app'] | mainstay.ops.registered(hostvars, 'mainstay_started') }}"
"""

RETURN = r"""
verdict:
  description: V(pass), V(fail) or V(inconclusive).
  returned: always
  type: str
why:
  description: What did not pass, where, with the last answer.
  returned: always
  type: str
blames_release:
  description: Whether the release itself was at fault, and not a host or a server that it needs.
  returned: always
  type: bool
judged:
  description: The phase.
  returned: always
  type: str
steps:
  description: What was done, or would be.
  returned: always
  type: list
  elements: dict
"""

from ..module_utils._edge.run import run
from ..module_utils._edge.spec import FENCE
from ..module_utils._release.operation_judge import RELEASE_JUDGE


def main() -> None:
    run(
        {
            "run": {"type": "str", "required": True},
            "fence": {"type": "dict", "required": True, "options": FENCE},
            "phase": {"type": "str", "required": True},
            "hosts": {"type": "list", "elements": "str", "required": True},
            "results": {"type": "dict", "default": {}},
            "endpoints": {"type": "list", "elements": "dict", "default": []},
            "healthy": {"type": "int", "default": 1},
            "deadline": {"type": "str", "default": "30s"},
            "bake": {"type": "str", "default": "0s"},
            "lease": {"type": "str", "default": "60s"},
            "directory": {"type": "path", "default": "/var/lib/mainstay"},
        },
        RELEASE_JUDGE,
    )


if __name__ == "__main__":
    main()
