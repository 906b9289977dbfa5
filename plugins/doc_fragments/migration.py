# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Options that the modules for migrations share."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  database:
    description:
      - How to reach the database. Connect directly, or through a pooler that gives each client a server connection of its
        own. One that shares server connections between transactions (transaction mode of pgbouncer) loses the lock that
        keeps two runners apart.
    type: dict
    required: true
    suboptions:
      dbname:
        description: Name of the database.
        type: str
        required: true
      host:
        description:
          - Name or address of the server, a directory with its socket, or several parted by commas.
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
  kind:
    description:
      - V(sql) is a directory of plain SQL, V(alembic) one of Alembic.
      - >-
        Files of plain SQL are called C(NNNN_name.up.sql), with C(NNNN_name.down.sql) where there is a way back. Each runs in
        one transaction. A comment C(-- mainstay: no-transaction) before the first statement runs the statements
        one by one instead, for C(CREATE INDEX CONCURRENTLY). C(-- mainstay: compatible) says that the code of the
        release before can live with the change.
      - >-
        A directory of Alembic holds C(env.py) and C(versions), or C(alembic.ini) as well. Its C(env.py) takes the connection
        from C(config.attributes["connection"]), or connects to C(sqlalchemy.url), which carries the same limits. A comment
        C(# mainstay: compatible) in a revision says the same as in SQL. Needs SQLAlchemy 2 on the target.
    type: str
    choices: [sql, alembic]
    default: sql
  src:
    description: The directory of the migrations, on the controller unless O(remote_src=true).
    type: path
    default: ''
  remote_src:
    description: Whether O(src) lies on the target.
    type: bool
    default: false
  files:
    description: The files of the directory and their contents. Set by the action plugin.
    type: dict
  history_schema:
    description:
      - Schema of the table C(migrations) that remembers what was applied.
      - Applications that share a database need one each.
    type: str
    default: mainstay
"""
