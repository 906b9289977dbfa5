# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Options that the modules for migrations share."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  kind:
    description:
      - V(sql) is a directory of plain SQL, V(alembic) one of Alembic.
      - >-
        Files of plain SQL are called C(NNNN_name.up.sql), with C(NNNN_name.down.sql) where there is a way back. Each runs in
        one transaction. A comment C(-- mainstay: no-transaction) before the first statement runs the statements
        one by one instead, for C(CREATE INDEX CONCURRENTLY). C(-- mainstay: compatible) says that the code of the
        release before can live with the change. C(-- mainstay: accept RULE because REASON) breaks a rule of the linter
        on purpose. C(-- mainstay: reversible because REASON) in a way down says that nothing is lost by it.
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
