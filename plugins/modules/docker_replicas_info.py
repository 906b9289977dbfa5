#!/usr/bin/python
# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: docker_replicas_info
short_description: Tell which replicas of an application this host runs
version_added: 0.1.0
description:
  - Lists the replicas of an application in both slots, whatever their state.
options:
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
  application:
    description: Name of the application.
    type: str
    required: true
author:
  - The mainstay maintainers (@mainstay)
attributes:
  check_mode:
    support: full
    description: Only reads.
  diff_mode:
    support: none
    description: Shows what was found and what is wanted.
"""

EXAMPLES = r"""
- name: See what runs here
  mainstay.ops.docker_replicas_info:
    fence:
      environment: production
    application: shop
"""

RETURN = r"""
replicas:
  description: Every replica with its service, slot, number, release, version, port, state and container.
  returned: always
  type: list
  elements: dict
"""

from ..module_utils._edge.run import run
from ..module_utils._edge.spec import FENCE
from ..module_utils._replicas.operation import REPLICAS_INFO


def main() -> None:
    run(
        {
            "fence": {"type": "dict", "required": True, "options": FENCE},
            "application": {"type": "str", "required": True},
        },
        REPLICAS_INFO,
    )


if __name__ == "__main__":
    main()
