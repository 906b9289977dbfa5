#!/usr/bin/python
# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: release
short_description: Say of a release that it is proven, bad or cleared
version_added: 0.1.0
description:
  - A deploy marks its release by itself. This is for people.
  - A release known bad is refused until somebody clears it, and one that turned out bad later can be marked so.
  - Runs on the operations host, which keeps the ledger.
options:
  environment:
    description: Name of the environment.
    type: str
    required: true
  release:
    description: Id of the release, as M(mainstay.ops.release_info) shows it.
    type: str
    required: true
  state:
    description: What it shall be known as.
    type: str
    choices: [proven, bad, cleared]
    required: true
  reason:
    description: Why. It is written into the ledger.
    type: str
    required: true
  who:
    description: Who says so.
    type: str
    default: ""
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
- name: Clear a release whose failure was the database's
  mainstay.ops.release:
    environment: production
    release: v2-1a2b3c4d
    state: cleared
    reason: the database was down, see incident 42
"""

RETURN = r"""
release:
  description: The id of the release.
  returned: always
  type: str
steps:
  description: What was done, or would be.
  returned: always
  type: list
  elements: dict
"""

from ..module_utils._edge.run import run
from ..module_utils._release.operation_mark import RELEASE_MARK


def main() -> None:
    run(
        {
            "environment": {"type": "str", "required": True},
            "release": {"type": "str", "required": True},
            "state": {"type": "str", "choices": ["proven", "bad", "cleared"], "required": True},
            "reason": {"type": "str", "required": True},
            "who": {"type": "str", "default": ""},
            "directory": {"type": "path", "default": "/var/lib/mainstay"},
        },
        RELEASE_MARK,
    )


if __name__ == "__main__":
    main()
