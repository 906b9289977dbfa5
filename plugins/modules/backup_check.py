#!/usr/bin/python
# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: backup_check
short_description: Have the backups of a PostgreSQL cluster prove that they are fresh, whole and protected
version_added: 0.1.0
description:
  - Looks at the server and into every repository, and returns a verdict with a number for each thing that it looked at.
  - V(fail) means that something speaks against the backups. V(inconclusive) means that nothing does, but something could
    not be read. V(pass) means that everything was read and is as it should be. No data is never a pass.
  - Archiving is judged by how long segments of the write-ahead log wait for it, not by what the server counts, because a
    command that hangs, is killed or is missing leaves no count. An idle server has nothing that waits, and passes.
  - What the server believes to be archived must lie in every repository, and from the oldest full backup on nothing may be
    missing. Log of a newer timeline than that of the server speaks against it, for it is a former primary then.
  - Without O(database) the data directory is read, which does not tell whether C(archive_mode) and C(archive_timeout) are
    right, nor which segment is written now; so the verdict is V(inconclusive) at best. With it, the rights of C(pg_monitor)
    are needed.
  - It compares bytes, and reads none of them. Whether a backup can be restored, only a restore shows.
extends_documentation_fragment:
  - mainstay.ops.backup
  - mainstay.ops.database.optional
author:
  - The mainstay maintainers (@mainstay)
options:
  repositories:
    description: Numbers of the repositories. Empty for all.
    type: list
    elements: int
    default: []
  full_age:
    description: How old the newest full backup may be.
    type: str
    default: 8d
  backup_age:
    description: How old the newest backup of any kind may be.
    type: str
    default: 26h
  wal_age:
    description:
      - The longest C(archive_timeout) that is allowed, which is how much is lost with the server at most.
      - Where the server cannot be asked, a newest segment of this age passes.
    type: str
    default: 5m
  archive_within:
    description: How long a whole segment may wait to be archived, and how long that of O(probe) may take.
    type: str
    default: 30s
  least_size:
    description: How many bytes the database of the newest backup must have.
    type: int
    default: 1048576
  shrinks:
    description: Which part of the database of the backup before that of the newest must have.
    type: float
    default: 0.5
  least_fulls:
    description: How many good full backups there must be.
    type: int
    default: 1
  least_free:
    description: Which part of the disk must be free, where the repository is a directory. The newest full backup must fit too.
    type: float
    default: 0.1
  encrypted:
    description: Whether repositories must be encrypted.
    type: bool
    default: true
  probe:
    description:
      - Whether to end a segment, and see it arrive in every repository. This finds a dead archiver of an idle server too.
        It costs a nearly empty segment each time, and is left out in check mode.
    type: bool
    default: false
  metrics:
    description:
      - A file of the textfile collector of node_exporter, to which the findings are written, whatever they are. Its
        directory must be there. It is left alone in check mode.
    type: path
  must_pass:
    description: Whether the module fails unless the verdict is V(pass). With V(false) it only reports.
    type: bool
    default: true
attributes:
  check_mode:
    support: full
    description: It looks, ends no segment and writes no metrics.
  diff_mode:
    support: none
    description: Nothing is changed.
"""

EXAMPLES = r"""
- name: Fail unless the backups are fresh and whole, and tell Prometheus
  mainstay.ops.backup_check:
    stanza: shop
    database:
      dbname: postgres
      host: /var/run/postgresql
      user: monitor
      sslmode: disable
    metrics: /var/lib/prometheus/node-exporter/mainstay_backup.prom

- name: Have the archiver prove itself before something dangerous
  mainstay.ops.backup_check:
    stanza: shop
    probe: true
    archive_within: 10s
"""

RETURN = r"""
verdict:
  description: V(pass), V(fail) or V(inconclusive).
  returned: always
  type: str
  sample: pass
told:
  description: The verdict in a sentence.
  returned: always
  type: str
  sample: "the backups are fresh, whole and protected: 29 checks passed"
checks:
  description:
    - What was looked at. V(repository) is 0 for the server. V(value) is held against V(limit), where both are given.
    - Of the server these are V(server), V(archiver), V(archive_mode), V(archive_timeout), V(probe), and V(database) where
      it could not be asked. Of each repository V(repository), V(encryption), V(retention), V(fulls), V(space), V(full_age),
      V(backup_age), V(cluster), V(pages), V(size), V(shrunk), V(files), V(segments), V(archived) and,
      where the server was asked, V(timeline).
  returned: always
  type: list
  elements: dict
  sample:
    - {check: full_age, repository: 1, verdict: pass, told: it is of today, value: 120.5, limit: 691200.0}
"""

from ..module_utils._backup.operation_check import BACKUP_CHECK, CHECK
from ..module_utils._edge.run import run


def main() -> None:
    run(CHECK, BACKUP_CHECK)


if __name__ == "__main__":
    main()
