"""Write docs/reference from the documentation that stands in modules, plugins, roles and playbooks; ``--check`` only compares."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
PAGES = ROOT / "docs" / "reference"
COLLECTION = "mainstay.ops"
HEAD = "<!-- Written by `make docs` from the documentation in the code; edit that. -->\n\n"
Node = Mapping[str, Any]


def main() -> int:
    pages = {PAGES / name: HEAD + text.rstrip() + "\n" for name, text in written()}
    stale = [path for path, text in pages.items() if not path.exists() or path.read_text() != text]
    left = [path for path in PAGES.rglob("*.md") if path not in pages]
    if "--check" in sys.argv:
        names = ", ".join(sorted(str(path.relative_to(ROOT)) for path in [*stale, *left]))
        return complain(f"Not up to date: {names}. Run `make docs`, and commit what it writes") if names else 0
    for path in left:
        path.unlink()
    for path in stale:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(pages[path])
    return 0


def complain(why: str) -> int:
    print(why, file=sys.stderr)
    return 1


def written() -> Iterator[tuple[str, str]]:
    """Every page with its name."""
    modules = documented("module", [path.stem for path in ROOT.glob("plugins/modules/*.py")])
    roles = documented("role", [path.name for path in ROOT.glob("roles/*") if path.is_dir()])
    filters = documented("filter", [path.stem for path in ROOT.glob("plugins/filter/*.yml")])
    lookups = documented("lookup", [path.stem for path in ROOT.glob("plugins/lookup/*.py")])
    books = {path.name.removesuffix(".meta.yml"): loaded(path) for path in sorted(ROOT.glob("playbooks/*.meta.yml"))}
    yield from ((f"modules/{name}.md", plugin_page(name, found)) for name, found in modules.items())
    yield from ((f"roles/{name}.md", role_page(name, found)) for name, found in roles.items())
    yield "playbooks.md", "# Playbooks\n\n" + "\n".join(playbook_part(name, book) for name, book in books.items())
    yield "filters.md", "# Filters\n\n" + "\n".join(plugin_page(name, found, "##") for name, found in filters.items())
    yield "lookups.md", "# Lookups\n\n" + "\n".join(plugin_page(name, found, "##") for name, found in lookups.items())
    yield "README.md", index(books, roles, modules=modules, filters=filters, lookups=lookups)


def loaded(path: Path) -> Node:
    content: Node = yaml.safe_load(path.read_text())
    return content


def documented(kind: str, names: Sequence[str]) -> dict[str, Node]:
    """What ansible-doc knows of these, by their short name."""
    if not names:
        return {}
    command = ["ansible-doc", "--type", kind, "--json", *(f"{COLLECTION}.{name}" for name in sorted(names))]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    found = json.loads(ran.stdout) if ran.returncode == 0 else {}
    if len(found) != len(names):
        raise SystemExit(f"ansible-doc could not read the documentation of every {kind}: {ran.stderr.strip()}")
    return {name.removeprefix(f"{COLLECTION}."): value for name, value in found.items()}


def plugin_page(name: str, found: Node, level: str = "#") -> str:
    doc = found["doc"]
    parts = [f"{level} {name}\n\n{sentence(doc['short_description'])}\n", bullets(doc["description"])]
    parts += [table("Parameter", doc.get("options") or {})]
    parts += [attributes(doc.get("attributes") or {})]
    parts += [f"```yaml\n{found['examples'].strip()}\n```\n"] if found.get("examples") else []
    parts += [table("Returns", found.get("return") or {})]
    return "\n".join(part for part in parts if part)


def role_page(name: str, found: Node) -> str:
    entries = found["entry_points"]
    parts = [f"# Role {name}\n"]
    for entry, spec in sorted(entries.items(), key=lambda item: item[0] != "main"):
        parts += [f"## {entry}\n"] if len(entries) > 1 else []
        parts += [sentence(spec["short_description"]) + "\n", bullets(spec.get("description") or [])]
        parts += [table("Variable", spec.get("options") or {})]
    return "\n".join(part for part in parts if part)


def playbook_part(name: str, book: Node) -> str:
    spec = book["argument_specs"][name]
    parts = [f"## {name}\n\n{sentence(markup(book['description']))}\n"]
    parts += [f"```sh\n{spec['examples'].strip()}\n```\n"] if spec["examples"].startswith("ansible-playbook") else []
    parts += [table("Extra variable", spec["options"])]
    return "\n".join(part for part in parts if part)


def index(books: Mapping[str, Node], roles: Mapping[str, Node], **plugins: Mapping[str, Node]) -> str:
    """Everything there is, with one sentence each."""
    parts = ["# Reference\n"]
    parts += [listing("Playbooks", "playbooks.md#{}", {name: book["short_description"] for name, book in books.items()})]
    parts += [listing("Roles", "roles/{}.md", {name: first(role)["short_description"] for name, role in roles.items()})]
    for title, found in plugins.items():
        link = "modules/{}.md" if title == "modules" else f"{title}.md#{{}}"
        parts += [listing(title.capitalize(), link, {name: it["doc"]["short_description"] for name, it in found.items()})]
    return "\n".join(parts)


def first(role: Node) -> Node:
    entries = role["entry_points"]
    spec: Node = entries.get("main") or next(iter(entries.values()))
    return spec


def listing(title: str, link: str, found: Mapping[str, str]) -> str:
    rows = [f"| [{name}]({link.format(name)}) | {cell(text)} |" for name, text in found.items()]
    return "\n".join([f"## {title}\n", "| name | what it does |", "|---|---|", *rows, ""])


def table(title: str, options: Mapping[str, Node]) -> str:
    rows = [
        f"| `{name}` | {kind(option)} | {default(option)} | {cell(option['description'])} |" for name, option in flat(options)
    ]
    if not rows:
        return ""
    third = "When" if title == "Returns" else "Default"
    return "\n".join([f"| {title} | Type | {third} | What |", "|---|---|---|---|", *rows, ""])


def flat(options: Mapping[str, Node], above: str = "") -> Iterator[tuple[str, Node]]:
    """Options, required ones first, each followed by what is inside it."""
    for name, option in sorted(options.items(), key=lambda item: not item[1].get("required")):
        yield above + name, option
        inside = option.get("suboptions") or option.get("options") or option.get("contains") or {}
        yield from flat(inside, f"{above}{name}.")


def kind(option: Node) -> str:
    name = option.get("type", "str")
    name = f"list of {option['elements']}" if option.get("elements") else name
    choices = option.get("choices")
    return f"{name}: {', '.join(f'`{choice}`' for choice in choices)}" if choices else name


def default(option: Node) -> str:
    if option.get("required"):
        return "required"
    if "returned" in option:
        return cell(option["returned"])
    value = option.get("default")
    return "" if value is None else f"`{json.dumps(value) if value == '' or not isinstance(value, str) else value}`"


def attributes(found: Mapping[str, Node]) -> str:
    lines = [f"- {name.replace('_', ' ')}: {it['support']}. {cell(it.get('description', ''))}" for name, it in found.items()]
    return "\n".join([*lines, ""]) if lines else ""


def bullets(text: str | Sequence[str]) -> str:
    return "\n".join([f"- {markup(line)}" for line in several(text)] + [""])


def cell(text: str | Sequence[str]) -> str:
    return markup(" ".join(several(text))).replace("|", "\\|").replace("\n", " ")


def several(text: str | Sequence[str]) -> Sequence[str]:
    return [text] if isinstance(text, str) else text


def sentence(text: str) -> str:
    return text if text.endswith(".") else f"{text}."


def markup(text: str) -> str:
    """Ansible's markup as Markdown."""
    text = re.sub(r"\b(?:C|V|O|RV|E)\(((?:\\.|[^)\\])*)\)", lambda m: f"`{unescaped(m[1])}`", text)
    text = re.sub(r"\b[MP]\(([\w.]+)(?:#\w+)?\)", lambda m: f"`{m[1].removeprefix(f'{COLLECTION}.')}`", text)
    text = re.sub(r"\bL\(([^,)]+),\s*([^)]+)\)", r"[\1](\2)", text)
    text = re.sub(r"\bU\(([^)]+)\)", r"<\1>", text)
    return re.sub(r"\b[IB]\(([^)]+)\)", r"*\1*", text)


def unescaped(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)


if __name__ == "__main__":
    sys.exit(main())
