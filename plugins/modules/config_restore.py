#!/usr/bin/python
# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: config_restore
short_description: Compare an archive of a host's configuration with what is there, and bring it back
version_added: 0.1.0
description:
  - Opens an archive of M(mainstay.ops.config_archive), holds it against its manifest to the last byte, and tells in what each
    entry differs from what is on the host. That a file has another content is told, never the content.
  - With O(to) it is brought back beside, into a directory. With O(replace) it is brought back over the originals, if the words
    are typed; what was replaced is kept.
  - All files are written beside first, and only when all are on the disk they take their names. What is on the host and not in
    the archive stays as it is. Services are not told, so reload them.
extends_documentation_fragment:
  - mainstay.ops.configuration
  - mainstay.ops.bucket.optional
  - mainstay.ops.fence.optional
author:
  - The mainstay maintainers (@mainstay)
requirements:
  - age, which is Debian's package age
options:
  identity:
    description: The secret key of a recipient, as C(age-keygen) wrote it. It reaches the program through a pipe.
    type: str
    required: true
  archive:
    description: The file to bring back. V(latest) is the newest, and is refused if that is damaged.
    type: str
    default: latest
  paths:
    description: Files and directories of the archive that are meant, directories with all below them. Empty for all.
    type: list
    elements: str
    default: []
  to:
    description: A directory to bring everything back below. It belongs to whoever does it, and nothing in it is overwritten.
    type: path
  replace:
    description: Whether to bring it back over the originals, with their modes and owners.
    type: bool
    default: false
  kept:
    description: The directory below which files that are replaced are kept.
    type: path
    default: /var/lib/mainstay/replaced
  environment:
    description: Name of the environment, part of O(confirm).
    type: str
    default: ''
  confirm:
    description: The environment, a blank and O(name), typed as a sign that it is meant; with O(replace).
    type: str
    default: ''
  most_bytes:
    description: How large all files together may be.
    type: int
    default: 67108864
attributes:
  check_mode:
    support: full
    description: Opens the archive, tells what would be brought back, and writes nothing.
  diff_mode:
    support: full
    description: Shows kind, size, mode and owner of what differs, and no content.
"""

EXAMPLES = r"""
- name: See what differs from the newest archive
  mainstay.ops.config_restore:
    name: db1
    dest: /var/lib/mainstay/configuration
    identity: "{{ vault_configuration_identity }}"

- name: Bring one directory back beside
  mainstay.ops.config_restore:
    name: db1
    bucket: {name: shop-archives, region: eu-central-1, prefix: production/}
    identity: "{{ vault_configuration_identity }}"
    paths: [/etc/postgresql]
    to: /root/configuration

- name: Bring it back over the originals
  mainstay.ops.config_restore:
    name: db1
    dest: /var/lib/mainstay/configuration
    identity: "{{ vault_configuration_identity }}"
    archive: db1_20261122_034000.tar.gz.age
    replace: true
    environment: production
    confirm: production db1
"""

RETURN = r"""
archive:
  description: The archive that was opened.
  returned: always
  type: str
  sample: db1_20261122_034000.tar.gz.age
when:
  description: When it was taken.
  returned: always
  type: str
  sample: "2026-11-22T03:40:00Z"
differences:
  description: Each entry that is meant. V(difference) is V(none), V(absent), V(kind), V(content), V(mode) or V(owner).
  returned: always
  type: list
  elements: dict
  sample:
    - path: /etc/haproxy/haproxy.cfg
      difference: content
      before: "file, 3410 bytes, mode 0640, root:haproxy"
      after: "file, 3402 bytes, mode 0640, root:haproxy"
kept:
  description: Where the files are that were replaced; empty if none was.
  returned: always
  type: str
  sample: /var/lib/mainstay/replaced/db1_20261122_041500
steps:
  description: What was done, or would be.
  returned: always
  type: list
  elements: dict
  sample:
    - action: restore
      subject: /etc/haproxy/haproxy.cfg
      before: "file, 3410 bytes, mode 0640, root:haproxy"
      after: "file, 3402 bytes, mode 0640, root:haproxy"
"""

from ..module_utils._archive.operation_restore import RESTORE, RESTORE_OPTIONS
from ..module_utils._edge.run import run


def main() -> None:
    run(RESTORE_OPTIONS, RESTORE)


if __name__ == "__main__":
    main()
