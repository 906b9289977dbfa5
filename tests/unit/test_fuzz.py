"""Whatever an operator writes, a module understands it or refuses it in words.

A few inputs for each module here, 10,000 in ``make test-faults``.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._core.errors import MainstayError
from hypothesis import given
from hypothesis import strategies as st

PLUGINS = Path(__file__).resolve().parents[2] / "plugins"
BY_ACTION = {"deliver", "on_hosts"}
"""Documentation alone; an action plugin does the work, by calling other modules."""
MODULES = sorted({path.stem for path in (PLUGINS / "modules").glob("*.py")} - BY_ACTION)
NASTY = st.sampled_from(
    ["", "1.0; id", "$(id)", "-x", "--privileged", "a\nb", "a\0b", "x" * 10_000, "{{ 7 * 7 }}", "../../etc/passwd", "v1", "blue",
     "api", "30s", "1h", "-1s", "nan", "1e400", "http://a:99999/", "redis://", "postgresql://u:p@h/d?sslmode=no", "ü\u202e", "5%"]
)  # fmt: skip
TEXT = NASTY | st.text(max_size=20)
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
KINDS: Mapping[str, st.SearchStrategy[Any]] = {
    "str": TEXT,
    "path": TEXT,
    "int": st.integers(),
    "float": st.floats(),
    "bool": st.booleans(),
    "raw": JUNK,
}


def parts(name: str) -> tuple[Mapping[str, Any], Any]:
    """The argument spec and the operation with which a module runs."""
    module = importlib.import_module(f"ansible_collections.mainstay.ops.plugins.modules.{name}")
    seen: list[tuple[Mapping[str, Any], Any]] = []
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(module, "run", lambda spec, operation, **_: seen.append((spec, operation)))
        module.main()
    return seen[0]


def written(option: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    """Values that Ansible itself would let through to the module."""
    if "choices" in option:
        return st.sampled_from(option["choices"])
    kind = option.get("type", "str")
    if kind == "dict":
        return params(option["options"]) if "options" in option else st.dictionaries(TEXT, JUNK, max_size=3)
    if kind == "list":
        return st.lists(written({**option, "type": option.get("elements", "raw")}), max_size=3)
    return KINDS[kind]


def params(spec: Mapping[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Ansible hands on every option; one that was not given has its default, or none."""
    return st.fixed_dictionaries(
        {
            name: written(option) if option.get("required") else st.just(option.get("default")) | written(option)
            for name, option in spec.items()
        }
    )


@pytest.mark.parametrize("name", MODULES)
def test_whatever_is_written_is_understood_or_refused(name: str) -> None:
    spec, operation = parts(name)
    answers: list[str] = []

    @given(params(spec))
    def parse(written: dict[str, Any]) -> None:
        answers.append(answer(operation.parse, written))
        assert len(answers[-1].splitlines()) == 1
        assert len(answers[-1]) < 2000

    parse()
    assert answers


def answer(parse: Callable[[Mapping[str, Any]], object], written: Mapping[str, Any]) -> str:
    try:
        return f"taken as {type(parse(written)).__name__}"
    except MainstayError as error:
        return error.message
