# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: fleet
short_description: The hosts of a play that concerns the whole environment
version_added: 0.1.0
description:
  - Returns every host of the named groups, and refuses whatever would make a run pass some of them by, before anything runs.
  - That is a group that is missing or empty, and C(--limit), C(--tags), C(--skip-tags), C(--start-at-task) and C(--step).
  - Refuses an extra variable that holds a template, because Ansible would run it on the controller.
author:
  - The mainstay maintainers (@mainstay)
options:
  _terms:
    description: Names of groups.
    required: true
"""

EXAMPLES = r"""
- name: Look at every host
  hosts: "{{ query('mainstay.ops.fleet', 'app', 'proxy') }}"
  tasks: []
"""

RETURN = r"""
_raw:
  description: Names of hosts.
  type: list
  elements: str
"""

from collections.abc import Mapping
from typing import Any

from ansible import context
from ansible.errors import AnsibleError
from ansible.plugins.lookup import LookupBase
from ansible.utils.vars import load_extra_vars

TEMPLATE_MARKS = ("{{", "{%", "{#")
PASSING_BY = {"subset": "--limit", "start_at_task": "--start-at-task", "step": "--step"}
BORN_BY_NO_TASK = {"notest", "molecule-notest", "molecule-idempotence-notest"}
"""Tags that Molecule always skips."""


class LookupModule(LookupBase):
    """Finds the hosts of the groups, or says what keeps the run from concerning them all."""

    def run(self, terms: list[str], variables: Mapping[str, Any] | None = None, **kwargs: Any) -> list[str]:
        groups: Mapping[str, list[str]] = (variables or {}).get("groups", {})
        if not _only_listing():
            _refuse_passing_by()
            refuse_templates(load_extra_vars(self._loader))
            refuse_empty(terms, groups)
            refuse_several(groups.get("operations", []))
        return list(dict.fromkeys(host for term in terms for host in groups.get(term, [])))


def _only_listing() -> bool:
    return any(context.CLIARGS.get(option) for option in ("syntax", "listhosts", "listtasks", "listtags"))


def _refuse_passing_by() -> None:
    used = [flag for option, flag in PASSING_BY.items() if context.CLIARGS.get(option)]
    used += ["--skip-tags"] if set(context.CLIARGS.get("skip_tags") or ()) - BORN_BY_NO_TASK else []
    used += ["--tags"] if set(context.CLIARGS.get("tags") or ["all"]) != {"all"} else []
    if used:
        raise AnsibleError(
            "this playbook concerns every host of the environment and all of its phases, "
            f"so {' and '.join(used)} cannot be used with it: run it without; "
            "an environment is chosen with -i"
        )


def refuse_templates(extra: Mapping[str, Any]) -> None:
    """Extra variables are data here: one that holds a template would be run on the controller."""
    for name, value in extra.items():
        if any(mark in str(value) for mark in TEMPLATE_MARKS):
            raise AnsibleError(f"the extra variable {name} holds a template, which is not allowed: give the value itself")


def refuse_several(operations: list[str]) -> None:
    """Two hosts would keep two locks and two ledgers, and each would believe its own."""
    if len(operations) > 1:
        raise AnsibleError(
            f"the group operations has {len(operations)} hosts ({', '.join(operations)}), and must have one: it keeps "
            "the lock and the ledger of the environment"
        )


def refuse_empty(wanted: list[str], groups: Mapping[str, list[str]]) -> None:
    """Nothing matched is an error, never a success."""
    for name in wanted:
        if not groups.get(name):
            known = ", ".join(sorted(set(groups) - {"all", "ungrouped"})) or "none"
            raise AnsibleError(
                f"the group {name} has no host in this inventory (it has the groups {known}): is -i the environment you mean?"
            )
