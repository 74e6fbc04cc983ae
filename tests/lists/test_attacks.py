"""The attacks on a signed list: each refused by the real sync, and in the place of the verified pack.

"Planted" means that whoever can write into `SLOPGUARD_HOME` puts a pack of their own there; the rollback floor lies
beside the user's settings and is left alone.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from slopguard.errors import ListExpired, ListInvalid
from slopguard.lists.trust import verify
from tests.lists.machine import Machine
from tests.simulators.lists_repository import ListsRepository, key

UNSIGNED = "not signed by enough of"
OLDER = "older than what was seen before"
CHANGED = "not the one that was signed|does not have the digest|cannot be read|signed by enough|lacks|other files"


@pytest.fixture
def acme() -> ListsRepository:
    return ListsRepository()


@pytest.fixture
def machine(tmp_path: Path, acme: ListsRepository) -> Machine:
    """A machine that has fetched version 2 of everything."""
    acme.publish()
    machine = Machine(tmp_path, acme)
    machine.sync()
    return machine


# ------------------------------------------------------------------ old lists


def test_an_older_timestamp(machine: Machine, acme: ListsRepository) -> None:
    acme.versions["timestamp"] = 0
    acme.publish_timestamp()
    machine.refuses_to_sync(OLDER, ListInvalid)
    machine.refuses_planted(acme.files(), OLDER, ListInvalid)


def test_an_older_snapshot(machine: Machine, acme: ListsRepository) -> None:
    acme.versions["snapshot"] = 1
    acme.publish_timestamp()
    machine.refuses_to_sync(OLDER, ListInvalid)
    old = acme.files() | {
        path: data
        for path, data in acme.published.items()
        if path in ("metadata/1.targets.json", "metadata/1.watch.json")
    }
    machine.refuses_planted(
        {**old, "metadata/1.payments.json": acme.published["metadata/1.payments.json"]}, OLDER, ListInvalid
    )


@pytest.mark.parametrize("role", ["targets", "payments", "watch"])
def test_older_targets_or_an_older_team_s_list(machine: Machine, acme: ListsRepository, role: str) -> None:
    """The snapshot's key is stolen: it names a list of before."""
    acme.versions[role] = 1
    acme.publish_snapshot()
    acme.publish_timestamp()
    machine.refuses_to_sync(OLDER, ListInvalid)
    machine.refuses_planted(acme.files(), OLDER, ListInvalid)


def test_an_older_list_of_a_team_that_is_not_used_here_any_more(tmp_path: Path, acme: ListsRepository) -> None:
    acme.publish()
    Machine(tmp_path, acme).sync()
    acme.versions["payments"] = 1
    acme.publish_snapshot()
    acme.publish_timestamp()
    without = Machine(tmp_path, acme, list_teams=())
    without.refuses_to_sync(OLDER, ListInvalid)
    without.refuses_planted(acme.files(), OLDER, ListInvalid)


def test_an_older_root_whose_keys_were_revoked_since(machine: Machine, acme: ListsRepository) -> None:
    before = acme.files()
    acme.keys["timestamp"] = acme.keys["snapshot"] = [key()]
    acme.signers |= {role: acme.keys[role] for role in ("timestamp", "snapshot")}
    acme.publish_root()
    acme.publish()
    machine.sync()
    machine.refuses_planted(before, OLDER, ListInvalid)


def test_the_state_is_deleted_and_an_old_repository_is_served(tmp_path: Path, acme: ListsRepository) -> None:
    old = dict(acme.published)
    before = acme.files()
    acme.publish()
    machine = Machine(tmp_path, acme)
    machine.sync()
    shutil.rmtree(machine.settings.home)
    shutil.rmtree(machine.folder)
    acme.published = old
    machine.refuses_to_sync(OLDER, ListInvalid)
    machine.refuses_planted(before, OLDER, ListInvalid)


def test_frozen_the_timestamp_expires(machine: Machine, acme: ListsRepository) -> None:
    """Whoever serves yesterday's list for ever is found out when it ends: it may not be fetched, and stops to allow."""
    acme.ends["timestamp"] = datetime.now(UTC) - timedelta(seconds=1)
    acme.publish_timestamp()
    machine.refuses_to_sync("have expired", ListExpired)
    later = acme.now + timedelta(days=7 + 14)
    assert machine.installed(later - timedelta(days=1)).stale == frozenset()
    assert machine.installed(later).stale == {"acme/common", "acme/payments", "acme/watch"}


@pytest.mark.parametrize("role", ["root", "snapshot", "targets", "payments", "watch"])
def test_no_expired_role_is_fetched(tmp_path: Path, acme: ListsRepository, role: str) -> None:
    acme.ends[role] = datetime.now(UTC) - timedelta(seconds=1)
    acme.publish_root()
    acme.publish()
    Machine(tmp_path, acme).refuses_to_sync("have expired", ListExpired)


# ------------------------------------------------------------------ signatures


@pytest.mark.parametrize("role", ["root", "targets"])
def test_too_few_signatures(machine: Machine, acme: ListsRepository, role: str) -> None:
    acme.signers[role] = acme.signers[role][:1]
    if role == "root":
        acme.publish_root()
    acme.publish()
    machine.refuses_to_sync(UNSIGNED, ListInvalid)
    machine.refuses_planted(acme.files(), UNSIGNED, ListInvalid)


@pytest.mark.parametrize("role", ["timestamp", "snapshot", "targets", "payments", "watch"])
def test_no_signature_at_all(machine: Machine, acme: ListsRepository, role: str) -> None:
    acme.signers[role] = []
    acme.publish()
    machine.refuses_to_sync(UNSIGNED, ListInvalid)
    machine.refuses_planted(acme.files(), UNSIGNED, ListInvalid)


def test_one_person_who_signs_twice_is_one_person(machine: Machine, acme: ListsRepository) -> None:
    acme.signers["targets"] = [acme.signers["targets"][0]] * 2
    acme.publish()
    machine.refuses_to_sync(UNSIGNED, ListInvalid)
    machine.refuses_planted(acme.files(), UNSIGNED, ListInvalid)


def test_the_wrong_team_s_key(tmp_path: Path) -> None:
    acme = ListsRepository(teams=("payments", "web"))
    machine = Machine(tmp_path, acme)
    machine.sync()
    acme.signers["payments"] = acme.signers["web"]
    acme.publish()
    machine.refuses_to_sync(UNSIGNED, ListInvalid)
    machine.refuses_planted(acme.files(), UNSIGNED, ListInvalid)


def test_a_revoked_key(machine: Machine, acme: ListsRepository) -> None:
    """The root takes one of the three keys away; two signatures of which it is one are no longer enough."""
    stolen = acme.keys["targets"].pop(0)
    acme.keys["root"] = acme.keys["targets"] = [*acme.keys["targets"], key()]
    acme.publish_root()
    acme.signers["targets"] = [stolen, acme.keys["targets"][0]]
    acme.publish()
    machine.refuses_to_sync(UNSIGNED, ListInvalid)
    machine.refuses_planted(acme.files(), UNSIGNED, ListInvalid)
    acme.signers["targets"] = acme.keys["targets"][:2]
    acme.publish()
    machine.sync()


def test_a_root_that_the_people_before_did_not_sign(machine: Machine, acme: ListsRepository) -> None:
    thieves = [key(), key(), key()]
    acme.keys |= {"root": thieves, "targets": thieves}
    acme.signers |= {"root": thieves, "targets": thieves}
    acme.publish_root()
    acme.publish()
    machine.refuses_to_sync(UNSIGNED, ListInvalid)
    machine.refuses_planted(acme.files(), UNSIGNED, ListInvalid)


def test_a_repository_of_somebody_else(machine: Machine, tmp_path: Path) -> None:
    theirs = ListsRepository()
    machine.refuses_planted(theirs.files(), "does not start at the root", ListInvalid)
    shutil.rmtree(machine.settings.home)
    shutil.rmtree(machine.folder)
    machine.publisher = theirs
    machine.refuses_to_sync("no root with the digest", ListInvalid)


# ------------------------------------------------------------------ rotation


def test_two_root_rotations_missed(machine: Machine, acme: ListsRepository) -> None:
    """All three people are replaced, two at a time, while the machine is away; it follows the chain."""
    for _ in range(2):
        leaving = acme.signers["root"][:2]
        people = [*acme.keys["root"][2:], key(), key()]
        acme.keys |= {"root": people, "targets": people}
        acme.signers |= {"root": people, "targets": people}
        acme.publish_root(*leaving)
    acme.publish()
    done = machine.sync()
    assert done.after.versions["root"] == 3
    assert machine.installed().stale == frozenset()


def test_a_rotation_of_which_one_root_is_missing(machine: Machine, acme: ListsRepository) -> None:
    acme.publish_root()
    acme.publish_root()
    acme.publish()
    del acme.published["metadata/2.root.json"]
    assert machine.sync().after.versions["root"] == 1  # nobody can be led past a root that is not served
    machine.refuses_planted(acme.files(), "lacks one of its roots", ListInvalid)


def test_a_root_that_skips_a_version(machine: Machine, acme: ListsRepository) -> None:
    acme.versions["root"] = 2
    acme.publish_root()
    acme.published["metadata/2.root.json"] = acme.published.pop("metadata/3.root.json")
    acme.publish()
    machine.refuses_to_sync(OLDER, ListInvalid)
    machine.refuses_planted(acme.files(), "not the one its name says", ListInvalid)


def test_after_ci_s_stolen_key_was_replaced_honest_versions_count_again(
    machine: Machine, acme: ListsRepository
) -> None:
    """Fast-forward: the thief lifts the versions to the sky; a new root with new keys for CI starts them anew."""
    acme.versions |= {"timestamp": 10**9, "snapshot": 10**9}
    acme.publish_snapshot()
    acme.publish_timestamp()
    thiefs = acme.files()
    machine.sync()
    acme.versions |= {"timestamp": 2, "snapshot": 2}
    acme.keys["timestamp"] = acme.keys["snapshot"] = acme.signers["timestamp"] = acme.signers["snapshot"] = [key()]
    acme.publish_root()
    acme.publish()
    assert machine.sync().after.versions["timestamp"] == 3
    assert machine.installed().stale == frozenset()
    machine.refuses_planted(thiefs, OLDER, ListInvalid)


# ------------------------------------------------------------------ content


def test_a_row_outside_its_glob(machine: Machine, acme: ListsRepository) -> None:
    acme.rows["common"].append("pypi\tacme-pay-core\tallow\tversions=6.6.6")
    acme.publish()
    machine.refuses_to_sync("speaks of internal names of another team", ListInvalid)
    machine.refuses_planted(acme.files(), "speaks of internal names of another team", ListInvalid)


def test_the_watch_role_allows_nothing(machine: Machine, acme: ListsRepository) -> None:
    acme.rows["watch"].append("pypi\tbackdoor\tallow")
    acme.publish()
    machine.refuses_to_sync("kind of row, or a spelling", ListInvalid)
    machine.refuses_planted(acme.files(), "kind of row, or a spelling", ListInvalid)


def test_a_longer_file_than_was_signed(machine: Machine, acme: ListsRepository) -> None:
    acme.rows["common"].append("pypi\tsomething\tallow")
    acme.publish()
    path = next(p for p in acme.published if p.endswith(".common.tsv") and acme.published[p] == acme.data("common"))
    acme.published[path] += b"pypi\tzz-backdoor\tallow\n"
    machine.refuses_to_sync("more than was signed", ListInvalid)
    machine.refuses_planted(acme.files(), CHANGED, ListInvalid)


def test_rows_of_the_same_length(machine: Machine, acme: ListsRepository) -> None:
    acme.rows["common"].append("pypi\tgood\tallow")
    acme.publish()
    for path in [p for p in acme.published if p.endswith(".common.tsv")]:
        acme.published[path] = acme.published[path].replace(b"good", b"evil")
    machine.refuses_to_sync(CHANGED, ListInvalid)
    machine.refuses_planted(acme.files(), CHANGED, ListInvalid)


def means(files: Mapping[str, bytes], pin: str) -> object:
    found = verify(files, pin, ["payments"], datetime.now(UTC))
    return [bundle.data for bundle in found.bundles], found.versions, found.ends, found.signed, found.teams


def test_a_changed_byte_anywhere(acme: ListsRepository) -> None:
    """Every file, many places: refused, or what was signed is as it was (a space in JSON, a signature to spare)."""
    files = acme.files()
    honest = means(files, acme.pin)
    refusals = 0
    for path, data in files.items():
        for at in {0, len(data) - 1, *range(1, len(data), 7)}:
            for flip in (1, 0x20):
                changed = data[:at] + bytes([data[at] ^ flip]) + data[at + 1 :]
                try:
                    assert means({**files, path: changed}, acme.pin) == honest, (path, at)
                except ListInvalid:
                    refusals += 1
                else:
                    assert path.startswith("metadata/"), (path, at)
    assert refusals > 1000


def test_a_changed_byte_in_the_pack_is_mended_from_the_publisher(machine: Machine) -> None:
    whole = machine.place.pack.read_bytes()
    for at in range(0, len(whole), len(whole) // 20):
        machine.place.pack.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        machine.sync()
        assert machine.place.pack.read_bytes() == whole
        assert machine.installed().stale == frozenset()


# ------------------------------------------------------------------ clock


def test_a_clock_set_back_a_year(machine: Machine) -> None:
    """Old signatures would be fresh again: nothing allows, everything still denies, and nothing is fetched."""
    then = datetime.now(UTC) - timedelta(days=365)
    found = machine.installed(then)
    assert found.stale == {"acme/common", "acme/payments", "acme/watch"}
    assert "this machine's clock says" in found.notes[0]
    machine.refuses_to_sync("after what this machine's clock says", ListExpired, now=then)


def test_a_clock_set_back_and_an_old_list_planted_without_its_floor(tmp_path: Path) -> None:
    """Whoever can delete the floor too is still held by the moments that the list itself was signed at and ends."""
    acme = ListsRepository(now=datetime.now(UTC) - timedelta(days=60))
    machine = Machine(tmp_path, acme)
    machine.plant(acme.files())
    assert machine.installed().stale == {"acme/common", "acme/payments", "acme/watch"}
    assert machine.installed(acme.now - timedelta(days=2)).stale
    assert not machine.installed(acme.now + timedelta(days=2)).stale


def test_the_floor_remembers_the_time_when_an_old_list_is_planted(machine: Machine, acme: ListsRepository) -> None:
    """Same versions, signed earlier: the newest signature seen is what the clock must not be behind."""
    acme.signed = acme.now - timedelta(days=300)
    acme.publish_timestamp()
    machine.plant(acme.files())
    assert machine.installed(acme.now - timedelta(days=200)).stale


def test_a_list_signed_in_the_future_is_not_fetched(machine: Machine, acme: ListsRepository) -> None:
    acme.signed = acme.now + timedelta(days=400)
    acme.publish_timestamp()
    machine.refuses_to_sync("after what this machine's clock says", ListExpired)
