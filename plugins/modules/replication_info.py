#!/usr/bin/python
# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: replication_info
short_description: Say whether a PostgreSQL server is a primary or a standby, and how far its standbys are behind
version_added: 0.1.0
description:
  - Asks the server over its socket, and reads what its data says of it, which works where it is stopped too.
  - Runs on the database host, as root or as the owner of the data.
  - With a token in O(fence) it waits until a module of this run or of an older one that is still at work on this host is done.
extends_documentation_fragment:
  - mainstay.ops.replication
  - mainstay.ops.fence.optional
author:
  - The mainstay maintainers (@mainstay)
requirements:
  - PostgreSQL 14 or newer
attributes:
  check_mode:
    support: full
    description: It only reads.
  diff_mode:
    support: none
    description: Nothing is changed.
"""

EXAMPLES = r"""
- name: Who is the primary?
  mainstay.ops.replication_info:
    data: /var/lib/postgresql/15/main
  register: replication

- name: Show how far its standbys are behind
  ansible.builtin.debug:
    msg: "{{ replication.standbys }}"
"""

RETURN = r"""
role:
  description:
    - V(primary) or V(standby) where the server runs, V(stopped primary) or V(stopped standby) where it does not, V(fenced)
      where it was a primary and cannot come back as one, V(none) where there is no data.
  returned: success
  type: str
  sample: primary
system_id:
  description: The system identifier of the cluster, the same on every server of it. An empty string where there is no data.
  returned: success
  type: str
  sample: "7710879463839285759"
timeline:
  description: Number of the timeline, which each promotion counts up.
  returned: success
  type: int
state:
  description: State of the cluster, as C(pg_controldata) calls it.
  returned: success
  type: str
  sample: in production
lsn:
  description: Where a primary writes, what a standby has replayed; the last checkpoint where the server is stopped.
  returned: success
  type: str
  sample: 0/3007280
received:
  description: Up to where a standby has received the write-ahead log.
  returned: success
  type: str
  sample: 0/3007280
streaming:
  description: Whether a standby is connected to the server that it follows.
  returned: success
  type: bool
follows:
  description: Host and port of the server that a standby follows, while it is connected.
  returned: success
  type: str
  sample: db1:5432
slot:
  description: The replication slot through which a standby follows.
  returned: success
  type: str
  sample: db2
delay_s:
  description: Seconds since the last transaction that a standby replayed was committed, 0 if it has replayed all that it has.
  returned: success
  type: float
fenced:
  description: Whether what is here was a primary, and can only come back as a standby.
  returned: success
  type: bool
removed:
  description: Whether it is a standby that was taken away, and cannot start by itself.
  returned: success
  type: bool
promoting:
  description: Whether a promotion was begun here and is not known to have ended.
  returned: success
  type: bool
proof:
  description: Where the log of a primary ended that was fenced, for M(mainstay.ops.replication_primary); empty otherwise.
  returned: success
  type: dict
  sample: {system_id: "7710879463839285759", timeline: 1, checkpoint: 0/5000028}
standbys:
  description: Each standby that is connected, with what it has replayed, and how far it is behind in bytes and in seconds.
  returned: success
  type: list
  elements: dict
  sample:
    - {name: db2, state: streaming, address: 10.0.0.42, replayed: 0/3007280, lag_bytes: 0, lag_s: 0.005, sync: async}
slots:
  description: Each physical replication slot, and how many bytes of write-ahead log the server keeps for it.
  returned: success
  type: list
  elements: dict
  sample: [{name: db2, active: true, kept_bytes: 0, wal_status: reserved}]
"""

from ..module_utils._edge.run import run
from ..module_utils._edge.spec import FENCE
from ..module_utils._replication.operation_look import REPLICATION_INFO
from ..module_utils._replication.operation_server import SERVER


def main() -> None:
    run({**SERVER, "fence": {"type": "dict", "options": FENCE}}, REPLICATION_INFO)


if __name__ == "__main__":
    main()
