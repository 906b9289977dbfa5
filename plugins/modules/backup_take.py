#!/usr/bin/python
# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: backup_take
short_description: Take a backup of a PostgreSQL cluster, and prove that it is there
version_added: 0.1.0
description:
  - Takes a backup with pgBackRest into every repository of a stanza, one after the other. A repository that fails leaves
    the others their backup, and fails the module in the end.
  - A backup is believed when its repository lists it without an error, has every byte of it and the write-ahead log that it
    needs. Only then older ones are removed that the retention does not keep.
  - It is refused where the server does not run, is a standby or is not the one that the repository belongs to, where
    another backup is under way, and where the retention would leave nothing.
  - Each run takes a backup, so no second run is without changes.
extends_documentation_fragment:
  - mainstay.ops.backup
  - mainstay.ops.fence.optional
author:
  - The mainstay maintainers (@mainstay)
options:
  type:
    description:
      - With V(auto), a full backup where there is none or it is older than O(full_every), and O(between) otherwise.
      - Whatever is given, the first backup in a repository is a full one.
    type: str
    choices: [auto, full, diff, incr]
    default: auto
  full_every:
    description:
      - How old the newest full backup may become with O(type=auto). A fiftieth less is enough, so that timers need not be exact.
    type: str
    default: 7d
  between:
    description:
      - What is taken between full backups with O(type=auto). V(diff) has all changes since the full one, V(incr) those
        since the last.
    type: str
    choices: [diff, incr]
    default: incr
  repositories:
    description: Numbers of the repositories. Empty for all.
    type: list
    elements: int
    default: []
  annotations:
    description: Notes to keep with the backup, such as the release. Names and values in ASCII.
    type: dict
    default: {}
  timeout:
    description: How long the backup into one repository may take.
    type: str
    default: 1d
attributes:
  check_mode:
    support: full
    description: Says which backups it would take and takes none.
  diff_mode:
    support: full
    description: Shows the newest backup of each repository before, and what is taken.
"""

EXAMPLES = r"""
- name: Take a backup into every repository, a full one each week
  mainstay.ops.backup_take:
    stanza: shop

- name: Take a full backup into the first repository only, before something large
  mainstay.ops.backup_take:
    stanza: shop
    type: full
    repositories: [1]
    annotations:
      release: v1.4.0
"""

RETURN = r"""
backups:
  description:
    - The backups that were taken, as M(mainstay.ops.backup_info) describes them. V(seconds) and V(bytes_per_second) are
      measured from the call to its end, of the bytes that were copied. When the module fails, those that are good nevertheless.
  returned: always
  type: list
  elements: dict
  sample:
    - {repository: 1, label: 20261122-030809F, type: full, copied: 22992660, seconds: 1.89, bytes_per_second: 12165429}
steps:
  description: What was done, or would be.
  returned: always
  type: list
  elements: dict
  sample: [{action: backup, subject: repo1, before: 20261121-030809F, after: a new incr backup}]
"""

from ..module_utils._backup.operation_take import BACKUP_TAKE, TAKE
from ..module_utils._edge.run import run


def main() -> None:
    run(TAKE, BACKUP_TAKE)


if __name__ == "__main__":
    main()
