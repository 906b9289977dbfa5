#!/usr/bin/python
# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: release_info
short_description: Tell what the ledger, the journal and the lock of an environment say
version_added: 0.1.0
description:
  - Verifies the checksum of every record of the ledger.
  - Runs on the operations host.
options:
  environment:
    description: Name of the environment.
    type: str
    required: true
  operations:
    description: How many of the last operations to return.
    type: int
    default: 10
  works:
    description: How many of the last works on the data, such as backups, to return.
    type: int
    default: 0
  addresses:
    description: Addresses of application hosts by name, to return endpoints for.
    type: dict
    default: {}
  entrances:
    description: URLs of routers by name, to return endpoints for.
    type: dict
    default: {}
  directory:
    description: Where the operations host keeps the state of its environments.
    type: path
    default: /var/lib/mainstay
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
- name: Read the ledger
  mainstay.ops.release_info:
    environment: production
  register: known
"""

RETURN = r"""
live:
  description: The operation that put the present release into service, or an empty dictionary.
  returned: always
  type: dict
releases:
  description: Every release with its images and its mark, oldest first.
  returned: always
  type: list
  elements: dict
endpoints:
  description: What to ask with M(mainstay.ops.health_check) whether the live release is well.
  returned: always
  type: list
  elements: dict
operations:
  description: The last operations, oldest first.
  returned: always
  type: list
  elements: dict
works:
  description:
    - The last works on the data, oldest first, as M(mainstay.ops.operation_record) wrote them down. C(state) is the
      verdict, C(under way) or C(unfinished). Where their stream cannot be trusted there are none, and a warning says so.
  returned: always
  type: list
  elements: dict
journal:
  description: The operation under way, or one that was killed, or an empty dictionary.
  returned: always
  type: dict
lock:
  description: The C(token) and the C(holder) of the lock, and whether its lease is over (C(lapsed)).
  returned: always
  type: dict
"""

from ..module_utils._edge.run import run
from ..module_utils._release.operation_info import RELEASE_INFO


def main() -> None:
    run(
        {
            "environment": {"type": "str", "required": True},
            "operations": {"type": "int", "default": 10},
            "works": {"type": "int", "default": 0},
            "addresses": {"type": "dict", "default": {}},
            "entrances": {"type": "dict", "default": {}},
            "directory": {"type": "path", "default": "/var/lib/mainstay"},
        },
        RELEASE_INFO,
    )


if __name__ == "__main__":
    main()
