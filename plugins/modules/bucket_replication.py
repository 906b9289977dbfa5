#!/usr/bin/python
# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: bucket_replication
short_description: Have an S3 server copy all that comes into a bucket to another one
version_added: 0.1.0
description:
  - Sets one rule of a bucket, by which every new version of every object is copied. The rules of others stay as they are.
  - Where another rule does all that is given here already, nothing is changed.
  - What lies in the bucket already is not copied by a rule. AWS copies that by a job of S3 Batch Operations.
  - Versions must be kept in both buckets. The bucket of the copies, and the role, have to be there.
extends_documentation_fragment:
  - mainstay.ops.bucket
author:
  - The mainstay maintainers (@mainstay)
options:
  rule:
    description: Name of the rule.
    type: str
    default: mainstay
  state:
    description: V(absent) removes the rule. What was copied stays where it is.
    type: str
    choices: [present, absent]
    default: present
  replica:
    description: Name or ARN of the bucket to which the copies go.
    type: str
  role:
    description:
      - ARN of the role as which the server reads here and writes there. A server has one for all rules of a bucket, so another
        one is refused while there are other rules.
      - Rules of others that copy to the same bucket go before this one.
    type: str
  delete_markers:
    description: Whether an object that is removed here is removed there too. Its versions stay in any case.
    type: bool
    default: false
  storage_class:
    description: What the copies are stored as, such as V(STANDARD_IA). Without it, that is left as it is, at first as here.
    type: str
  kms_key:
    description:
      - ARN of the key of KMS that encrypts the copies. Needed where KMS encrypts new objects, as these are not copied
        otherwise. Without it, that is left as it is, at first without a key.
    type: str
attributes:
  check_mode:
    support: full
    description: Says what it would do and does nothing. Whether the role may do its work, nobody asks before an object comes.
  diff_mode:
    support: full
    description: Shows the rule before and after.
seealso:
  - module: mainstay.ops.bucket_check
"""

EXAMPLES = r"""
- name: Copy all files of the shop to another region
  mainstay.ops.bucket_replication:
    bucket: {name: shop-files, region: eu-central-1}
    replica: shop-files-copy
    role: arn:aws:iam::123456789012:role/shop-files-copy

- name: Copy what KMS encrypts too, and store it cheaply
  mainstay.ops.bucket_replication:
    bucket: {name: shop-files, region: eu-central-1}
    replica: shop-files-copy
    role: arn:aws:iam::123456789012:role/shop-files-copy
    storage_class: STANDARD_IA
    kms_key: arn:aws:kms:eu-west-1:123456789012:key/0f9c2f3a-1111-2222-3333-444455556666
"""

RETURN = r"""
rule:
  description: Name of the rule that copies everything there; empty if none does.
  returned: always
  type: str
  sample: mainstay
steps:
  description: What was done, or would be.
  returned: always
  type: list
  elements: dict
  sample:
    - action: copy
      subject: shop-files/mainstay
      before: ''
      after: on, all objects, no removals, to arn:aws:s3:::shop-files-copy, as arn:aws:iam::123456789012:role/shop-files-copy
"""

from ..module_utils._bucket.operation_replication import BUCKET_REPLICATION, REPLICATION
from ..module_utils._edge.run import run


def main() -> None:
    run(REPLICATION, BUCKET_REPLICATION, required_if=[("state", "present", ("replica", "role"))])


if __name__ == "__main__":
    main()
