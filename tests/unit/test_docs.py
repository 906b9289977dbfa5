"""The pages say all that there is: every playbook, argument, variable and error; and their links lead somewhere."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from ansible_collections.mainstay.ops.plugins.module_utils._release import ready

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = [page for page in [*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *ROOT.glob("tests/*.md")] if page.name != "CHANGELOG.md"]
METAS = sorted(ROOT.glob("playbooks/*.meta.yml"))
CODE = [*ROOT.glob("playbooks/*.yml"), *ROOT.glob("roles/**/*.yml"), *ROOT.glob("plugins/filter/*.py")]
LINK = re.compile(r"\[[^\]\n]*\]\(([^)\s]+)\)")


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


def section(page: str, title: str) -> str:
    """What stands under a heading of the second level."""
    found = re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", page, flags=re.S | re.M)
    assert found, f"no section {title}"
    return found[1]


def anchors(page: Path) -> set[str]:
    titles = re.findall(r"^#+ +(.+)$", page.read_text(), flags=re.M)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def errors() -> Iterator[str]:
    """Every error that the collection raises on purpose."""
    known = {"MainstayError"}
    classes = [
        node
        for path in sorted(ROOT.glob("plugins/module_utils/**/*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ClassDef)
    ]
    while new := [c.name for c in classes if c.name not in known and known & {ast.unparse(base) for base in c.bases}]:
        known.update(new)
    yield from sorted(known - {"MainstayError"})


@pytest.mark.parametrize("meta", METAS, ids=relative)
def test_every_playbook_and_its_arguments_are_documented(meta: Path) -> None:
    name = meta.name.removesuffix(".meta.yml")
    told = section((DOCS / "playbooks.md").read_text(), name)
    specs = yaml.safe_load(meta.read_text())["argument_specs"]
    missing = [option for spec in specs.values() for option in spec.get("options") or {} if f"`{option}`" not in told]
    assert missing == []


def test_every_variable_of_an_inventory_is_documented() -> None:
    used = {name for path in CODE for name in re.findall(r"\bmainstay_[a-z_]+", path.read_text())}
    told = (DOCS / "your-application.md").read_text()
    assert used
    assert sorted(name for name in used if f"`{name}`" not in told) == []


def test_every_option_of_a_service_is_documented() -> None:
    told = section((DOCS / "your-application.md").read_text(), "3. The inventory")
    assert sorted(option for option in ready._KNOWN if f"`{option}`" not in told) == []


def test_every_error_is_explained() -> None:
    told = (DOCS / "troubleshooting.md").read_text()
    assert [name for name in errors() if f"`{name}`" not in told] == []


@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in LINK.findall(page.read_text()):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        assert there.exists(), f"{target} leads nowhere"
        assert not anchor or anchor in anchors(there), f"{target}: no such heading"
