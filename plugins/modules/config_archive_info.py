#!/usr/bin/python
# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: config_archive_info
short_description: List the archives of a host's configuration
version_added: 0.1.0
description:
  - Lists what M(mainstay.ops.config_archive) has put into a directory or a bucket, and names what is damaged. No key is needed.
extends_documentation_fragment:
  - mainstay.ops.configuration
  - mainstay.ops.bucket.optional
author:
  - The mainstay maintainers (@mainstay)
options:
  verify:
    description: Whether archives in a bucket are fetched and compared with their checksums. Those in a directory always are.
    type: bool
    default: false
attributes:
  check_mode:
    support: full
    description: It only reads.
  diff_mode:
    support: none
    description: Nothing is changed.
"""

EXAMPLES = r"""
- name: See from when the configuration of db1 could be brought back
  mainstay.ops.config_archive_info:
    name: db1
    bucket: {name: shop-archives, region: eu-central-1, prefix: production/}
    verify: true
"""

RETURN = r"""
archives:
  description: Archives that are whole, oldest first.
  returned: always
  type: list
  elements: dict
  sample:
    - file: db1_20261122_034000.tar.gz.age
      name: db1
      when: "2026-11-22T03:40:00Z"
      bytes: 10240
      sha256: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
      files: 12
      recipients: [age1cy0su9fwf3gf9mw868g5yut09p6nytfmmnktexz2ya5uqg9vl9sss4euqm]
damaged:
  description: Archives that are not what was archived, or have no note.
  returned: always
  type: list
  elements: str
  sample: []
"""

from ..module_utils._archive.operation_info import INFO, INFO_OPTIONS
from ..module_utils._edge.run import run


def main() -> None:
    run(INFO_OPTIONS, INFO)


if __name__ == "__main__":
    main()
