"""What is wrong with one answer."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._health.model import Answer, Cause, Endpoint, Target, Trouble
from ansible_collections.mainstay.ops.plugins.module_utils._health.ready import MISSING, complaint, field_of
from ansible_collections.mainstay.ops.plugins.module_utils._health.verdict import tried
from hypothesis import given
from hypothesis import strategies as st

WEB = Target("http", "app1", 80, "/health")


def endpoint(**expected: Any) -> Endpoint:
    return Endpoint("api", WEB, **expected)


@pytest.mark.parametrize(
    ("expected", "answer", "cause", "text"),
    [
        ({}, Answer(status=200), None, ""),
        ({}, Answer(status=500), Cause.APPLICATION, "status 500, not 200"),
        ({"status": (200, 204)}, Answer(status=204), None, ""),
        ({"status": (200, 204)}, Answer(status=301), Cause.APPLICATION, "status 301, not 200 or 204"),
        ({}, Answer(status=302, headers={"location": "/login"}), Cause.APPLICATION, "a redirect to '/login', not followed"),
        ({"json": {"status": "healthy"}}, Answer(status=200, body=b'{"status": "healthy"}'), None, ""),
        ({"json": {"status": "healthy"}}, Answer(status=200, body=b'{"status": "sick"}'), Cause.APPLICATION, "status is 'sick'"),
        ({"json": {"status": "healthy"}}, Answer(status=200, body=b"{}"), Cause.APPLICATION, "status is missing, not 'healthy'"),
        ({"json": {"checks.db": "up"}}, Answer(status=200, body=b'{"checks": {"db": "up"}}'), None, ""),
        ({"json": {"ready": True}}, Answer(status=200, body=b'{"ready": 1}'), Cause.APPLICATION, "ready is 1, not True"),
        ({"json": {"n": 1}}, Answer(status=200, body=b'{"n": true}'), Cause.APPLICATION, "n is True, not 1"),
        ({"json": {"a": None}}, Answer(status=200, body=b"{}"), Cause.APPLICATION, "a is missing"),
        ({"json": {"a": 1}}, Answer(status=200, body=b"<html>"), Cause.APPLICATION, "the body is not JSON"),
        ({"json": {"a": 1}}, Answer(status=200, body=b"[" * 60000), Cause.APPLICATION, "the body is not JSON"),
        ({"json": {"a": 1}}, Answer(status=200, body=b"9" * 60000), Cause.APPLICATION, "the body is not JSON"),
        ({"json": {"a": 1}}, Answer(status=200, body=b'{"a": 1}', cut=True), Cause.APPLICATION, "longer than what is read"),
        ({"version": "v2"}, Answer(status=200, body=b'{"version": "v2"}'), None, ""),
        ({"version": "v2"}, Answer(status=200, body=b'{"version": "v1"}'), Cause.VERSION, "version is 'v1', not 'v2'"),
        ({"version": "v2"}, Answer(status=200, body=b'{"version": 2}'), Cause.VERSION, "version is 2, not 'v2'"),
        ({"version": "v2"}, Answer(status=503, body=b'{"version": "v1"}'), Cause.APPLICATION, "status 503"),
        ({}, Answer(status=200, trouble=Trouble(Cause.TIMEOUT, "late")), Cause.TIMEOUT, "late"),
    ],
)
def test_the_first_thing_that_is_wrong_is_told(expected: Any, answer: Answer, cause: Cause | None, text: str) -> None:
    found = complaint(endpoint(**expected), answer)
    assert (found and found.cause) == cause
    assert text in (found.text if found else "")


@pytest.mark.parametrize(
    ("document", "path", "value"),
    [
        ({"a": {"b": [10, 11]}}, "a.b.1", 11),
        ({"a": {"b": [10, 11]}}, "a.b.2", MISSING),
        ({"a": {"b": [10, 11]}}, "a.b.-1", MISSING),
        ({"a.b": 1, "a": {"b": 2}}, "a.b", 1),
        ({"a": "text"}, "a.b", MISSING),
        ([1], "0", 1),
        (None, "a", MISSING),
    ],
)
def test_a_dotted_path_leads_into_fields_and_elements(document: Any, path: str, value: Any) -> None:
    assert field_of(document, path) == value


def test_what_is_wrong_is_told_without_secrets() -> None:
    answer = Answer(status=200, body=b'{"version": "hunter22"}')
    trial = tried(Endpoint("api", WEB, version="v2", secrets=("hunter22",)), answer)
    assert trial.trouble == Trouble(Cause.VERSION, "version is '********', not 'v2'")


@given(st.binary(max_size=300), st.integers(100, 599), st.text(max_size=30))
def test_no_body_upsets_the_judge(body: bytes, status: int, path: str) -> None:
    trial = tried(endpoint(json={path: "healthy"}, version="v2"), Answer(status=status, body=body))
    assert trial.trouble is not None


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(JSON, st.text(max_size=20))
def test_no_document_upsets_a_path(document: Any, path: str) -> None:
    field_of(document, path)
