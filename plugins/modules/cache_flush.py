#!/usr/bin/python
# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: cache_flush
short_description: Delete the keys of a Redis cache that match a pattern, and no others
version_added: 0.1.0
description:
  - Counts the keys that match O(pattern), then deletes them in slices so short that other clients hardly notice. Keys that
    exist all the time are deleted exactly if they match. Those that come or go meanwhile may be or not.
  - Queues and sessions are no cache. Keys under the names that frameworks give them are never deleted, unless
    O(override_protected) says so. These are C(*:queue*), C(queue*), C(session:*), C(sessions:*), C(sess:*), C(*:session:*),
    C(*:sessions:*), C(bull:*), C(celery*), C(_kombu*), C(unacked*), C(rq:*), C(resque:*) and C(sidekiq:*). A pattern that can
    match nothing else is refused.
  - A replica is refused, and its primary named. Of a cluster, all primaries are flushed. It is refused while it is not whole or
    moves slots.
extends_documentation_fragment:
  - mainstay.ops.fence.optional
author:
  - The mainstay maintainers (@mainstay)
requirements:
  - redis 4.3 or newer
  - Redis 5 or newer on the server, with the rights for INFO, PING, SCAN, UNLINK, EVAL, EVALSHA and SCRIPT LOAD
options:
  pattern:
    description:
      - Which keys, as Redis's own glob with C(*), C(?), C([a-z]), C([^a]) and C(\\) before a sign that is to stand for itself.
    type: str
    required: true
  host:
    description: The server, or any node of a cluster.
    type: str
    default: 127.0.0.1
  port:
    description: Its port.
    type: int
    default: 6379
  database:
    description: The number of the database.
    type: int
    default: 0
  username:
    description: User of Redis's access control.
    type: str
  password:
    description: The password.
    type: str
  tls:
    description: Whether to use TLS.
    type: bool
    default: false
  ca_path:
    description: PEM file of certificate authorities to trust instead of the system's.
    type: path
  validate_certs:
    description: Whether TLS certificates are verified.
    type: bool
    default: true
  timeout:
    description: How long the server may take for one answer.
    type: str
    default: 10s
  protected:
    description: Patterns of more keys that are never deleted, beside those of queues and sessions. In ASCII.
    type: list
    elements: str
    default: []
  override_protected:
    description: Whether to delete keys even if they are protected. Needs a O(reason), which is returned to be written down.
    type: bool
    default: false
  reason:
    description: Why protected keys may go.
    type: str
  largest:
    description:
      - How many keys may be deleted without a confirmation, 1 to 1000000. If more match, the module fails and returns
        RV(confirm), in check mode too.
    type: int
    default: 100000
  confirm:
    description:
      - What the module returned as RV(confirm) when it was refused for O(largest). It holds for the same server, database,
        pattern and protected patterns, and for a tenth more keys than were counted.
    type: str
attributes:
  check_mode:
    support: full
    description: Counts, and deletes nothing.
  diff_mode:
    support: full
    description: Shows how many keys match on each primary before and after.
"""

EXAMPLES = r"""
- name: Delete all cached pages
  mainstay.ops.cache_flush:
    host: cache1
    password: "{{ cache_password }}"
    pattern: page:*

- name: Delete every key that is no queue and no session, as seen and confirmed before
  mainstay.ops.cache_flush:
    host: cache1
    pattern: "*"
    protected: ["feature-flag:*"]
    confirm: 1320000-5b1c9d02

- name: Log everybody out
  mainstay.ops.cache_flush:
    host: cache1
    pattern: session:*
    override_protected: true
    reason: tokens leaked, see the incident of 3 May
"""

RETURN = r"""
matched:
  description: How many keys matched and may be deleted, when they were counted.
  returned: always, also when refused for O(largest)
  type: int
  sample: 1000000
protected:
  description: How many keys matched too, but are protected.
  returned: always, also when refused for O(largest)
  type: int
  sample: 200000
samples:
  description: A few of the keys that matched, in a form that can be printed.
  returned: always, also when refused for O(largest)
  type: list
  elements: str
  sample: ["page:1", "page:2"]
deleted:
  description: How many keys were deleted. When the module fails half-way, how many were by then on the server that failed.
  returned: always
  type: int
  sample: 1000000
seconds:
  description: How long deleting took.
  returned: always
  type: float
  sample: 1.6
keys_per_second:
  description: RV(deleted) by RV(seconds).
  returned: always
  type: int
  sample: 625000
primaries:
  description: The servers that were flushed, or would be.
  returned: always
  type: list
  elements: str
  sample: ["127.0.0.1:6379"]
reason:
  description: Why protected keys were allowed to go.
  returned: always
  type: str
confirm:
  description: What is to be given as O(confirm) if all these keys shall go.
  returned: when refused for O(largest)
  type: str
  sample: 1320000-5b1c9d02
steps:
  description: What was done, or would be.
  returned: always
  type: list
  elements: dict
  sample: [{action: flush, subject: "127.0.0.1:6379/0", before: "1000000 keys match page:*", after: none}]
"""

from ..module_utils._cache.operation import FLUSH
from ..module_utils._edge.run import run
from ..module_utils._edge.spec import FENCE


def main() -> None:
    run(
        {
            "pattern": {"type": "str", "required": True},
            "host": {"type": "str", "default": "127.0.0.1"},
            "port": {"type": "int", "default": 6379},
            "database": {"type": "int", "default": 0},
            "username": {"type": "str"},
            "password": {"type": "str", "no_log": True},
            "tls": {"type": "bool", "default": False},
            "ca_path": {"type": "path"},
            "validate_certs": {"type": "bool", "default": True},
            "timeout": {"type": "str", "default": "10s"},
            "protected": {"type": "list", "elements": "str", "default": []},
            "override_protected": {"type": "bool", "default": False},
            "reason": {"type": "str"},
            "largest": {"type": "int", "default": 100000},
            "confirm": {"type": "str"},
            "fence": {"type": "dict", "options": FENCE},
        },
        FLUSH,
        required_if=[("override_protected", True, ("reason",))],
    )


if __name__ == "__main__":
    main()
