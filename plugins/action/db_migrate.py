# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reads the directory of the migrations on the controller, hands its files to the module, and lints what that found pending."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleError
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase

from ..module_utils._core.errors import InvalidInput, MainstayError
from ..module_utils._migration import squawk
from ..module_utils._migration.model import Unseen
from ..module_utils._migration.tree import read


class ActionModule(ActionBase):
    """Runs the module of its own name; with ``remote_src`` the module reads the directory itself."""

    MODULE = "mainstay.ops.db_migrate"

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        try:
            arguments = {**self._task.args, **self._files()}
        except MainstayError as error:
            return {"failed": True, "msg": error.message, "error": type(error).__name__}
        result = self._run(arguments, task_vars)
        to_lint, version = result.pop("to_lint", []), result.get("server_version", 0)
        if result.get("error") != "Unlinted" or "linted" in arguments or not squawk.find():
            return result
        try:
            found = squawk.lint([Unseen(**one) for one in to_lint], version)
        except MainstayError as error:
            return {"failed": True, "msg": error.message, "error": type(error).__name__}
        return self._run({**arguments, "linted": {key: [asdict(one) for one in said] for key, said in found.items()}}, task_vars)

    def _run(self, arguments: dict[str, Any], task_vars: dict[str, Any] | None) -> dict[str, Any]:
        result: dict[str, Any] = self._execute_module(module_name=self.MODULE, module_args=arguments, task_vars=task_vars)
        result.pop("invocation", None)  # would print every file
        return result

    def _files(self) -> dict[str, Any]:
        arguments = self._task.args
        if boolean(arguments.get("remote_src", False), strict=False) or "files" in arguments:
            return {}
        return {"files": read(self._found(arguments.get("src")), nested=arguments.get("kind") == "alembic")}

    def _found(self, src: object) -> Path:
        if not isinstance(src, str) or not src:
            raise InvalidInput("src is missing: give the directory that holds the migrations")
        try:
            return Path(self._find_needle("files", src))
        except AnsibleError as error:
            raise InvalidInput(f"src {src} was not found on the controller, neither beside the playbook nor in files/") from error
