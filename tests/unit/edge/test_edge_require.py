"""A library that a target lacks, or has too old, is named with what brings it."""

from __future__ import annotations

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._core.errors import LibraryMissing
from ansible_collections.mainstay.ops.plugins.module_utils._edge.require import Library, require


def test_what_is_there_and_new_enough_is_let_pass() -> None:
    require((Library("json", "python3"), Library("yaml", "python3-yaml"), Library("jinja2", "", least=3)))


@pytest.mark.parametrize(
    ("library", "told"),
    [
        (Library("no_such", "python3-no-such"), "no_such is missing on this host: install the Debian package python3-no-such"),
        (Library("no_such", "", least=2), "no_such is missing on this host: install no_such>=2 from PyPI"),
        (Library("jinja2", "", least=999), "and must be 999 or newer: install jinja2>=999 from PyPI"),
    ],
)
def test_what_is_missing_or_too_old_is_named(library: Library, told: str) -> None:
    with pytest.raises(LibraryMissing) as refused:
        require((library,))
    assert told in refused.value.message
