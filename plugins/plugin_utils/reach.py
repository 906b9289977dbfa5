# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Connects a task to another host than its own, as Ansible's executor does it for the host of a task.

Nothing of the task's own host comes along: it has other addresses, users and passwords.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible import constants as C
from ansible import context
from ansible.errors import AnsibleError, AnsibleValueOmittedError
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.playbook.play_context import PlayContext
from ansible.plugins.loader import become_loader, connection_loader


@dataclass(frozen=True)
class Host:
    """A host of the inventory, its variables, and what renders them."""

    name: str
    variables: Mapping[str, Any]
    templar: Any

    def value(self, name: str) -> Any:
        """The variable, rendered; None where it is not set, or left out with ``omit``."""
        if self.variables.get(name) is None:
            return None
        try:
            return self.templar.template(self.variables[name])
        except AnsibleValueOmittedError:
            return None

    def options(self, kind: str, plugin: Any) -> dict[str, Any]:
        """Options of a plugin that variables of the host set."""
        names = C.config.get_plugin_vars(kind, plugin._load_name)
        values = {name: self.value(name) for name in names}
        return {name: value for name, value in values.items() if value is not None}


def typed_passwords(play_context: PlayContext, variables: Mapping[str, Any]) -> dict[str, str]:
    """Passwords that somebody typed for ``-k`` and ``-K``, not those that the variables of the task's own host have put there."""
    given = {"conn_pass": ("password", play_context.password), "become_pass": ("become_pass", play_context.become_pass)}
    return {
        name: typed
        for name, (attribute, typed) in given.items()
        if typed and not any(variables.get(variable) for variable in C.MAGIC_VARIABLE_MAPPING[attribute])
    }


def play_context_of(host: Host, passwords: Mapping[str, str], lock: int | None) -> PlayContext:
    """What the command line says, and where the host is."""
    made = PlayContext(passwords=dict(passwords), connection_lockfd=lock)
    made.remote_addr = host.value("ansible_host") or host.name
    made.shell = host.value("ansible_shell_type")
    made.executable = host.value("ansible_shell_executable") or C.DEFAULT_EXECUTABLE
    return made


def connect(host: Host, task: Any, play_context: PlayContext) -> Any:
    """The connection of the host, which is opened when it is first used."""
    kind = host.value("ansible_connection") or context.CLIARGS.get("connection") or C.DEFAULT_TRANSPORT
    connection = connection_loader.get(
        kind, play_context, new_stdin=None, task_uuid=task._uuid, ansible_playbook_pid=str(os.getppid())
    )
    if connection is None:
        raise AnsibleError(f"there is no connection plugin {kind}: check ansible_connection of {host.name}")
    connection.set_become_plugin(_become(host, task))
    if getattr(connection.become, "require_tty", False) and not getattr(connection, "has_tty", False):
        raise AnsibleError(f"{kind} has no terminal, which {connection.become.name} needs: choose another become method")
    _configure(connection, host, task, play_context)
    return connection


def _become(host: Host, task: Any) -> Any:
    wanted = host.value("ansible_become")
    if not boolean(task.become or False if wanted is None else wanted, strict=False):
        return None
    method = host.value("ansible_become_method") or task.become_method or C.DEFAULT_BECOME_METHOD
    plugin = become_loader.get(method)
    if plugin is None:
        raise AnsibleError(f"there is no become method {method}: check ansible_become_method of {host.name}")
    return plugin


def _configure(connection: Any, host: Host, task: Any, play_context: PlayContext) -> None:
    keys = {**task.dump_attrs(), "timeout": play_context.timeout}
    del keys["retries"]  # of the task, not of the connection
    if play_context.password:
        keys["password"] = play_context.password
    options = connection._resolve_option_variables(host.variables, host.templar)
    connection.set_options(task_keys=keys, var_options=options)
    connection._shell.set_options(task_keys=keys, var_options=host.options("shell", connection._shell))
    if connection.become:
        if play_context.become_pass:
            keys["become_pass"] = play_context.become_pass
        connection.become.set_options(task_keys=keys, var_options=host.options("become", connection.become))
