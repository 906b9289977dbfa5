"""URLs of endpoints, which may hold passwords."""

from __future__ import annotations

from contextlib import suppress

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._core.errors import InvalidInput
from ansible_collections.mainstay.ops.plugins.module_utils._health.address import target
from ansible_collections.mainstay.ops.plugins.module_utils._health.described import Described, endpoint
from ansible_collections.mainstay.ops.plugins.module_utils._health.model import Target
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        ("http://app1/health?full=1", Target("http", "app1", 80, "/health?full=1")),
        ("https://app1:8443", Target("https", "app1", 8443, "/")),
        ("tcp://10.0.0.1:5432", Target("tcp", "10.0.0.1", 5432)),
        ("http://[::1]:8000/", Target("http", "::1", 8000, "/")),
        ("postgresql://m:p%40ss@db1/shop", Target("postgresql", "db1", 5432, "shop", "m", "p@ss")),
        ("postgres://db1/shop?sslmode=require", Target("postgresql", "db1", 5432, "shop", sslmode="require")),
        (
            "postgresql://m:a,b@db1,[::1]:5433/shop",
            Target("postgresql", "db1", 5432, "shop", "m", "a,b", others=(("::1", 5433),)),
        ),
        ("redis://:word@cache1:6380/3", Target("redis", "cache1", 6380, "3", "", "word")),
        ("rediss://cache1", Target("rediss", "cache1", 6379)),
    ],
)
def test_a_url_names_a_target(url: str, wanted: Target) -> None:
    assert target("e", url) == wanted


BAD = [
    "", "app1", "ftp://app1", "http://", "http://app1:99999/", "http://app1:x/", "tcp://app1", "tcp://app1:1/path", "http://a b/",
    "http://app1/\r\nX: y", "http://app1/\0", "redis://c/x", "postgresql://d/a;b", "postgresql://d/a?options=-c", "http://[::1/",
    "http://-x/", "http://a,b/", "tcp://a:1,b:1", "redis://a,b", "postgresql://a,/d", "postgresql://a,b:x/d",
    "postgresql://" + ",".join("abcdefghijklmnopq") + "/d",
    "redis://c/0?foo=1", "http://app1/" + "a" * 10_000, "file:///etc/passwd", "postgresql://d/a?sslmode=none",
]  # fmt: skip


@pytest.mark.parametrize("url", BAD)
def test_a_url_that_means_nothing_is_refused(url: str) -> None:
    with pytest.raises(InvalidInput):
        target("e", url)


@given(st.text() | st.from_regex(r"(http|redis|tcp|postgresql)://[!-~]{1,30}", fullmatch=True))
def test_any_text_is_a_target_or_refused(url: str) -> None:
    with suppress(InvalidInput):
        target("e", url)


@pytest.mark.parametrize(
    "url", ["http://u:hunter22@h:99999/", "ftp://u:hunter22@h", "postgresql://u:hunter22@h/a;b", "http://u:[hunter22]@h/"]
)
def test_an_error_never_shows_the_password(url: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        target("e", url)
    assert "hunter22" not in caught.value.message


def test_the_address_tells_of_all_servers_and_of_no_password() -> None:
    assert target("e", "postgresql://u:hunter22@db1,[::1]:5433/shop").address == "db1:5432,[::1]:5433"


def test_no_repr_shows_a_credential() -> None:
    described = Described("e", "http://u:hunter22@h/", password="hunter23", secret_headers={"X-Api-Key": "hunter24"})
    assert "hunter" not in repr(described) + repr(endpoint(described))


def test_every_form_of_a_credential_is_known_as_a_secret() -> None:
    made = endpoint(Described("e", "http://u:p%40ss@h/", secret_headers={"X-Api-Key": "key-1"}))
    assert set(made.secrets) == {"p@ss", "p%40ss", "dTpwQHNz", "key-1"}


@pytest.mark.parametrize(
    "described",
    [
        Described("e", "http://h/", headers={"Authorization": "Bearer x"}),
        Described("e", "http://h/", headers={"X-Api-Key": "x"}),
        Described("e", "http://h/", headers={"A": "x\r\nB: y"}),
        Described("e", "http://h/", headers={"A b": "x"}),
        Described("e", "tcp://h:1", headers={"A": "x"}),
        Described("e", "tcp://h:1", json={"a": 1}),
        Described("", "http://h/"),
        Described("a\nb", "http://h/"),
        Described("e", "http://h/", timeout="soon"),
        Described("e", "http://h/", timeout="0s"),
    ],
)
def test_an_endpoint_that_makes_no_sense_is_refused(described: Described) -> None:
    with pytest.raises(InvalidInput):
        endpoint(described)
