# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Options that the modules share which log in to PostgreSQL."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  database:
    description:
      - How to reach the database. Connect directly, or through a pooler that gives each client a server connection of its
        own. One that shares server connections between transactions (transaction mode of pgbouncer) loses what belongs to a
        session, such as the lock that keeps two runners apart, and time limits.
    type: dict
    required: true
    suboptions:
      dbname:
        description: Name of the database.
        type: str
        required: true
      host:
        description:
          - Name or address of the server, or a directory with its socket.
          - Of several that are parted by commas the one is asked that takes writes.
          - Empty for the local socket.
        type: str
        default: ''
      port:
        description: Port of the server.
        type: int
        default: 5432
      user:
        description: Role to log in with. Empty for the name of the user that runs the module.
        type: str
        default: ''
      password:
        description: Password of the role.
        type: str
        default: ''
      sslmode:
        description: How the connection is protected. Only V(verify-full) proves that the server is the right one.
        type: str
        choices: [disable, prefer, require, verify-ca, verify-full]
        default: verify-full
      ca:
        description: File on the target with the certificates that are trusted.
        type: path
        default: ''
      application_name:
        description: How the session calls itself in C(pg_stat_activity).
        type: str
        default: mainstay
"""

    # Written out again, because ansible-test reads no code.
    OPTIONAL = r"""
options:
  database:
    description: How to reach the database.
    type: dict
    suboptions:
      dbname:
        description: Name of a database.
        type: str
        required: true
      host:
        description:
          - Name or address of the server, or a directory with its socket.
          - Of several that are parted by commas the one is asked that takes writes.
          - Empty for the local socket.
        type: str
        default: ''
      port:
        description: Port of the server.
        type: int
        default: 5432
      user:
        description: Role to log in with. Empty for the name of the user that runs the module.
        type: str
        default: ''
      password:
        description: Password of the role.
        type: str
        default: ''
      sslmode:
        description: How the connection is protected. Only V(verify-full) proves that the server is the right one.
        type: str
        choices: [disable, prefer, require, verify-ca, verify-full]
        default: verify-full
      ca:
        description: File on the target with the certificates that are trusted.
        type: path
        default: ''
      application_name:
        description: How the session calls itself in C(pg_stat_activity).
        type: str
        default: mainstay
"""
