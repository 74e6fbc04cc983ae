"""Keys that change, and keys that fail: who must sign then, and that nothing false is kept."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from securesystemslib.signer import CryptoSigner, Signature

from slopguard.curation import ceremony
from slopguard.curation.book import Book
from slopguard.errors import InputError, ListInvalid, SigningError
from tests.curation.repository import Repository

TODAY = datetime.now(UTC).date()


@pytest.fixture
def lists(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "lists")


@pytest.fixture
def started(lists: Repository) -> Repository:
    lists.start()
    return lists


def staged(lists: Repository, role: str) -> Any:
    return json.loads((lists.layout.staged / f"{role}.json").read_text())


def waiting(lists: Repository) -> dict[str, ceremony.Waiting]:
    return {each.role: each for each in ceremony.waiting(Book(lists.layout))}


def test_a_new_root_needs_the_keys_of_the_one_before(started: Repository) -> None:
    started.give("fay")
    started.edit("lists.toml", '["ana", "ben", "cem"]\ndays = 365', '["ben", "cem", "fay"]\ndays = 365')
    assert started.stage() == {"root": "content"}
    started.sign("cem", "fay")
    assert str(waiting(started)["root"]).endswith(
        "1 of 2 signatures of the keys before, missing ana or ben; 2 of 2 signatures of the new keys"
    )
    started.sign("ana")
    assert waiting(started)["root"].complete


def test_roles_whose_signers_no_longer_may_are_staged_again(started: Repository) -> None:
    started.give("fay")
    started.edit("lists.toml", '[teams.payments]\nkeys = ["dee"]', '[teams.payments]\nkeys = ["fay"]')
    assert started.stage() == {"targets": "content", "payments": "keys"}
    with pytest.raises(SigningError, match="may sign nothing"):
        started.sign("dee")
    started.sign("fay", "ana", "ben")
    assert all(each.complete for each in waiting(started).values())


def test_new_keys_for_targets_change_root_and_have_targets_signed_again(started: Repository) -> None:
    started.give("fay")
    started.edit("lists.toml", '["ana", "ben", "cem"]\ndays = 90', '["ana", "fay"]\ndays = 90')
    assert started.stage() == {"root": "content", "targets": "keys"}


def test_a_team_that_leaves_is_delegated_to_no_more(started: Repository) -> None:
    started.edit("lists.toml", '[teams.web]\nkeys = ["eve"]\ninternal.npm = ["@acme-web/*"]\n', "")
    with pytest.raises(InputError, match=r"teams/web: lists\.toml has no team of that name"):
        started.stage()
    (started.layout.root / "teams/web/npm.toml").unlink()
    (started.layout.root / "teams/web").rmdir()
    assert started.stage() == {"targets": "content"}


def test_a_root_that_is_missing_or_does_not_follow_is_found(started: Repository) -> None:
    started.give("fay")
    started.edit("lists.toml", '["ana", "ben", "cem"]\ndays = 365', '["ben", "cem", "fay"]\ndays = 365')
    started.stage()
    started.sign("cem", "fay", "ana")
    started.publish()
    two = started.layout.metadata / "2.root.json"
    content = json.loads(two.read_text())
    content["signatures"] = [each for each in content["signatures"] if each["keyid"] != _id(started, "ana")]
    two.write_text(json.dumps(content))
    with pytest.raises(ListInvalid, match=r"metadata/2\.root\.json is not signed by enough keys"):
        started.stage()
    two.rename(started.layout.metadata / "3.root.json")
    with pytest.raises(ListInvalid, match="metadata/ lacks one of its roots"):
        started.stage()


def _id(lists: Repository, name: str) -> str:
    return lists.keys[name].public_key.keyid


class Wrong(CryptoSigner):
    """A device that signs with another key than it says."""

    def sign(self, payload: bytes) -> Signature:
        return Signature(self.public_key.keyid, "00" * 64)


class Broken(CryptoSigner):
    """A device that fails, in our words or in its own."""

    error: Exception = ValueError("no")

    def sign(self, payload: bytes) -> Signature:
        raise self.error


def test_a_signature_that_does_not_verify_is_never_kept(lists: Repository) -> None:
    lists.stage()
    signer = lists.keys["ana"]
    lists.keys["ana"] = Wrong(signer._private_key, signer.public_key)
    with pytest.raises(SigningError, match="the key did not sign"):
        lists.sign("ana")
    assert staged(lists, "root")["signatures"] == []


@pytest.mark.parametrize(
    ("error", "said"), [(ValueError("no"), "the key did not sign"), (SigningError("PIN locked"), "PIN locked")]
)
def test_a_key_that_cannot_sign_says_why(lists: Repository, error: Exception, said: str) -> None:
    lists.stage()
    signer = lists.keys["ana"]
    broken = Broken(signer._private_key, signer.public_key)
    broken.error = error
    lists.keys["ana"] = broken
    with pytest.raises(SigningError, match=said):
        lists.sign("ana")
