"""A recovery does nothing where nothing was interrupted, and tells of the run that was."""

from __future__ import annotations

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._release.dora import four
from ansible_collections.mainstay.ops.plugins.module_utils._release.model import Journal, Ledger
from ansible_collections.mainstay.ops.plugins.module_utils._release.recovery import calm, ended

from tests.unit.release.release_found import V1, V2, ledger

KILLED = Journal("r2", "deploy", V2.id, "green", V1.id, "blue", "dana", started=100.0)


@pytest.mark.parametrize(("known", "release"), [(Ledger(), "nothing"), (ledger((V1, "blue")), V1.id)])
def test_where_no_run_was_interrupted_nothing_is_to_be_done(known: Ledger, release: str) -> None:
    rollout = calm(known)
    assert (rollout.kind, rollout.release.id, rollout.slot, rollout.batches) == ("nothing", release, "blue", ())


def test_the_interrupted_run_did_not_pass_and_what_it_was_to_replace_serves() -> None:
    done = ended(KILLED, 160.0)
    assert (done.verb, done.asked, done.verdict, done.who) == ("deploy", V2.id, "inconclusive", "dana")
    known = ledger((V1, "blue"))
    after = Ledger(known.releases, {}, (*known.operations, done))
    assert after.live
    assert (after.live.release, after.live.slot) == (V1.id, "blue")
    assert four(after, 160.0).restore == 60.0
