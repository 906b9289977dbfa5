"""What holds the project together: nothing is left without its test, its reason or its link."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from tests.workers import ENGINE, group

ROOT = Path(__file__).parents[2]
MODULES = sorted(path.stem for path in ROOT.glob("plugins/modules/*.py"))
REQUIREMENTS = [ROOT / "requirements.txt", ROOT / "requirements-dev.txt"]
ON_DEMAND = {"amazon.aws", "community.aws"}
PIN = re.compile(r"^([A-Za-z0-9_.-]+)(\[[a-z0-9,]+\])?==\S+$")


def loaded(name: str) -> dict[str, object]:
    content: dict[str, object] = yaml.safe_load((ROOT / name).read_text())
    return content


def pins(path: Path) -> list[str]:
    """Lines that ask for a package."""
    return [line for line in path.read_text().splitlines() if line and not line.startswith(("#", "-"))]


@pytest.mark.parametrize("module", MODULES)
def test_a_module_is_tried_on_the_real_thing(module: str) -> None:
    """Some integration test bears its name, or names it because modules that belong together are tried together."""
    tests = list((ROOT / "tests" / "integration").glob("test_*.py"))
    named = re.compile(rf"\b{module}\b")
    assert any(path.stem == f"test_{module}" or named.search(path.read_text()) for path in tests)


def test_every_module_that_takes_a_fence_is_in_the_action_group() -> None:
    fenced = [
        name
        for name in MODULES
        if re.search(r"^  - mainstay.ops.fence(\.optional)?$", (ROOT / f"plugins/modules/{name}.py").read_text(), re.M)
    ]
    assert loaded("meta/runtime.yml")["action_groups"] == {"fenced": fenced}


@pytest.mark.parametrize("path", [*REQUIREMENTS, ROOT / "constraints.txt"], ids=lambda path: path.name)
def test_every_package_is_pinned_to_one_version(path: Path) -> None:
    assert [line for line in pins(path) if not PIN.match(line)] == []


@pytest.mark.parametrize("path", REQUIREMENTS, ids=lambda path: path.name)
def test_every_package_has_its_reason(path: Path) -> None:
    reasons = (ROOT / "docs" / "dependencies.md").read_text()
    names = [found[1] for found in map(PIN.match, pins(path)) if found]
    assert [name for name in names if f"| `{name}` |" not in reasons] == []


def test_nothing_stands_on_what_ansible_does_not_hold() -> None:
    """Handlers are lost after a failure, ``rescue`` lets a run exit with 0, ``run_once`` under ``serial`` is once a batch."""
    unsafe = re.compile(r"^\s*(?:- )?(serial|rescue|run_once|max_fail_percentage|notify|handlers):", re.M)
    files = [*ROOT.glob("roles/**/*.yml"), *ROOT.glob("playbooks/*.yml")]
    assert len(files) > 20
    assert {str(path): unsafe.findall(path.read_text()) for path in files if unsafe.search(path.read_text())} == {}


def test_every_collection_that_is_used_is_declared() -> None:
    """What ships may use what galaxy.yml names, the benchmarks what requirements.yml names.

    What only one argument of one playbook needs is no dependency of everybody, and has its reason.
    """
    reasons = (ROOT / "docs" / "dependencies.md").read_text()
    assert [name for name in ON_DEMAND if f"`{name}`" not in reasons] == []
    asked = {str(entry["name"]) for entry in loaded("requirements.yml")["collections"]}  # type: ignore[attr-defined]
    declared = {str(name) for name in loaded("galaxy.yml")["dependencies"]}  # type: ignore[attr-defined]
    assert collections_used("roles", "playbooks", "inventories") <= declared | ON_DEMAND
    assert collections_used("bench") <= asked | declared


def collections_used(*folders: str) -> set[str]:
    """Collections whose modules and plugins are named in tasks, other than Ansible's own and this one."""
    texts = [path.read_text() for folder in folders for path in (ROOT / folder).rglob("*.yml")]
    named = {found for text in texts for found in re.findall(r"^\s*(?:- )?([a-z]\w+\.[a-z]\w+)\.[a-z]\w+:", text, re.M)}
    return named - {"ansible.builtin", "mainstay.ops"}


def test_there_is_one_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["version"] == loaded("galaxy.yml")["version"]


def test_every_page_is_in_the_index() -> None:
    index = (ROOT / "docs" / "README.md").read_text()
    pages = [path.name for path in ROOT.glob("docs/*.md") if path.name != "README.md"]
    assert [name for name in pages if f"({name})" not in index] == []


def test_no_sanity_test_is_ignored() -> None:
    assert [path.name for path in ROOT.glob("tests/sanity/ignore*")] == []


def test_one_worker_runs_what_belongs_together() -> None:
    """Where two fleets are brought up at once, neither comes up."""
    several = [sys.executable, "-m", "pytest", "-n", "2", "--dist", "loadscope", "-v", __file__, "-k", "one_version or no_sanity"]
    ran = subprocess.run(several, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout
    assert "scheduling tests via Together" in ran.stdout
    assert len(set(re.findall(r"^\[(gw\d)\].* PASSED ", ran.stdout, re.M))) == 1


def test_the_fleet_and_the_engine_it_stands_on_are_one_workers() -> None:
    assert {group(name) for name in ("tests/molecule/test_a.py::t[x]", "tests/faults/test_b.py::t")} == {ENGINE}
    assert group("tests/integration/test_docker_replicas.py::test_a[b::c@d]") == ENGINE
    assert group("tests/unit/test_house.py::test_a[tests/faults/test_b.py]") == "tests/unit/test_house.py"
