#!/usr/bin/python
# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: search_snapshot_repository
short_description: Register where Elasticsearch or OpenSearch keeps its snapshots
version_added: 0.1.0
description:
  - Registers a repository, and has every node write there. If one cannot, all is as it was before.
  - A repository that is registered like that already is left alone.
  - Secrets of a bucket belong into the keystore of each node. Settings that look like one are refused.
extends_documentation_fragment:
  - mainstay.ops.search
author:
  - The mainstay maintainers (@mainstay)
requirements:
  - Elasticsearch 8 or OpenSearch 2, with the cluster privilege C(manage) or its counterpart
options:
  repository:
    description: Name of the repository.
    type: str
    required: true
  state:
    description:
      - V(absent) ends the registration. What is stored stays where it is, but cannot be restored from here any more.
    type: str
    choices: [present, absent]
    default: present
  type:
    description: V(fs) for a directory that all nodes share and that C(path.repo) names, V(s3) for a bucket.
    type: str
    choices: [fs, s3]
  settings:
    description: What the server's pages say of the type, such as C(location) of V(fs), or C(bucket) and C(base_path) of V(s3).
    type: dict
  confirm:
    description:
      - What the module returned as RV(confirm) when it was refused because the registration holds snapshots. Needed to end it,
        and to lead it to another place.
    type: str
attributes:
  check_mode:
    support: full
    description: Says what it would do and does nothing. Whether the nodes can write there is not tried.
  diff_mode:
    support: full
    description: Shows type and settings before and after.
"""

EXAMPLES = r"""
- name: Keep snapshots in a directory that all nodes share
  mainstay.ops.search_snapshot_repository:
    server:
      url: https://search1:9200
      username: backup
      password: "{{ search_password }}"
    repository: nightly
    type: fs
    settings:
      location: /mnt/snapshots/shop

- name: Keep them in a bucket as well
  mainstay.ops.search_snapshot_repository:
    server:
      url: https://search1:9200
      api_key: "{{ search_api_key }}"
    repository: offsite
    type: s3
    settings:
      bucket: example-snapshots
      base_path: shop
"""

RETURN = r"""
repository:
  description: The registration as it is, or as it was found in check mode. Empty if there is none.
  returned: always
  type: dict
  sample: {name: nightly, type: fs, settings: {location: /mnt/snapshots/shop}}
nodes:
  description: The nodes that proved that they can write there. Empty where nothing was changed.
  returned: always
  type: list
  elements: str
  sample: [search1, search2, search3]
confirm:
  description: What is to be given as O(confirm) if that is meant.
  returned: when refused because the registration holds snapshots
  type: str
  sample: search1:9200/nightly
steps:
  description: What was done, or would be.
  returned: always
  type: list
  elements: dict
  sample: [{action: register, subject: nightly, before: '', after: fs location=/mnt/snapshots/shop}]
"""

from ..module_utils._edge.run import run
from ..module_utils._search.operation_place import SERVER
from ..module_utils._search.operation_repository import REGISTRATION


def main() -> None:
    run(
        {
            "server": {"type": "dict", "required": True, "options": SERVER},
            "repository": {"type": "str", "required": True},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "type": {"type": "str", "choices": ["fs", "s3"]},
            "settings": {"type": "dict"},
            "confirm": {"type": "str"},
        },
        REGISTRATION,
        required_if=[("state", "present", ("type", "settings"))],
    )


if __name__ == "__main__":
    main()
