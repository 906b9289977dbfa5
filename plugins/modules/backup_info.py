#!/usr/bin/python
# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: backup_info
short_description: Say which backups of a PostgreSQL cluster there are
version_added: 0.1.0
description:
  - Reads what lies in the repositories of a stanza of pgBackRest. It does not say whether that is enough, which
    M(mainstay.ops.backup_check) does.
extends_documentation_fragment:
  - mainstay.ops.backup
author:
  - The mainstay maintainers (@mainstay)
attributes:
  check_mode:
    support: full
    description: It only reads.
  diff_mode:
    support: none
    description: Nothing is changed.
"""

EXAMPLES = r"""
- name: Which backups are there?
  mainstay.ops.backup_info:
    stanza: shop
  register: backups

- name: Show the newest one
  ansible.builtin.debug:
    var: backups.backups | last
"""

RETURN = r"""
stanza:
  description: The stanza.
  returned: success
  type: str
  sample: shop
busy:
  description: Whether a backup is taken, or old ones are removed, on this host at this moment.
  returned: success
  type: bool
repositories:
  description: Each repository, by its number in the configuration. V(status) is V(ok), or what is wrong with it.
  returned: success
  type: list
  elements: dict
  sample: [{number: 1, type: posix, cipher: aes-256-cbc, status: ok}]
backups:
  description:
    - The backups, oldest first. Times are seconds since the epoch, and in words as V(started) and V(stopped). V(size) is
      the whole database in bytes, V(copied) what this backup copied of it, V(stored) what of that lies in the repository.
    - V(damaged) means that pages of the database had wrong checksums. V(identity) is the cluster, see RV(clusters).
    - V(wal_start), V(wal_stop), V(lsn_start) and V(lsn_stop) are what a restore needs at least to be consistent.
  returned: success
  type: list
  elements: dict
  sample:
    - {repository: 1, label: 20261122-030809F, type: full, start: 1795316889, stop: 1795316891, size: 22992660, damaged: false}
archives:
  description: The first and the last segment of the write-ahead log in each repository, of each cluster.
  returned: success
  type: list
  elements: dict
  sample: [{repository: 1, identity: 1, name: 15-1, oldest: "000000010000000000000001", newest: "000000010000000000000006"}]
clusters:
  description: The clusters that each repository has backups of. The highest V(id) is the current one.
  returned: success
  type: list
  elements: dict
  sample: [{repository: 1, id: 1, system_id: 7710827307959773640, version: "15"}]
"""

from ..module_utils._backup.operation_info import BACKUP_INFO
from ..module_utils._backup.operation_place import PLACE
from ..module_utils._edge.run import run


def main() -> None:
    run(PLACE, BACKUP_INFO)


if __name__ == "__main__":
    main()
