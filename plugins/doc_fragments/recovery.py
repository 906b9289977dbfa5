# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Options that the modules share which restore a cluster from its backups."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  stanza:
    description: Name of the cluster in pgBackRest's configuration.
    type: str
    required: true
  config:
    description: File of pgBackRest's configuration.
    type: path
    default: /etc/pgbackrest/pgbackrest.conf
  user:
    description: Owner of the data. pgBackRest and the server run as this user.
    type: str
    default: postgres
  backup:
    description: Label of the backup to begin with. The newest that ended before the target if left away.
    type: str
  repository:
    description: Number of the only repository whose backups may be chosen; V(0) for any.
    type: int
    default: 0
  processes:
    description: How many processes restore; V(0) for as many as the configuration says.
    type: int
    default: 0
  timeout:
    description: How long restoring may take, and how long recovering.
    type: str
    default: 4h
  binaries:
    description: Directory with PostgreSQL's programs. Debian's for the backup's version if left away.
    type: path
  superuser:
    description: Name of the cluster's superuser.
    type: str
    default: postgres
  checks:
    description: What the application asks of the restored data before it takes the place of the old.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name of the check.
        type: str
        required: true
      query:
        description: A query; the first value of its first row counts. It runs read-only.
        type: str
        required: true
      database:
        description: Database to ask.
        type: str
        default: postgres
      expect:
        description: What the value must be, as text.
        type: str
      least:
        description: What the value must be at least.
        type: float
  environment:
    description: Name of the environment.
    type: str
    required: true
  directory:
    description: Where environments keep their state on this host, among it what recoveries took.
    type: path
    default: /var/lib/mainstay
"""
