#!/usr/bin/python
# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: bucket_check
short_description: Have a bucket prove that what lies in it is kept, copied and closed to the public
version_added: 0.1.0
description:
  - Asks an S3 server, AWS or another, how a bucket is configured, and returns a verdict with a finding for each thing.
  - V(fail) means that something is not as wanted. V(inconclusive) means that nothing is known to be wrong, but the server
    does not know or does not tell something that is wanted. V(pass) means that everything was read and is as wanted.
  - It reads configuration. It changes nothing, and does not show that a copy arrived.
extends_documentation_fragment:
  - mainstay.ops.bucket
author:
  - The mainstay maintainers (@mainstay)
options:
  replication:
    description: Whether a rule that is on must copy all objects to another bucket.
    type: bool
    default: true
  replica:
    description: Name or ARN of the only bucket to which the copies may go. Without it any other will do.
    type: str
  lifecycle:
    description: Whether rules that are on must remove old versions, and parts of uploads that never ended, of all objects.
    type: bool
    default: true
  versions_least:
    description: For how long old versions must stay, because they are what one comes back to.
    type: str
    default: 7d
  versions_most:
    description: After how long old versions must be gone.
    type: str
    default: 400d
  uploads_most:
    description: After how long parts of uploads that never ended must be gone.
    type: str
    default: 7d
  encryption:
    description: Whether new objects must be encrypted by the server.
    type: bool
    default: true
  public_access:
    description: Whether all four switches must be on that keep the public out. Servers other than AWS mostly do not know them.
    type: bool
    default: true
  locked:
    description: For how long new objects must be locked against removal, in the mode COMPLIANCE. V(0d) if they need not be.
    type: str
    default: 0d
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
    description: It looks, and writes no metrics.
  diff_mode:
    support: none
    description: Nothing is changed.
"""

EXAMPLES = r"""
- name: Fail unless the files of the shop are versioned, copied to another region and closed to the public
  mainstay.ops.bucket_check:
    bucket: {name: shop-files, region: eu-central-1}
    replica: shop-files-copy

- name: Check a bucket on a server that knows no rules for the public
  mainstay.ops.bucket_check:
    bucket:
      name: archives
      endpoint: https://s3.example.com:9000
      access_key: checker
      secret_key: "{{ vault_bucket_secret }}"
    replication: false
    public_access: false
    locked: 30d
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
  sample: "the bucket shop-files is as wanted: 7 checks passed"
checks:
  description:
    - What was looked at. V(value) is held against V(limit), where both are given; they are days, or counts.
    - These are V(versioning), V(replication), V(old_versions), V(unfinished_uploads), V(uploads), V(encryption),
      V(public_access) and V(object_lock), as far as they are wanted.
  returned: always
  type: list
  elements: dict
  sample:
    - {check: old_versions, verdict: pass, told: "old versions go after 30 days; 7 to 400 are expected", value: 30, limit: 400}
"""

from ..module_utils._bucket.operation_check import BUCKET_CHECK, CHECK
from ..module_utils._edge.run import run


def main() -> None:
    run(CHECK, BUCKET_CHECK)


if __name__ == "__main__":
    main()
