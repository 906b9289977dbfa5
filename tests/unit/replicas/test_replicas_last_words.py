"""What replicas wrote last is told as data, without secrets, and never instead of why they failed."""

# ruff: noqa: ARG002  (a fake takes what the port gives)
from __future__ import annotations

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._core.errors import Unavailable
from ansible_collections.mainstay.ops.plugins.module_utils._replicas.last_words import SPEAKERS, Words, heard, of_stopped

from tests.unit.replicas.replica_fakes import FakeEngine, container, replica


class Deaf(FakeEngine):
    def logs(self, name: str, lines: int) -> bytes:
        raise Unavailable("the Engine does not answer")


@pytest.mark.parametrize(
    ("engine", "lines", "sentence"),
    [
        (
            FakeEngine(written=b"begins\nkey \x1b[31mhunter22\n"),
            ["begins", "key  [31m********"],
            "It wrote last: key  [31m********",
        ),
        (FakeEngine(), [], "It wrote nothing."),
        (Deaf(), [], "It wrote nothing."),
    ],
)
def test_the_last_line_is_in_the_sentence_and_all_of_them_are_data(engine: FakeEngine, lines: list[str], sentence: str) -> None:
    words = heard(engine, container(), ["hunter22"])
    assert words.row == {"replica": "api 1", "container": "shop-api-blue-1", "lines": lines}
    assert words.sentence == sentence


def test_of_many_that_are_stopped_those_that_ended_by_themselves_are_heard_first() -> None:
    well = [replica(f"well{n}") for n in range(SPEAKERS)]
    stopped = [*well, replica("crashed", state="exited"), replica("restarted", restarts=2)]
    told = [words["container"] for words in of_stopped(FakeEngine(written=b"bye"), stopped, [])]
    assert told == ["crashed", "restarted", "well0", "well1", "well2"]


def test_who_wrote_nothing_has_no_last_words_when_it_is_stopped() -> None:
    assert of_stopped(FakeEngine(), [replica()], []) == []
    assert Words("api 1", "a").row["lines"] == []
