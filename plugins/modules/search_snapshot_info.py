#!/usr/bin/python
# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: search_snapshot_info
short_description: Tell which snapshots of Elasticsearch or OpenSearch there are, and whether the newest good one is young enough
version_added: 0.1.0
description:
  - Lists repositories and their snapshots with age and state, and judges the newest good one if O(max_age) says how old it may
    be.
  - A newer one that did not end as C(SUCCESS) fails the check too, because the next one may end like it.
extends_documentation_fragment:
  - mainstay.ops.search
author:
  - The mainstay maintainers (@mainstay)
requirements:
  - Elasticsearch 8 or OpenSearch 2, with the cluster privilege C(monitor_snapshot) or its counterpart
options:
  repository:
    description: Look at this repository only.
    type: str
  prefix:
    description: Look at snapshots only that M(mainstay.ops.search_snapshot_take) took under this prefix.
    type: str
  max_age:
    description: How old the newest good one may be. Nothing is judged without it.
    type: str
  sizes:
    description: Whether to tell how much each one holds. The server reads a file for each shard of each snapshot to tell.
    type: bool
    default: false
  must_pass:
    description: Whether the module fails if the verdict is not V(pass) where O(max_age) is given.
    type: bool
    default: true
attributes:
  check_mode:
    support: full
    description: It only reads.
  diff_mode:
    support: none
    description: It changes nothing.
"""

EXAMPLES = r"""
- name: Fail unless there is a good snapshot of the last day
  mainstay.ops.search_snapshot_info:
    server:
      url: https://search1:9200
      username: monitor
      password: "{{ search_password }}"
    repository: nightly
    prefix: shop
    max_age: 25h
"""

RETURN = r"""
verdict:
  description: V(inconclusive) if there is a good one and O(max_age) was not given.
  returned: always
  type: str
  choices: [pass, fail, inconclusive]
  sample: pass
told:
  description: What it rests on.
  returned: always
  type: str
  sample: the newest good snapshot is shop-20261122-031500z of 2026-11-22 03:15:00Z, 3600 s old; 90000 s are allowed
repositories:
  description: The repositories that were looked at.
  returned: always
  type: list
  elements: dict
  sample: [{name: nightly, type: fs, settings: {location: /mnt/snapshots/shop}}]
snapshots:
  description: Their snapshots. C(age) is seconds since it began, C(bytes) what a good one holds, with O(sizes).
  returned: always
  type: list
  elements: dict
  sample:
    - repository: nightly
      name: shop-20261122-031500z
      state: SUCCESS
      indices: [products-v1]
      begun: "2026-11-22 03:15:00Z"
      seconds: 12.4
      shards: 3
      failures: []
      documents: {products-v1: 120000}
      age: 3600.0
      bytes: 52428800
"""

from ..module_utils._edge.run import run
from ..module_utils._search.operation_info import SNAPSHOTS
from ..module_utils._search.operation_place import SERVER


def main() -> None:
    run(
        {
            "server": {"type": "dict", "required": True, "options": SERVER},
            "repository": {"type": "str"},
            "prefix": {"type": "str"},
            "max_age": {"type": "str"},
            "sizes": {"type": "bool", "default": False},
            "must_pass": {"type": "bool", "default": True},
        },
        SNAPSHOTS,
    )


if __name__ == "__main__":
    main()
