#!/usr/bin/python
# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: search_snapshot_restore
short_description: Bring indices back from a snapshot under other names, prove them, and lead the alias to them
version_added: 0.1.0
description:
  - Restores indices with O(suffix) at the end of their names, so that what is used stays as it is. Only a snapshot that is
    C(SUCCESS) is taken. Aliases and global state are left in it.
  - Waits until all primary shards are started, and compares the documents with those that M(mainstay.ops.search_snapshot_take)
    counted.
  - Then leads O(alias) to the restored indices in one call, if asked. What it led to before stays until O(drop) names it.
  - An index of a target's name is refused, unless the server says that it came from the same snapshot. So the module can be run
    again, first without and then with O(alias).
extends_documentation_fragment:
  - mainstay.ops.search
author:
  - The mainstay maintainers (@mainstay)
requirements:
  - Elasticsearch 8 or OpenSearch 2, with the cluster privilege C(manage), and C(manage) and C(read) of the indices, or their
    counterparts
options:
  repository:
    description: Where the snapshot is.
    type: str
    required: true
  snapshot:
    description: Its name. Either this or O(prefix).
    type: str
  prefix:
    description: Take the newest good snapshot of this prefix.
    type: str
  indices:
    description: Which of its indices come back, as names and patterns with C(*).
    type: list
    elements: str
    default: ["*"]
  suffix:
    description: What is put to the end of their names.
    type: str
    default: -restored
  alias:
    description:
      - The alias that is led to the restored indices, and to nothing else. It keeps its filter, routing and write index. An
        index of that name is refused.
    type: str
  drop:
    description: Indices that go at last, because nobody needs them any more. Those to which another alias leads are refused.
    type: list
    elements: str
    default: []
  confirm:
    description:
      - What the module returned as RV(confirm) when it was refused because O(alias) leads elsewhere, or O(drop) names an index.
    type: str
  shrinkage:
    description:
      - The share of its documents, as counted when the snapshot began, that an index may lack. Deletes of that moment are the
        reason why it is not 0.
    type: float
    default: 0.05
  ignore_settings:
    description:
      - Settings of indices that stay in the snapshot. Without the default, a lifecycle policy might delete an old index as soon
        as it is back.
    type: list
    elements: str
    default: ["index.lifecycle.*", "index.plugins.index_state_management.*"]
  deadline:
    description: How long it may take until all primary shards are started. What is late goes on by itself.
    type: str
    default: 1h
attributes:
  check_mode:
    support: full
    description: Says what would come back, change and go, and does nothing. What a run before brought back is waited for.
  diff_mode:
    support: full
    description: Shows indices and the alias before and after.
"""

EXAMPLES = r"""
- name: Bring the products back beside those that are used, to look at them
  mainstay.ops.search_snapshot_restore:
    server:
      url: https://search1:9200
      username: backup
      password: "{{ search_password }}"
    repository: nightly
    prefix: shop
    indices: [products-v1]

- name: Let users have them
  mainstay.ops.search_snapshot_restore:
    server:
      url: https://search1:9200
      username: backup
      password: "{{ search_password }}"
    repository: nightly
    prefix: shop
    indices: [products-v1]
    alias: products
    confirm: search1:9200/products
"""

RETURN = r"""
snapshot:
  description: The snapshot that was chosen.
  returned: always
  type: str
  sample: shop-20261122-031500z
restored:
  description: The new name of each index of the snapshot that comes back.
  returned: always
  type: dict
  sample: {products-v1: products-v1-restored}
documents:
  description: Documents of each restored index. Empty where nothing was done.
  returned: always
  type: dict
  sample: {products-v1-restored: 120000}
kept:
  description: Indices to which O(alias) led before.
  returned: always
  type: list
  elements: str
  sample: [products-v1]
confirm:
  description: What is to be given as O(confirm) if that is meant.
  returned: when refused because something would be replaced or deleted
  type: str
  sample: search1:9200/products
steps:
  description: What was done, or would be.
  returned: always
  type: list
  elements: dict
  sample:
    - {action: restore, subject: products-v1-restored, before: '', after: from products-v1}
    - {action: swap, subject: products, before: products-v1, after: products-v1-restored}
"""

from ..module_utils._edge.run import run
from ..module_utils._search.operation_place import SERVER
from ..module_utils._search.operation_restore import RESTORING


def main() -> None:
    run(
        {
            "server": {"type": "dict", "required": True, "options": SERVER},
            "repository": {"type": "str", "required": True},
            "snapshot": {"type": "str"},
            "prefix": {"type": "str"},
            "indices": {"type": "list", "elements": "str", "default": ["*"]},
            "suffix": {"type": "str", "default": "-restored"},
            "alias": {"type": "str"},
            "drop": {"type": "list", "elements": "str", "default": []},
            "confirm": {"type": "str"},
            "shrinkage": {"type": "float", "default": 0.05},
            "ignore_settings": {
                "type": "list",
                "elements": "str",
                "default": ["index.lifecycle.*", "index.plugins.index_state_management.*"],
            },
            "deadline": {"type": "str", "default": "1h"},
        },
        RESTORING,
        mutually_exclusive=[("snapshot", "prefix")],
        required_one_of=[("snapshot", "prefix")],
    )


if __name__ == "__main__":
    main()
