# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Options that the modules share which call pgBackRest."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
requirements:
  - pgbackrest 2.41 or newer
options:
  stanza:
    description: The name of pgBackRest for the cluster, a section of its configuration.
    type: str
    required: true
  config:
    description: pgBackRest's configuration on the target. It is the only one that is read, so it must be whole.
    type: path
    default: /etc/pgbackrest/pgbackrest.conf
  user:
    description: User that pgBackRest runs as, where the module runs as root.
    type: str
    default: postgres
"""
