"""Whatever is typed, it is taken or refused in words."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from ansible_collections.mainstay.ops.plugins.module_utils._cache.operation import FLUSH
from ansible_collections.mainstay.ops.plugins.module_utils._core.errors import MainstayError
from ansible_collections.mainstay.ops.plugins.module_utils._health.operation import HEALTH
from hypothesis import given
from hypothesis import strategies as st

TEXT = st.text(max_size=40) | st.sampled_from(["1.0; id", "$(id)", "-x", "a\nb", "\0", "x" * 10_000, "*", "[", "\\"])
ENDPOINT = st.fixed_dictionaries(
    {
        "name": TEXT,
        "url": TEXT | st.builds("{}://{}".format, st.sampled_from(["http", "tcp", "redis", "postgresql"]), TEXT),
        "headers": st.dictionaries(TEXT, TEXT, max_size=2),
        "secret_headers": st.dictionaries(TEXT, TEXT, max_size=2),
        "status": st.lists(st.integers(), max_size=2),
        "json": st.dictionaries(TEXT, TEXT, max_size=2),
        "timeout": TEXT | st.sampled_from(["5s", "1ms"]),
        "validate_certs": st.booleans(),
    },
    optional={"username": TEXT, "password": TEXT, "version": TEXT, "ca_path": TEXT},
)
CHECK = {"healthy": st.integers(), "deadline": TEXT, "interval": TEXT, "jitter": TEXT, "must_pass": st.booleans()}
SERVER = {"host": TEXT, "port": st.integers(), "database": st.integers(), "username": TEXT, "password": TEXT, "timeout": TEXT}
CHOICE = {"pattern": TEXT, "protected": st.lists(TEXT, max_size=3), "override_protected": st.booleans(), "reason": TEXT}
GUARD = {"largest": st.integers(), "confirm": TEXT, "fence": st.none() | st.fixed_dictionaries({"environment": TEXT})}


@given(st.fixed_dictionaries({"endpoints": st.lists(ENDPOINT, max_size=3), **CHECK}))
def test_a_health_check_is_taken_or_refused(params: dict[str, Any]) -> None:
    with suppress(MainstayError):
        HEALTH.parse(params)


@given(st.fixed_dictionaries({**SERVER, **CHOICE, **GUARD}))
def test_a_flush_is_taken_or_refused(params: dict[str, Any]) -> None:
    with suppress(MainstayError):
        FLUSH.parse({**params, "tls": False, "ca_path": None, "validate_certs": True})
