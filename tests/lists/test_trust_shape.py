"""What `trust.verify` refuses: delegations, files and metadata of another shape than slopguard's."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from tuf.api.metadata import Metadata, Root, TargetFile

from slopguard.errors import ListInvalid
from slopguard.lists.trust import Trusted, verify
from tests.simulators.lists_repository import ListsRepository, key

NOW = datetime.now(UTC)


def verified(acme: ListsRepository, **more: object) -> Trusted:
    return verify(acme.files(), acme.pin, ["payments"], NOW, **more)  # type: ignore[arg-type]


def refused(acme: ListsRepository, says: str) -> None:
    with pytest.raises(ListInvalid, match=says) as caught:
        verified(acme)
    assert caught.value.diagnosis().isascii()


class Forging(ListsRepository):
    """A publisher whose `targets` delegates as the test says."""

    forge: Callable[[object], None] = staticmethod(lambda delegations: None)

    def delegations(self):  # type: ignore[no-untyped-def]
        made = super().delegations()
        self.forge(made)
        return made


def _more_paths(made) -> None:  # type: ignore[no-untyped-def]
    made.roles["payments"].paths = ["payments.tsv", "common.tsv"]


def _wild(made) -> None:  # type: ignore[no-untyped-def]
    made.roles["payments"].paths = ["*.tsv"]


def _goes_on(made) -> None:  # type: ignore[no-untyped-def]
    made.roles["watch"].terminating = False


def _by_hash(made) -> None:  # type: ignore[no-untyped-def]
    made.roles["payments"].paths, made.roles["payments"].path_hash_prefixes = None, ["ab"]


def _reserved(made) -> None:  # type: ignore[no-untyped-def]
    made.roles["common"] = made.roles.pop("payments")
    made.roles["common"].name, made.roles["common"].paths = "common", ["common.tsv"]


def _no_watch(made) -> None:  # type: ignore[no-untyped-def]
    del made.roles["watch"]


def _odd_name(made) -> None:  # type: ignore[no-untyped-def]
    made.roles["a b"] = made.roles.pop("payments")
    made.roles["a b"].name, made.roles["a b"].paths = "a b", ["a b.tsv"]


@pytest.mark.parametrize(
    "forge", [_more_paths, _wild, _goes_on, _by_hash, _reserved, _no_watch, _odd_name], ids=lambda f: f.__name__
)
def test_a_delegation_of_another_shape_is_refused(forge: Callable[[object], None]) -> None:
    acme = Forging()
    acme.forge = forge  # type: ignore[method-assign]
    acme.publish_targets()
    acme.publish_snapshot()
    acme.publish_timestamp()
    refused(acme, "delegates in a way that slopguard does not")


def test_a_file_more_than_there_should_be_is_refused() -> None:
    acme = ListsRepository()
    acme.extra["policy.cedar"] = b"permit(principal, action, resource);"
    acme.publish()
    refused(acme, "signs other files than it should")


def test_a_team_does_not_delegate_on() -> None:
    acme = ListsRepository()
    _edit(acme, "payments", lambda signed: setattr(signed, "delegations", acme.delegations()))
    refused(acme, "'payments' of the signed list delegates to others")


def _edit(acme: ListsRepository, role: str, change: Callable[[object], None]) -> None:
    """Change what a role says and sign it, with all that names it, as its keys' holders could."""
    path = f"metadata/{acme.versions[role]}.{role}.json" if role != "timestamp" else "metadata/timestamp.json"
    part = Metadata.from_bytes(acme.published[path])
    change(part.signed)
    part.signatures.clear()
    for signer in acme.signers[role]:
        part.sign(signer, append=True)
    acme.published[path] = part.to_bytes()
    if role != "timestamp":
        if role != "snapshot":
            acme.publish_snapshot()
        acme.publish_timestamp()


@pytest.mark.parametrize("value", [None, "", "2026-11-25", "2026-11-25T21:00:00+00:00", 7, {}])
def test_a_timestamp_that_does_not_say_when_it_was_signed_is_refused(value: object) -> None:
    acme = ListsRepository()
    _edit(acme, "timestamp", lambda signed: signed.unrecognized_fields.update({"x-slopguard-signed": value}))  # type: ignore[attr-defined]
    refused(acme, "cannot be read as what it should be")


def test_another_kind_of_hash_alone_is_not_enough() -> None:
    acme = ListsRepository()

    def only_sha512(signed: object) -> None:
        target = TargetFile.from_data("payments.tsv", acme.data("payments"), ["sha512"])
        signed.targets["payments.tsv"] = target  # type: ignore[attr-defined]

    good = acme.files()["targets/payments.tsv"]
    _edit(acme, "payments", only_sha512)
    part = acme.published[f"metadata/{acme.versions['payments']}.payments.json"]
    digest = json.loads(part)["signed"]["targets"]["payments.tsv"]["hashes"]
    assert list(digest) == ["sha512"]
    files = {**_without_targets(acme), "targets/payments.tsv": good}
    with pytest.raises(ListInvalid):
        verify(files, acme.pin, ["payments"], NOW)


def _without_targets(acme: ListsRepository) -> dict[str, bytes]:
    roles = [role for role in acme.versions if role not in ("timestamp", "root")]
    found = {
        f"metadata/{acme.versions[r]}.{r}.json": acme.published[f"metadata/{acme.versions[r]}.{r}.json"] for r in roles
    }
    for path in ("metadata/1.root.json", "metadata/timestamp.json"):
        found[path] = acme.published[path]
    for path, data in acme.published.items():
        if path.startswith("targets/"):
            found["targets/" + path.partition(".")[2]] = data
    return found


def test_a_root_without_consistent_snapshots_is_refused() -> None:
    acme = ListsRepository()
    root = Metadata[Root].from_bytes(acme.published["metadata/1.root.json"])
    root.signed.consistent_snapshot = False
    root.signatures.clear()
    for signer in acme.signers["root"]:
        root.sign(signer, append=True)
    acme.published["metadata/1.root.json"] = root.to_bytes()
    refused(acme, "cannot be read")


@pytest.mark.parametrize("role", ["timestamp", "2.snapshot", "2.targets", "2.payments", "1.root"])
@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b"[" * 50_000,
        b'{"signed": {}}',
        b"\xff\xfe",
        b'{"signed": {"_type": "root"}, "signatures": 7}',
    ],
    ids=repr,
)
def test_rubbish_in_the_place_of_metadata_is_refused(role: str, data: bytes) -> None:
    acme = ListsRepository()
    acme.publish()
    files = {**acme.files(), f"metadata/{role}.json": data}
    with pytest.raises(ListInvalid):
        verify(files, acme.pin, ["payments"], NOW)


def test_metadata_of_one_role_does_not_stand_for_another() -> None:
    acme = ListsRepository()
    files = acme.files()
    for one, other in (("timestamp", "1.snapshot"), ("1.snapshot", "1.targets"), ("1.payments", "1.watch")):
        swapped = {**files, f"metadata/{one}.json": files[f"metadata/{other}.json"]}
        with pytest.raises(ListInvalid):
            verify(swapped, acme.pin, ["payments"], NOW)


@pytest.mark.parametrize(
    "change",
    [
        {"schema": "slopguard/lists/2"},
        {"name": "Acme Lists\x1b[31m"},
        {"name": 7},
        {"more": 1},
        {"internal": []},
        {"internal": {"payments": {"gems": ["x*"]}}},
        {"internal": {"payments": {"pypi": ["*"]}}},
    ],
    ids=repr,
)
def test_a_table_of_names_that_cannot_be_read_is_refused(change: dict[str, object]) -> None:
    acme = ListsRepository()
    text = json.dumps({"schema": "slopguard/lists/1", "name": "acme", "internal": {}} | change).encode()

    def with_table(signed: object) -> None:
        signed.targets |= acme._target("lists.json", text)  # type: ignore[attr-defined]

    _edit(acme, "targets", with_table)
    with pytest.raises(ListInvalid):
        verified(acme)


def test_one_key_listed_for_a_role_it_does_not_have_signs_nothing() -> None:
    acme = ListsRepository()
    acme.signers["payments"] = acme.signers["watch"]
    acme.publish()
    refused(acme, "not signed by enough of its keys")


def test_a_team_key_cannot_sign_the_watch_list_and_a_stranger_nothing() -> None:
    for role in ("watch", "targets", "snapshot", "timestamp"):
        acme = ListsRepository()
        acme.signers[role] = [key(), acme.signers["payments"][0]]
        acme.publish()
        refused(acme, "not signed by enough of its keys")
