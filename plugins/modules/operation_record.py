#!/usr/bin/python
# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: operation_record
short_description: Write work on the data, such as a backup, into the ledger
version_added: 0.1.0
description:
  - Records that work on the data of a host began, or how it ended, with what was measured of it. What began and did not
    end is told as unfinished, from the end of its time on or when the next one of its kind begins.
  - The records are the second stream of the ledger, C(works.jsonl). Each carries a checksum that includes the one before
    it, and is on stable storage when the module returns. Any number of runs may write at the same time.
  - Writes the page of the environment anew, C(reports/index.html) beside the ledger, and its metrics. Trouble with these
    is a warning.
  - Writes a run down once. A second time changes nothing; another verdict for a run that ended is refused.
  - Runs on the operations host.
author:
  - The mainstay maintainers (@mainstay)
options:
  environment:
    description: Name of the environment.
    type: str
    required: true
  state:
    description: Whether it begins or has ended.
    type: str
    choices: [begun, ended]
    default: ended
  verb:
    description: What it is, such as V(backup), V(check_backup), V(verify_backup) or V(restore).
    type: str
    required: true
  host:
    description: Whose data.
    type: str
    required: true
  run:
    description: A name that no other run has. One is made up where none is given. Under a lock it is that of the lock.
    type: str
  who:
    description: Who runs it, for people to read.
    type: str
    default: somebody
  within:
    description: How long it may take at most, from O(state=begun) on. From then on it is told as unfinished.
    type: str
    default: 1d
  verdict:
    description: How it ended.
    type: str
    choices: [pass, fail, inconclusive]
  why:
    description: The reason for another verdict than pass.
    type: str
    default: ""
  about:
    description: Names of what did not pass.
    type: list
    elements: str
    default: []
  measured:
    description:
      - Numbers by name. C(rpo_s) and C(rto_s) are drawn over time. What is null was not measured.
    type: dict
    default: {}
  rpo:
    description: How much may be lost at most.
    type: str
  rto:
    description: How long a recovery may take at most.
    type: str
  quiet:
    description:
      - For how long the same verdict, about the same, is not written down again for this verb and host, so that a check of
        every minute does not fill the ledger.
    type: str
    default: 0s
  metrics:
    description: A file of node_exporter's textfile collector on this host, for what the ledger says.
    type: path
  hosts:
    description:
      - The hosts whose data is still looked after. O(metrics) tell of these only, so that no alarm rings for ever of one that
        is gone. Without any, they tell of all that are in the ledger.
    type: list
    elements: str
    default: []
  cluster:
    description:
      - The servers of one cluster of PostgreSQL, of which one at a time takes writes. O(metrics) count what was done with any
        of them for O(host), so that a switch of the primary does not look as if nobody had ever backed it up.
    type: list
    elements: str
    default: []
  directory:
    description: Where the operations host keeps the state of its environments.
    type: path
    default: /var/lib/mainstay
extends_documentation_fragment:
  - mainstay.ops.fence.optional
attributes:
  check_mode:
    support: full
    description: Says what it would do and does nothing.
  diff_mode:
    support: full
    description: Shows what was found and what is wanted.
"""

EXAMPLES = r"""
- name: Write down that a backup begins
  mainstay.ops.operation_record:
    environment: production
    state: begun
    verb: backup
    host: db1
    who: dana
    within: 4h
  register: began

- name: Write down how it ended
  mainstay.ops.operation_record:
    environment: production
    run: "{{ began.run }}"
    verb: backup
    host: db1
    verdict: pass
    measured: { seconds: 95.1, bytes: 7340032 }
"""

RETURN = r"""
run:
  description: The name of the run.
  returned: always
  type: str
  sample: 9b2c7a51d3e4
unfinished:
  description: Runs of this verb and host that began and did not end. Empty in check mode.
  returned: always
  type: list
  elements: str
steps:
  description: What was done, or would be.
  returned: always
  type: list
  elements: dict
  sample: [{action: record, subject: backup of db1, before: begun, after: pass}]
"""

from ..module_utils._edge.run import run
from ..module_utils._release.operation_record import OPERATION_RECORD, RECORD


def main() -> None:
    run(RECORD, OPERATION_RECORD, required_if=[("state", "ended", ("verdict",))])


if __name__ == "__main__":
    main()
