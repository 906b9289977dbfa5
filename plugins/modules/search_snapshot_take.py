#!/usr/bin/python
# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: search_snapshot_take
short_description: Take a snapshot of Elasticsearch or OpenSearch, wait until it is good, and let old ones go
version_added: 0.1.0
description:
  - Takes the snapshot C(PREFIX-YYYYMMDD-HHMMSSz) in UTC and waits for its end. Only C(SUCCESS) is good. One that ended as
    C(PARTIAL), C(FAILED) or otherwise is a failure, which names shards and reasons.
  - One that is being taken into the same repository is waited for first.
  - Old ones go only after the new one is good. The newest good one never goes, nor one of another prefix.
  - How many documents each index has is written down with the snapshot, for M(mainstay.ops.search_snapshot_restore) to compare.
extends_documentation_fragment:
  - mainstay.ops.search
author:
  - The mainstay maintainers (@mainstay)
requirements:
  - Elasticsearch 8 or OpenSearch 2, with the cluster privileges C(monitor_snapshot) and C(create_snapshot),
    C(cluster:admin/snapshot/delete), and C(read) and C(view_index_metadata) of the indices, or their counterparts
options:
  repository:
    description: Where it goes, as M(mainstay.ops.search_snapshot_repository) registered it.
    type: str
    required: true
  prefix:
    description: How its name begins. Retention sees the snapshots of exactly this prefix.
    type: str
    required: true
  indices:
    description:
      - Indices, aliases and patterns with C(*) that it holds. One that means nothing is refused. A pattern means hidden indices
        only if it begins with a dot.
    type: list
    elements: str
    required: true
  include_global_state:
    description: Whether templates, persistent settings and the like are saved, too.
    type: bool
    default: false
  fresh:
    description:
      - A good one of this prefix that began no longer ago and holds these indices serves as well, so that nothing is taken.
        V(0s) always takes one.
    type: str
    default: 5m
  keep:
    description: How many good ones stay at least, whatever their age, 1 to 10000.
    type: int
    default: 7
  keep_for:
    description: For how long every one stays, whatever their number. Those that are not good go after that.
    type: str
    default: 30d
  deadline:
    description: How long waiting for the turn, and then for the end, may take each. A snapshot that is late goes on by itself.
    type: str
    default: 1h
attributes:
  check_mode:
    support: full
    description: Says which snapshot it would take and which would go, and does nothing.
  diff_mode:
    support: full
    description: Shows the snapshots that come and go.
"""

EXAMPLES = r"""
- name: Save the indices of the shop, keep 30 days and at least 7
  mainstay.ops.search_snapshot_take:
    server:
      url: https://search1:9200
      username: backup
      password: "{{ search_password }}"
    repository: nightly
    prefix: shop
    indices: ["products*", orders]
"""

RETURN = r"""
snapshot:
  description: The snapshot that was taken, or the newest good one of the prefix if none was. Empty if there is none.
  returned: always, also when it ended otherwise than well
  type: dict
  sample:
    name: shop-20261122-031500z
    state: SUCCESS
    indices: [products-v1]
    begun: "2026-11-22 03:15:00Z"
    seconds: 12.4
    shards: 3
    failures: []
    documents: {products-v1: 120000}
waited:
  description: Seconds spent waiting for the turn.
  returned: always
  type: float
  sample: 0.0
steps:
  description: What was done, or would be.
  returned: always
  type: list
  elements: dict
  sample: [{action: take, subject: nightly/shop-20261122-031500z, before: '', after: products-v1}]
"""

from ..module_utils._edge.run import run
from ..module_utils._search.operation_place import SERVER
from ..module_utils._search.operation_take import TAKING


def main() -> None:
    run(
        {
            "server": {"type": "dict", "required": True, "options": SERVER},
            "repository": {"type": "str", "required": True},
            "prefix": {"type": "str", "required": True},
            "indices": {"type": "list", "elements": "str", "required": True},
            "include_global_state": {"type": "bool", "default": False},
            "fresh": {"type": "str", "default": "5m"},
            "keep": {"type": "int", "default": 7},
            "keep_for": {"type": "str", "default": "30d"},
            "deadline": {"type": "str", "default": "1h"},
        },
        TAKING,
    )


if __name__ == "__main__":
    main()
