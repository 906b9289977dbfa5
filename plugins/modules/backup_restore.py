#!/usr/bin/python
# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: backup_restore
short_description: Restore a PostgreSQL cluster from pgBackRest to a target, beside the old data, then swap
version_added: 0.1.0
description:
  - Chooses the backup, sees whether the write-ahead log in all repositories leads from there to the target without a gap, how
    much it is, whether the disk has room, and how long it will take as measured by earlier restores and verifications. What
    cannot succeed is refused, and the latest time within reach named. In check mode this is all that happens.
  - Restores into a new directory beside the data directory. A server that only listens on a socket of its own, archives
    nothing and loads no libraries recovers there to the target and is asked O(checks). Then the two directories change places
    in one step of the filesystem. The old data is kept until O(state=discarded).
  - Whenever it is killed, the data directory is the old one or the new one, whole. The next run finishes what was ready and
    cleans up what was not.
  - Stop the service before, and start it afterwards. A running server is refused, and so are a place that is not empty and
    not this cluster's, a stanza of another directory, and another system identifier.
  - Files of the configuration that lie in the old data directory are kept. Tablespaces are refused.
  - Runs on the database host, as root or as the owner of the data.
extends_documentation_fragment:
  - mainstay.ops.fence.optional
  - mainstay.ops.recovery
author:
  - The mainstay maintainers (@mainstay)
requirements:
  - pgBackRest 2.45 or newer, and zstd, lz4 or bzip2 if it compresses with them
  - psycopg 3
  - Linux
options:
  host:
    description: Name of this host, as part of what must be typed as O(confirm). Its own name for itself if left away.
    type: str
  state:
    description:
      - V(restored) restores. Once the service ran on the restored data, it restores again.
      - V(foreseen) tells in RV(prospect) what a restore takes, and refuses what could not succeed. It changes nothing, and the
        server may run meanwhile.
      - V(discarded) removes the old data that restores kept, and what a restore left that did not end.
    type: str
    choices: [restored, foreseen, discarded]
    default: restored
  target:
    description:
      - Where the recovery ends. V(latest) is the end of the log, V(immediate) the end of the backup, the others are said
        in O(at).
    type: str
    choices: [latest, immediate, time, lsn, name]
    default: latest
  at:
    description:
      - With O(target=time) the last moment whose transactions are recovered, such as V(2026-05-03T14:30:00Z). The zone must
        be given.
      - With O(target=lsn) a position such as V(0/3000148).
      - With O(target=name) the name of a restore point, as M(mainstay.ops.restore_point) made it.
    type: str
  timeline:
    description: Number of the timeline to recover along. The newest that goes on from the backup if left away.
    type: int
  data:
    description: The data directory. Must be the one that the configuration names, and is that one if left away.
    type: path
  reuse:
    description:
      - One of RV(kept), which is used up for this restore. Files of it that are as in the backup are not copied again, which is
        quicker where little changed. It is not kept any longer, even if the restore fails or is killed. The data that is
        replaced is kept as always.
      - It must be this cluster's, without links in it, and not the last data that there is. The disk needs the same room.
    type: path
  confirm:
    description:
      - The name of the environment, a space and the name of the host, for whoever means to replace data that is there, or to
        discard what was kept.
    type: str
attributes:
  check_mode:
    support: full
    description: Plans, and touches nothing.
  diff_mode:
    support: full
    description: Shows each step before and after.
"""

EXAMPLES = r"""
- name: See what a recovery to half past two would take
  mainstay.ops.backup_restore:
    stanza: main
    environment: production
    state: foreseen
    target: time
    at: "2026-05-03T14:30:00+02:00"

- name: Go back to just before the migration
  mainstay.ops.backup_restore:
    stanza: main
    environment: production
    host: db1
    target: name
    at: before-v2
    confirm: production db1
    checks:
      - name: orders
        database: shop
        query: SELECT count(*) FROM orders
        least: 1000

- name: Go back a little further, over the data that the restore before has kept and nobody needs any more
  mainstay.ops.backup_restore:
    stanza: main
    environment: production
    host: db1
    target: time
    at: "2026-05-03T14:10:00+02:00"
    reuse: /var/lib/postgresql/15/main.before-20260503T144500Z
    confirm: production db1

- name: Remove the data of before
  mainstay.ops.backup_restore:
    stanza: main
    environment: production
    host: db1
    state: discarded
    confirm: production db1
"""

RETURN = r"""
target:
  description: Where the recovery ends.
  returned: success
  type: str
  sample: time 2026-05-03 12:30:00.000000+00
prospect:
  description: >-
    The V(backup), the V(wal) that the target needs, the V(timeline), the first V(missing) segment or an empty string, the
    V(latest) time and LSN within reach, the V(room) that is needed and free in bytes, and how many V(seconds) it will take
    according to so many V(measurements); none if nothing was measured yet.
  returned: success, unless nothing is to be restored
  type: dict
  sample:
    backup: {label: 20260503-010002F, repository: 1, stopped: "2026-05-03 01:04:10Z", bytes: 5368709120}
    wal: {first: "000000010000000000000010", last: "000000010000000000000042", count: 51, bytes: 204800000}
    timeline: 1
    missing: ""
    latest: {time: "2026-05-03 14:41:07Z", lsn: 0/42A01F38}
    room: {needed: 6511656960, free: 90194313216}
    seconds: 131.2
    measurements: 4
confirm:
  description: What must be given as O(confirm) where data is replaced.
  returned: success
  type: str
  sample: production db1
checks:
  description: Each check with V(name), V(verdict) and V(message).
  returned: success
  type: list
  elements: dict
  sample: [{name: orders, verdict: pass, message: "'1250', wanted at least 1000"}]
measured:
  description: Seconds that each part took.
  returned: success
  type: dict
  sample: {restore: 92.1, replay: 30.8, recover: 34.0}
recovered:
  description: Time of the last transaction that was recovered, the LSN, and where PostgreSQL said that it stopped.
  returned: success
  type: dict
  sample: {time: "2026-05-03 12:29:59Z", lsn: 0/42A01F38, stopped: "recovery stopping before commit of transaction 741"}
kept:
  description: The old data that is kept, oldest first.
  returned: success
  type: list
  elements: str
  sample: [/var/lib/postgresql/15/main.before-20260503T144500Z]
latest:
  description: Latest time within reach, or an empty string if it is not known.
  returned: when the target is out of reach
  type: str
missing:
  description: The first segment that is missing though later ones are there.
  returned: when the target is out of reach
  type: str
steps:
  description: What was done, or would be.
  returned: success
  type: list
  elements: dict
  sample: [{action: swap, subject: /var/lib/postgresql/15/main, before: the data of before, after: the restored data}]
"""

from ..module_utils._backup.operation_described import RECOVERY
from ..module_utils._backup.operation_restore import BACKUP_RESTORE
from ..module_utils._edge.run import run
from ..module_utils._edge.spec import FENCE


def main() -> None:
    run(
        {
            **RECOVERY,
            "host": {"type": "str"},
            "state": {"type": "str", "choices": ["restored", "foreseen", "discarded"], "default": "restored"},
            "target": {"type": "str", "choices": ["latest", "immediate", "time", "lsn", "name"], "default": "latest"},
            "at": {"type": "str"},
            "timeline": {"type": "int"},
            "data": {"type": "path"},
            "reuse": {"type": "path"},
            "confirm": {"type": "str"},
            "fence": {"type": "dict", "options": FENCE},
        },
        BACKUP_RESTORE,
    )


if __name__ == "__main__":
    main()
