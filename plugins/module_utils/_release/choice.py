# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which release a run is about, and whether it may go out."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace

from .._core.errors import InvalidInput, Irreversible, KnownBad, NotFound
from .._core.text import listed
from .model import Ledger, Release, Spec
from .ready import leaving_as

_SIZE_ONLY = ("replicas", "max_replicas")


def configuration_hash(services: Mapping[str, Spec], secrets_fingerprint: str) -> str:
    """Hash of everything that changes how a release behaves; how many replicas run is no part of it."""
    behaviour = {name: {k: v for k, v in spec.items() if k not in _SIZE_ONLY} for name, spec in services.items()}
    text = json.dumps([behaviour, secrets_fingerprint], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def as_of_today(release: Release, services: Mapping[str, Spec]) -> Release:
    """A recorded release in today's size, whose sessions leave as they do today: going back brings back neither."""
    return replace(
        release, services={name: _as_of_today(spec, services.get(name, spec)) for name, spec in release.services.items()}
    )


def _as_of_today(spec: Spec, today: Spec) -> Spec:
    return {**leaving_as(spec, today), **{option: today[option] for option in _SIZE_ONLY if option in today}}


def release_id(version: str, configuration: str) -> str:
    return f"{version}-{configuration[:8]}"


def to_deploy(ledger: Ledger, identity: str) -> Release | None:
    """The recorded release of this id, so that its digests are used again; None if it is new. A bad one is refused."""
    if ledger.is_bad(identity):
        mark = ledger.marks[identity]
        raise KnownBad(
            f"{identity} is known bad: {mark.why}. Deploy another version, or if that reason is gone, clear it with "
            f"the clear_release playbook: -e release={identity} -e reason=...",
            release=identity,
        )
    return ledger.releases.get(identity)


def to_roll_back_to(ledger: Ledger, version: str, *, interrupted: bool) -> Release:
    """The release to go back to: the named version, or the last one proven good before the live one.

    Of a run that was interrupted, what it was to replace still counts as live, and that is what one goes back to.
    """
    live = ledger.live.release if ledger.live else ""
    if interrupted and not version and live in ledger.releases:
        return to_recover(ledger)
    proven = [r for r in _newest_first(ledger) if ledger.is_proven(r.id)]
    fitting = [r for r in proven if (r.version == version if version else r.id != live)]
    if fitting:
        return fitting[0]
    choices = listed(dict.fromkeys(r.version for r in proven if r.id != live))
    wanted = f"version {version}" if version else "an earlier release"
    raise NotFound(f"there is no {wanted} that was proven good; proven besides the live one: {choices}")


def to_recover(ledger: Ledger) -> Release:
    """The release that an interrupted run was to replace: it is proven, and the other one is not."""
    live = ledger.live.release if ledger.live else ""
    if live not in ledger.releases:
        raise NotFound(
            "nothing was in service before the run that was interrupted, so there is nothing to go back to: deploy again"
        )
    return ledger.releases[live]


def refuse_irreversible(target: Release, schema: Mapping[str, bool], force: bool) -> None:
    """Old code must be able to live with every migration applied after it.

    ``schema`` maps applied migrations, oldest first, to whether they are declared compatible with older code. A target of
    which no migration is known, or one that was never applied, counts as older than all of them.
    """
    if force:
        return
    names = list(schema)
    later = names[names.index(target.schema) + 1 :] if target.schema in names else names
    newer = [name for name in later if not schema[name]]
    if newer:
        raise Irreversible(
            f"{target.id} knows the schema up to {target.schema or 'nothing'}, but {listed(newer)} came after it and "
            "is not declared compatible with older code. Roll forward, or if you know better, give -e force_schema=true"
        )


def _newest_first(ledger: Ledger) -> list[Release]:
    """Releases by when they were last in service, the newest first."""
    order = dict.fromkeys(done.release for done in reversed(ledger.operations) if done.release in ledger.releases)
    return [ledger.releases[identity] for identity in order]


def secret_names(services: Mapping[str, Spec]) -> set[str]:
    """The secrets that services ask for."""
    return {name for spec in services.values() for name in spec.get("secrets", ())}


def refuse_no_way_back(origin: Release, secrets: Mapping[str, str]) -> None:
    """What serves must be able to start again, with the values of today."""
    missing = sorted(secret_names(origin.services) - set(secrets))
    if missing:
        raise InvalidInput(
            f"mainstay_secrets lacks {', '.join(missing)}, which {origin.id} asks for, and that is what would be gone back to: "
            "take a secret out of the vault after the first release that does without it is in service"
        )
