# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether what is pending may run: what squawk and our own rules say, less what the files accept with a reason. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

from .._core.text import listed, reason
from .hazards import hazards
from .model import Acceptance, Aim, Found, Migration, Violation
from .refused import Unlinted, UnsafeMigration

NEVER_MIND = {
    "prefer-robust-stmts": "a file is applied whole or not at all, and an interrupted index is found and built again",
    "require-lock-timeout": "every session has a lock_timeout",
    "require-statement-timeout": "every session has a statement_timeout",
    "require-timeout-settings": "every session has both",
    "require-table-schema": "a file belongs to one application, whose role has its search_path",
    "prefer-bigint-over-int": "counts fit; for keys there is our narrow-key",
    "prefer-bigint-over-smallint": "counts fit; for keys there is our narrow-key",
    "prefer-repack": "only for PostgreSQL 19; our rewrites-table says it for every version",
    "ban-add-column": "adding is how a schema grows; what hurts about it has rules of its own",
    "ban-add-composite-attribute": "the same for types",
    "ban-add-enum-value": "the code before never writes the value; where it stands has a rule of its own",
    "ban-set-default": "rows that are there do not change",
    "ban-replace-view-function": "PostgreSQL itself refuses a view that loses columns, or a function of another shape",
}
"""Rules of squawk that are not asked for, and why."""
OPTIONAL = (
    "ban-drop-view", "ban-drop-function", "ban-drop-type", "ban-drop-schema", "ban-drop-sequence", "ban-drop-domain",
    "ban-drop-constraint", "ban-drop-generated-expression", "renaming-object", "ban-set-schema", "ban-alter-identity",
    "ban-drop-extension", "ban-alter-generated-expression", "ban-drop-index", "ban-disable-trigger", "ban-replica-identity",
    "ban-drop-policy", "ban-drop-default", "ban-drop-trigger", "ban-revoke", "ban-alter-policy-condition",
    "ban-alter-policy-roles",
    "ban-create-policy", "ban-alter-function-options", "ban-alter-view-options", "ban-alter-role-options",
    "ban-alter-database-options", "ban-alter-row-level-security", "ban-new-write-restriction", "ban-detach-inheritance",
    "ban-alter-sequence-values", "ban-alter-system-options", "ban-alter-extension", "ban-duplicate-column-assignments",
)  # fmt: skip
"""Rules of squawk that it does not ask for by itself."""
OF_CONTRACT = frozenset({
    "ban-drop-column", "ban-drop-table", "ban-drop-view", "ban-drop-function", "ban-drop-type", "ban-drop-sequence",
    "ban-drop-domain", "ban-drop-constraint", "ban-drop-not-null", "ban-drop-default", "ban-drop-index", "ban-drop-trigger",
    "ban-drop-generated-expression", "ban-detach-inheritance", "ban-revoke", "ban-new-write-restriction",
})  # fmt: skip
"""Rules that protect code which a contract migration has waited for until it was gone."""
_USED = "drop it in a migration that says -- mainstay: contract, with a release whose code does not use it any more"
_MOVED = "make the new one beside it, move the code over, and drop the old one a release later"
_LATER = "put it into a migration that says -- mainstay: contract, with a release whose code can live with it"
_WAITS = "let the code live with it for a release first, then accept the rule with that reason"


@dataclass(frozen=True)
class Accepted:
    """A rule that a file breaks on purpose."""

    file: str
    line: int
    rule: str
    reason: str


def refuse_unsafe(coming: Sequence[Migration], aim: Aim, found: Found) -> None:
    """Raise ``UnsafeMigration`` that names everything that hurts, or ``Unlinted`` where nobody looked and nobody said why."""
    _refuse_unlinted(coming, aim, found)
    unsafe = [(m.up.file, violation) for m in coming for violation in _violations(m, found) if not _accepted(m, violation)]
    if unsafe:
        raise UnsafeMigration(
            f"nothing was run: {'; '.join(_told(file, violation) for file, violation in unsafe)}. "
            "Where it is meant, write above the statement -- mainstay: accept RULE because REASON",
            unsafe=[{"file": file, **_as_dict(violation)} for file, violation in unsafe],
        )


def accepted(coming: Sequence[Migration], found: Found, unlinted: str = "") -> list[Accepted]:
    """What the pending files break on purpose, and why; ``unlinted`` is why those run that no linter has seen."""
    rules = [
        Accepted(migration.up.file, violation.line, violation.rule, acceptance.reason)
        for migration in coming
        for violation in _violations(migration, found)
        if (acceptance := _accepted(migration, violation))
    ]
    budgets = [Accepted(one.up.file, 0, "budget", one.up.budget.told) for one in coming if one.up.budget.reason]
    unseen = [Accepted(one.up.file, 0, "unlinted", unlinted) for one in coming if unlinted and one.checksum not in found.linted]
    return [*rules, *budgets, *unseen]


def _refuse_unlinted(coming: Sequence[Migration], aim: Aim, found: Found) -> None:
    unseen = [migration.up.file for migration in coming if migration.checksum not in found.linted]
    if unseen and not aim.unlinted:
        raise Unlinted(
            f"{listed(unseen)} would run, but squawk is missing, so nobody knows whether that is safe: install squawk-cli "
            "from PyPI on the controller, or say in unlinted why they may run all the same",
            unlinted=unseen,
            server_version=found.server_version,
            to_lint=[asdict(one) for one in found.unseen],
        )
    if aim.unlinted:
        reason(aim.unlinted)


def _violations(migration: Migration, found: Found) -> Iterator[Violation]:
    pass_by = NEVER_MIND.keys() | (OF_CONTRACT if migration.contract else frozenset())
    yield from (violation for violation in found.linted.get(migration.checksum, ()) if violation.rule not in pass_by)
    yield from found.rendered.get(migration.checksum, ())
    yield from hazards(migration.up)


def _accepted(migration: Migration, violation: Violation) -> Acceptance | None:
    lines = [statement.line for statement in migration.up.statements if statement.line <= violation.line]
    for acceptance in migration.up.accepts:
        if violation.rule in acceptance.rules and acceptance.line in (0, lines[-1] if lines else 0):
            return acceptance
    return None


def _told(file: str, violation: Violation) -> str:
    instead = violation.instead or advice(violation.rule)
    return f"{file} line {violation.line} ({violation.rule}): {violation.why.rstrip('.')}. Instead: {instead.rstrip('.')}"


def advice(rule: str) -> str:
    """What to do instead, where squawk does not say."""
    if rule.startswith(("ban-drop", "ban-detach", "ban-revoke")):
        return _USED
    if rule.startswith(("renaming", "ban-set-schema", "changing", "ban-char", "ban-alter-generated", "ban-create-domain")):
        return _MOVED
    if rule in OF_CONTRACT:
        return _LATER
    return "correct the statement" if rule in ("syntax-error", "identifier-too-long") else _WAITS


def _as_dict(violation: Violation) -> dict[str, object]:
    return {**asdict(violation), "instead": violation.instead or advice(violation.rule)}
