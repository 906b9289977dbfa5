#!/usr/bin/python
# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: config_archive
short_description: Archive the configuration of a host, encrypted, whenever it changed
version_added: 0.1.0
description:
  - Collects files, directories and symbolic links with their modes and owners into one compressed tar, encrypted with C(age) for
    the public keys that are given. The host cannot read its own archives.
  - Where nothing changed since the last archive, none is made. Moments at which files were written do not count.
  - An archive bears its name only when it was written, read back, decrypted with a key made for this alone, and compared with
    what was found. Then it is copied to O(bucket) and read back from there too.
  - A file that is written while it is read is read again. A symbolic link is archived as a link, and what it points to only if
    that is named too.
extends_documentation_fragment:
  - mainstay.ops.bucket.optional
author:
  - The mainstay maintainers (@mainstay)
requirements:
  - age, which is Debian's package age
options:
  name:
    description: Whose configuration it is, such as the host's name in the inventory. Archives begin with it.
    type: str
    required: true
  recipients:
    description:
      - Public keys of those who may read the archives, as C(age-keygen) tells them.
      - With others than before, a new archive is made.
    type: list
    elements: str
    required: true
  dest:
    description: The directory on the target where archives lie. It is made, for its owner alone, if it is not there.
    type: path
    required: true
  paths:
    description: Files and directories, or patterns of them with C(*), C(?) and C([]), which must be there.
    type: list
    elements: str
    default: []
  optional_paths:
    description: The same, where they are there.
    type: list
    elements: str
    default: []
  exclude:
    description: Patterns of whole paths that are left out, with all below them. C(*) stands for slashes too.
    type: list
    elements: str
    default: []
  keep:
    description:
      - For how long one can come back. An archive goes when the one that followed it is older than this, so the newest stays.
    type: str
    default: 90d
  most_bytes:
    description: How large all files together may be. More is mostly data that was named by mistake.
    type: int
    default: 67108864
  expire_copies:
    description: Whether copies go from O(bucket) as archives go from O(dest). V(false) where the keys may remove nothing.
    type: bool
    default: true
attributes:
  check_mode:
    support: full
    description: Tells whether an archive would be made, and makes none.
  diff_mode:
    support: full
    description: Shows which archives would come and go, and no content.
"""

EXAMPLES = r"""
- name: Archive the configuration of a router, and keep it for 90 days
  mainstay.ops.config_archive:
    name: "{{ inventory_hostname }}"
    recipients: [age1cy0su9fwf3gf9mw868g5yut09p6nytfmmnktexz2ya5uqg9vl9sss4euqm]
    dest: /var/lib/mainstay/configuration
    paths: [/etc/haproxy]
    optional_paths: [/etc/nginx, /etc/systemd/system/mainstay-*]

- name: Keep a copy in a bucket too
  mainstay.ops.config_archive:
    name: "{{ inventory_hostname }}"
    recipients: [age1cy0su9fwf3gf9mw868g5yut09p6nytfmmnktexz2ya5uqg9vl9sss4euqm]
    dest: /var/lib/mainstay/configuration
    paths: [/etc/postgresql, /etc/pgbackrest.conf]
    bucket: {name: shop-archives, region: eu-central-1, prefix: production/}
"""

RETURN = r"""
archive:
  description: The newest archive. Beside it lies a note with the same name and C(.json).
  returned: when there is one
  type: str
  sample: /var/lib/mainstay/configuration/proxy1_20261122_034000.tar.gz.age
sha256:
  description: Its checksum, encrypted.
  returned: when there is one
  type: str
  sample: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
bytes:
  description: Its size.
  returned: when there is one
  type: int
  sample: 10240
files:
  description: How many files are in it.
  returned: when there is one
  type: int
  sample: 12
when:
  description: When it was taken. Until now nothing changed since.
  returned: when there is one
  type: str
  sample: "2026-11-22T03:40:00Z"
absent:
  description: Which of O(optional_paths) nothing was found for.
  returned: always
  type: list
  elements: str
  sample: [/etc/nginx]
left_out:
  description: What was neither file, directory nor symbolic link, such as sockets.
  returned: always
  type: list
  elements: str
  sample: []
steps:
  description: What was done, or would be.
  returned: always
  type: list
  elements: dict
  sample:
    - action: archive
      subject: /var/lib/mainstay/configuration/db1_20261122_034000.tar.gz.age
      before: absent
      after: 12 entries of db1, encrypted
"""

from ..module_utils._archive.operation_archive import ARCHIVE, ARCHIVE_OPTIONS
from ..module_utils._edge.run import run


def main() -> None:
    run(ARCHIVE_OPTIONS, ARCHIVE)


if __name__ == "__main__":
    main()
