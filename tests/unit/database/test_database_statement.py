"""What is told of a statement: never a literal, whatever it looks like."""

from __future__ import annotations

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._database.statement import shape
from hypothesis import given
from hypothesis import strategies as st

SECRET = "hunter22"
SHAPES = {
    "SELECT * FROM users WHERE mail = 'ann@example.com'": "SELECT * FROM users WHERE mail = ?",
    "ALTER ROLE shop PASSWORD 'it''s hunter22'": "ALTER ROLE shop PASSWORD ?",
    "SELECT E'hunter22'": "SELECT ?",
    "SELECT $$hunter22$$, $a$hunter22 $$ $a$": "SELECT ?, ?",
    "SELECT 1 -- hunter22\n, 2 /* hunter22 */": "SELECT ? , ?",
    "SELECT * FROM t WHERE id IN (1, 2, 3, 40)": "SELECT * FROM t WHERE id IN (?)",
    "SELECT * FROM t2 WHERE a1 = $1 AND b = -1.5e3": "SELECT * FROM t2 WHERE a1 = $1 AND b = -?",
    'SELECT "odd \'name" FROM "t"': 'SELECT "odd \'name" FROM "t"',
    "SELECT 'cut off in the mid": "SELECT ?",
    "SELECT $a$cut off": "SELECT ?",
    "SELECT /* cut off": "SELECT",
    r"SELECT 'C:\', 'hunter22'": "SELECT ? ...",
    r"SELECT E'it\'s hunter22 ', 'hunter22'": "SELECT ? ...",
    "SELECT 1 /* a /* b */ hunter22 */, 2": "SELECT ? ? ...",
    "SELECT a$$b, 'it $$ hunter22'": "SELECT a$$b, ?",
    "UPDATE t\n\tSET\x00 a = 0xFF": "UPDATE t SET a = ?",
}


@pytest.mark.parametrize(("text", "told"), SHAPES.items())
def test_the_shape_of_a_statement_stays_and_what_it_is_about_goes(text: str, told: str) -> None:
    assert shape(text) == told


def test_a_long_statement_is_cut() -> None:
    assert shape("SELECT " + "a, " * 500, longest=20) == "SELECT a, a, a, a, a..."


@given(st.text(alphabet="ab'\\$\"-/*E1 \n"), st.sampled_from(["'{}'", "$${}$$", "$q${}$q$", "/* {} */", "-- {}\n", "E'{}'"]))
def test_a_secret_in_a_literal_that_begins_a_statement_is_never_told(rest: str, quoted: str) -> None:
    assert SECRET not in shape(quoted.format(SECRET) + rest)
