"""Files of SQL taken apart: quotes, comments, bodies, and what is refused."""

from __future__ import annotations

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._core.errors import InvalidInput
from ansible_collections.mainstay.ops.plugins.module_utils._migration.statements import split
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("text", "statements"),
    [
        ("SELECT 1; SELECT 2", ["SELECT 1", "SELECT 2"]),
        ("SELECT 1;;; ;", ["SELECT 1"]),
        ("", []),
        ("-- only\n/* words */", []),
        ("SELECT 1 -- end\n;", ["SELECT 1"]),
        ("SELECT ';'; SELECT 2", ["SELECT ';'", "SELECT 2"]),
        ("SELECT 'it''s; so'; SELECT 2", ["SELECT 'it''s; so'", "SELECT 2"]),
        ("SELECT '\\'; SELECT 2", ["SELECT '\\'", "SELECT 2"]),
        ("SELECT E'\\';'; SELECT 2", ["SELECT E'\\';'", "SELECT 2"]),
        ("SELECT namee'x;'; SELECT 2", ["SELECT namee'x;'", "SELECT 2"]),
        ('SELECT "a;""b"; SELECT 2', ['SELECT "a;""b"', "SELECT 2"]),
        ("SELECT /* ; /* ; */ ; */ 1; SELECT 2", ["SELECT /* ; /* ; */ ; */ 1", "SELECT 2"]),
        ("DO $$ BEGIN; END $$; SELECT 2", ["DO $$ BEGIN; END $$", "SELECT 2"]),
        ("DO $a$ ; $b$ ; $$ ; $a$; SELECT 2", ["DO $a$ ; $b$ ; $$ ; $a$", "SELECT 2"]),
        ("DO $ä$ ; $ä$; SELECT 2", ["DO $ä$ ; $ä$", "SELECT 2"]),
        ("SELECT a$b$c; SELECT d$b$e", ["SELECT a$b$c", "SELECT d$b$e"]),
        ("PREPARE p AS SELECT $1; SELECT $2", ["PREPARE p AS SELECT $1", "SELECT $2"]),
        ("CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2); SELECT 3", None),
        (
            "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT CASE WHEN true THEN 1 END; END; SELECT 2",
            None,
        ),
        ("CREATE OR REPLACE PROCEDURE f() BEGIN ATOMIC SELECT 1; END; SELECT 2", None),
        ("SELECT begin, atomic; SELECT 2", ["SELECT begin, atomic", "SELECT 2"]),
    ],
)
def test_statements_end_where_postgresql_ends_them(text: str, statements: list[str] | None) -> None:
    found = [statement.text for statement in split(text, "f.sql")]
    assert found == statements if statements is not None else len(found) == 2


def test_each_statement_knows_its_number_and_its_line() -> None:
    found = split("-- a\n\nSELECT 1;\n/* b\n*/ SELECT\n2;\n\nSELECT 3", "f.sql")
    assert [(statement.number, statement.line) for statement in found] == [(1, 3), (2, 5), (3, 8)]


@pytest.mark.parametrize(
    ("text", "index"),
    [
        ("CREATE INDEX CONCURRENTLY i ON t (a)", ("i", "t")),
        ("create unique index concurrently if not exists I on only S.T using btree (a)", ("i", "S.T")),
        ('CREATE INDEX CONCURRENTLY "My ""I""" ON "S x"."T" (a)', ('My "I"', '"S x"."T"')),
        ("CREATE /* c */ INDEX\n CONCURRENTLY i -- d\n ON s . t(a)", ("i", "s . t")),
        ("CREATE INDEX CONCURRENTLY ON t (a)", None),
        ("CREATE INDEX i ON t (a)", None),
        ("SELECT 'CREATE INDEX CONCURRENTLY i ON t (a)'", None),
    ],
)
def test_an_index_that_is_built_concurrently_is_recognised(text: str, index: tuple[str, str] | None) -> None:
    (statement,) = split(text, "f.sql")
    assert (statement.index and (statement.index.name, statement.index.table)) == index


@pytest.mark.parametrize(
    "text", ["SELECT 'a", 'SELECT "a', "SELECT $$ a", "SELECT $x$ a $$", "SELECT /* a /* b */", "SELECT E'\\'"]
)
def test_what_has_no_end_is_refused_with_its_line(text: str) -> None:
    with pytest.raises(InvalidInput, match=r"f\.sql line 2: .* has no end"):
        split(f"SELECT 1;\n{text}", "f.sql")


@pytest.mark.parametrize("text", ["\\i other.sql", "\\set ON_ERROR_STOP on\nSELECT 1", "SELECT 1 \\gexec"])
def test_commands_of_psql_are_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="psql"):
        split(text, "f.sql")


@given(st.text(alphabet="aE$'\"-/*;()\\\n 1bé", max_size=60))
def test_any_text_is_refused_or_taken_apart_into_what_cannot_be_taken_apart_further(text: str) -> None:
    try:
        found = split(text, "f.sql")
    except InvalidInput:
        return
    for statement in found:
        assert [again.text for again in split(statement.text, "f.sql")] == [statement.text]
