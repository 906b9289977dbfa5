#!/usr/bin/python
# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: release_decide
short_description: Let the run under way go on, or end it
version_added: 0.1.0
description:
  - A step of a canary may wait for a person before it goes on. This is how that person answers, and the answer is written down.
  - A run that nobody asked about can be ended, too. It hears that while it watches, takes the traffic back and undoes itself.
  - Refuses what nobody would hear, such as a promotion that no run waits for, or an answer to a run that was interrupted.
  - Runs on the operations host, beside the run, whose lock it does not need.
options:
  environment:
    description: Name of the environment.
    type: str
    required: true
  decision:
    description: V(promote) lets the run go on with its next step, V(abort) ends it.
    type: str
    choices: [promote, abort]
    required: true
  who:
    description:
      - Who decides. Where the canary asks for another person than the one who started the run, it must be another name.
    type: str
    required: true
  reason:
    description: Why, in a sentence of 3 to 500 characters. It is written down.
    type: str
    required: true
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
- name: Let the canary go on
  mainstay.ops.release_decide:
    environment: production
    decision: promote
    who: dana
    reason: support sees no complaints
"""

RETURN = r"""
approval:
  description: What was written down. C(phase) is what the run waits after, empty if it was not waiting.
  returned: success
  type: dict
  sample: {run: 9b2c7a51d3e4, phase: route 1, decision: promote, who: dana, why: support sees no complaints}
steps:
  description: What was done, or would be.
  returned: always
  type: list
  elements: dict
"""

from ..module_utils._edge.run import run
from ..module_utils._release.operation_decide import RELEASE_DECIDE


def main() -> None:
    run(
        {
            "environment": {"type": "str", "required": True},
            "decision": {"type": "str", "choices": ["promote", "abort"], "required": True},
            "who": {"type": "str", "required": True},
            "reason": {"type": "str", "required": True},
            "directory": {"type": "path", "default": "/var/lib/mainstay"},
        },
        RELEASE_DECIDE,
    )


if __name__ == "__main__":
    main()
