"""What people install: the tarball holds the collection and nothing of the workshop, and everything in it is found."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PLAYBOOKS = sorted(path.stem for path in ROOT.glob("playbooks/*.yml") if not path.name.endswith(".meta.yml"))
MODULES = sorted(path.stem for path in ROOT.glob("plugins/modules/*.py"))
INVENTORY = "operations,app,proxy,database,cache,"


def ansible(command: str, *arguments: str, collections: Path, cwd: Path) -> str:
    """Run one of Ansible's commands with this collection path first, and nothing of the user's configuration."""
    keep = {key: value for key, value in os.environ.items() if not key.startswith("ANSIBLE_")}
    here = {"ANSIBLE_COLLECTIONS_PATH": str(collections), "ANSIBLE_CONFIG": str(cwd / "none.cfg"), "HOME": str(cwd)}
    program = Path(sys.executable).with_name(command)
    ran = subprocess.run([program, *arguments], capture_output=True, text=True, cwd=cwd, env={**keep, **here}, check=False)
    assert ran.returncode == 0, f"{command} {' '.join(arguments)}: {ran.stdout}{ran.stderr}"
    return ran.stdout


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tarball")
    (path / "none.cfg").touch()
    return path


@pytest.fixture(scope="module")
def tarball(workplace: Path) -> Path:
    ansible(
        "ansible-galaxy", "collection", "build", str(ROOT), "--output-path", str(workplace), collections=workplace, cwd=workplace
    )
    [built] = workplace.glob("mainstay-ops-*.tar.gz")
    return built


@pytest.fixture(scope="module")
def installed(tarball: Path, workplace: Path) -> Path:
    """A collections path that holds what the tarball brings."""
    target = workplace / "collections"
    arguments = ("collection", "install", "--force", "--no-deps", "--offline", "--collections-path", str(target), str(tarball))
    ansible("ansible-galaxy", *arguments, collections=target, cwd=workplace)
    return target


def test_it_holds_what_people_run_and_read(tarball: Path) -> None:
    with tarfile.open(tarball) as archive:
        names = set(archive.getnames())
    wanted = {"README.md", "LICENSE", "CHANGELOG.md", "meta/runtime.yml", "plugins/modules/ops_lock.py", "playbooks/deploy.yml"}
    assert wanted <= names


def test_it_holds_nothing_of_the_workshop(tarball: Path) -> None:
    with tarfile.open(tarball) as archive:
        names = archive.getnames()
    assert [name for name in names if any(part.startswith(".") for part in Path(name).parts)] == []
    assert [name for name in names if name.endswith((".pyc", ".tar.gz", "__pycache__"))] == []
    shipped = {Path(name).parts[0] for name in names}
    assert shipped.isdisjoint({"Makefile", "bench", "molecule", "tests", "tools", "pyproject.toml"})
    assert set(names) <= set(files_of_the_checkout()) | folders(names) | {"MANIFEST.json", "FILES.json"}


def folders(names: list[str]) -> set[str]:
    return {str(folder) for name in names for folder in Path(name).parents} | {
        name for name in names if not (ROOT / name).is_file()
    }


def files_of_the_checkout() -> list[str]:
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True).stdout.splitlines()


def test_every_module_documents_itself_from_there(installed: Path, workplace: Path) -> None:
    shown = ansible(
        "ansible-doc", "-t", "module", *(f"mainstay.ops.{name}" for name in MODULES), collections=installed, cwd=workplace
    )
    assert shown.count(str(installed)) == len(MODULES)


def test_every_playbook_is_found_by_its_name(installed: Path, workplace: Path) -> None:
    names = [f"mainstay.ops.{name}" for name in PLAYBOOKS]
    shown = ansible("ansible-playbook", *names, "--syntax-check", "-i", INVENTORY, collections=installed, cwd=workplace)
    assert shown.count("playbook: ") == len(PLAYBOOKS)


def test_every_playbook_is_found_by_its_path(workplace: Path) -> None:
    paths = [str(ROOT / "playbooks" / f"{name}.yml") for name in PLAYBOOKS]
    checkout = Path(os.environ["ANSIBLE_COLLECTIONS_PATH"].split(os.pathsep)[0])
    shown = ansible("ansible-playbook", *paths, "--syntax-check", "-i", INVENTORY, collections=checkout, cwd=workplace)
    assert shown.count("playbook: ") == len(PLAYBOOKS)
