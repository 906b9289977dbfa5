#!/usr/bin/python
# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: backup_verify
short_description: Prove the backups of a PostgreSQL cluster by restoring one and asking it
version_added: 0.1.0
description:
  - Writes a canary row into the live server, waits until the write-ahead log with it is archived, and sees that everything in
    the repositories is as it was written.
  - Then restores the newest backup, or O(backup), into a directory that is thrown away, starts a server there that only listens
    on a socket of its own, archives nothing and loads no libraries, and replays to the newest that is there. The server must
    let its catalogs be read, hold the canary and the rows, answer O(checks) as wanted, and satisfy C(pg_amcheck) and
    C(pg_checksums).
  - Measures how much would have been lost and how long it took, and compares both with their targets.
  - Fails unless the verdict is V(pass). What was found is kept before, in C(recoveries.jsonl) of the environment's directory,
    where later restores learn how long they will take.
  - The directory is always removed. What a killed run left is removed by the next one.
  - Runs on a host with the configuration of pgBackRest, PostgreSQL's programs, and room for a copy. As root or as O(user).
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
  workspace:
    description: Directory in which the throw-away directory is made. The one with the cluster's data directory if left away.
    type: path
  canary:
    description: The live server, for a row that must come back. Without it, losses can only be guessed.
    type: dict
    suboptions:
      database:
        description: How to reach a database of it, with a role that may create the schema C(mainstay_backup).
        type: dict
        required: true
        suboptions:
          dbname:
            description: Name of the database.
            type: str
            required: true
          host:
            description:
              - Name or address of the server, a directory with its socket, or several parted by commas.
              - Empty for the local socket.
            type: str
            default: ''
          port:
            description: Port of the server.
            type: int
            default: 5432
          user:
            description: Role to log in with. Empty for the name of the user that runs the module.
            type: str
            default: ''
          password:
            description: Password of the role.
            type: str
            default: ''
          sslmode:
            description: How the connection is protected. Only V(verify-full) proves that the server is the right one.
            type: str
            choices: [disable, prefer, require, verify-ca, verify-full]
            default: verify-full
          ca:
            description: File on the target with the certificates that are trusted.
            type: path
            default: ''
          application_name:
            description: How the session calls itself in C(pg_stat_activity).
            type: str
            default: mainstay
      within:
        description: How long it may take until the canary is archived.
        type: str
        default: 10m
      switch_wal:
        description:
          - Whether to have the server begin a new segment at once. It is faster, and measures less than what an accident
            would cost.
        type: bool
        default: false
  counts:
    description: Tables whose rows are counted in the live server around the canary, and in the restored copy as of the canary.
    type: list
    elements: dict
    default: []
    suboptions:
      database:
        description: Database of the table.
        type: str
        required: true
      schema:
        description: Schema of the table.
        type: str
        default: public
      table:
        description: Name of the table.
        type: str
        required: true
  rpo:
    description: How much may be lost at most.
    type: str
    default: 5m
  rto:
    description: How long a recovery may take at most.
    type: str
    default: 1h
  jobs:
    description: How many processes C(pg_amcheck) uses.
    type: int
    default: 1
  heapallindexed:
    description: Whether C(pg_amcheck) also sees that every row is in every index.
    type: bool
    default: true
  files:
    description: Whether to see that every file in the repositories is as it was written.
    type: bool
    default: true
attributes:
  check_mode:
    support: full
    description: Says what would be restored and how long it will take, and touches nothing.
  diff_mode:
    support: full
    description: Shows each step before and after.
"""

EXAMPLES = r"""
- name: Prove the backups, with a canary and the application's own questions
  mainstay.ops.backup_verify:
    stanza: main
    environment: production
    canary:
      database:
        host: /var/run/postgresql
        dbname: shop
        user: postgres
        sslmode: disable
    counts:
      - {database: shop, table: orders}
    checks:
      - name: newest-order
        database: shop
        query: SELECT count(*) FROM orders WHERE created_at > now() - interval '1 day'
        least: 1
    rpo: 5m
    rto: 1h
"""

RETURN = r"""
verdict:
  description: V(pass), V(fail) or V(inconclusive).
  returned: always once it was verified
  type: str
  sample: pass
checks:
  description: Everything that was looked at, each with V(name), V(verdict) and V(message).
  returned: always once it was verified
  type: list
  elements: dict
  sample: [{name: amcheck, verdict: pass, message: nothing is damaged}]
backup:
  description: Label of the backup.
  returned: success
  type: str
  sample: 20260503-010002F
repository:
  description: Number of its repository.
  returned: success
  type: int
  sample: 1
rpo_s:
  description: Seconds of work that would have been lost; none if not known.
  returned: success
  type: float
  sample: 61.2
rto_s:
  description: Seconds that the recovery took until the server had answered.
  returned: success
  type: float
  sample: 131.9
bytes:
  description: Size of the database.
  returned: always once it was verified
  type: int
  sample: 5368709120
segments:
  description: How many segments were replayed.
  returned: always once it was verified
  type: int
  sample: 51
restore_s:
  description: Seconds to copy the backup.
  returned: always once it was verified
  type: float
  sample: 92.1
replay_s:
  description: Seconds to start the server and replay.
  returned: always once it was verified
  type: float
  sample: 30.8
other_s:
  description: Seconds to look into the repositories, for the catalogs and the application's questions, and to stop the server.
  returned: always once it was verified
  type: float
  sample: 3.2
measured:
  description: Seconds that each part took.
  returned: success
  type: dict
  sample: {files: 12.1, restore: 92.1, replay: 30.8, recover: 34.0, amcheck: 21.8, stop: 0.3, checksums: 4.0}
prospect:
  description: What was foreseen, as M(mainstay.ops.backup_restore) returns it.
  returned: success
  type: dict
  sample: {seconds: 131.2, measurements: 4}
steps:
  description: What was done, or would be.
  returned: success
  type: list
  elements: dict
  sample: [{action: verify, subject: 20260503-010002F, before: 5.0 GiB in repository 1, after: restored in /srv/verify}]
"""

from ..module_utils._backup.operation_described import CANARY, COUNT, RECOVERY
from ..module_utils._backup.operation_verify import BACKUP_VERIFY
from ..module_utils._edge.run import run
from ..module_utils._edge.spec import FENCE


def main() -> None:
    run(
        {
            **RECOVERY,
            "workspace": {"type": "path"},
            "canary": {"type": "dict", "options": CANARY},
            "counts": {"type": "list", "elements": "dict", "default": [], "options": COUNT},
            "rpo": {"type": "str", "default": "5m"},
            "rto": {"type": "str", "default": "1h"},
            "jobs": {"type": "int", "default": 1},
            "heapallindexed": {"type": "bool", "default": True},
            "files": {"type": "bool", "default": True},
            "fence": {"type": "dict", "options": FENCE},
        },
        BACKUP_VERIFY,
    )


if __name__ == "__main__":
    main()
