"""Publishing: what python-tuf's stock client reads of the folder, and what is never put in force."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import Metadata

from slopguard.errors import SigningError, UsageError
from slopguard.lists import pack, trust
from tests.curation.repository import Reader, Repository

NOW = datetime.now(UTC)


@pytest.fixture
def lists(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "lists")


@pytest.fixture
def started(lists: Repository) -> Repository:
    lists.start()
    return lists


def served(lists: Repository, name: str) -> Any:
    return json.loads((lists.out / "metadata" / name).read_text())["signed"]


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_stock_client_reads_every_list(started: Repository) -> None:
    found = Reader(started.out).targets()
    assert found["common.tsv"].splitlines()[1:] == [
        b"pypi\tevil\tdeny\trule=malicious",
        b"pypi\tflask\tallow\trange=>=3,<4",
    ]
    assert found["web.tsv"].splitlines()[1:] == [b"npm\t@acme-web/ui\tallow"]
    assert json.loads(found["lists.json"]) == {
        "schema": "slopguard/lists/1",
        "name": "acme",
        "internal": {
            "payments": {"npm": ["@acme-pay/*"], "pypi": ["acme-pay-*"]},
            "web": {"npm": ["@acme-web/*"]},
        },
    }


def test_the_folder_is_laid_out_as_machines_expect(started: Repository) -> None:
    names = set(files(started.out))
    metadata = {f"metadata/1.{role}.json" for role in ("root", "targets", "payments", "web", "watch", "snapshot")}
    targets = {
        f"targets/{sha256(data).hexdigest()}.{path.name}"
        for path in started.layout.bundles.iterdir()
        if path.is_file() and (data := path.read_bytes())
    }
    assert names == metadata | {"metadata/timestamp.json"} | targets


def test_a_machine_of_ours_accepts_folder_and_pack(lists: Repository, tmp_path: Path) -> None:
    lists.stage()
    lists.sign("ana", "ben", "dee", "eve")
    done = lists.publish(pack=tmp_path / "lists.pack")
    trusted = trust.verify(pack.read(tmp_path / "lists.pack"), done.pin, None, NOW)
    assert trusted.name == "acme"
    assert trusted.teams == ("payments", "web")
    assert trusted.expires == done.expires
    assert done.pin == sha256((lists.out / "metadata/1.root.json").read_bytes()).hexdigest()
    assert abs(trusted.signed - datetime.now(UTC)) < timedelta(minutes=5)


def test_a_missing_signature_is_named_and_nothing_is_published(lists: Repository) -> None:
    lists.stage()
    lists.sign("ana", "dee", "eve")
    with pytest.raises(SigningError) as refused:
        lists.publish()
    assert "root 1, until " in str(refused.value)
    assert "1 of 2 signatures, missing ben or cem" in str(refused.value)
    assert "payments" not in str(refused.value)
    assert not lists.out.exists()
    assert not lists.layout.metadata.exists()


def test_ci_signs_the_watch_list_itself_but_not_what_the_sources_do_not_give(lists: Repository) -> None:
    lists.stage()
    lists.sign("ana", "ben", "dee", "eve")
    lists.write("watch/more.toml", "[deny.npm.bad]\n")
    with pytest.raises(UsageError, match=r"staged/watch\.json is not what the sources give"):
        lists.publish()
    lists.stage()
    assert lists.publish().roles["watch"] == 1


def test_a_day_later_only_the_timestamp_is_new(started: Repository) -> None:
    before = files(started.out)
    reader = Reader(started.out)
    reader.targets()
    done = started.publish(NOW + timedelta(days=1))
    assert (done.roles, done.snapshot, done.timestamp) == ({}, 1, 2)
    after = files(started.out)
    assert {path for path in after if after[path] != before.get(path)} == {"metadata/timestamp.json"}
    assert served(started, "timestamp.json")["x-slopguard-signed"] == f"{NOW + timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}"
    reader.targets()


def test_the_snapshot_is_renewed_before_it_ends(started: Repository) -> None:
    done = started.publish(NOW + timedelta(days=16))
    assert (done.snapshot, done.timestamp) == (2, 2)
    assert served(started, "2.snapshot.json")["meta"] == served(started, "1.snapshot.json")["meta"]


def test_a_change_comes_to_a_machine_that_knew_the_version_before(started: Repository) -> None:
    reader = Reader(started.out)
    before = reader.targets()
    started.edit("teams/payments/pypi.toml", '"1.0"', '"1.1"')
    started.stage()
    started.sign("dee")
    done = started.publish()
    assert done.roles == {"payments": 2}
    after = reader.targets()
    assert b"1.1" in after["payments.tsv"]
    assert {name for name in after if after[name] != before[name]} == {"payments.tsv"}


def test_what_an_older_snapshot_names_stays(started: Repository) -> None:
    before = files(started.out)
    started.edit("common/pypi.toml", "<4", "<5")
    started.stage()
    started.sign("ana", "cem")
    started.publish()
    after = files(started.out)
    assert {path for path in before if path not in after or after[path] != before[path]} == {"metadata/timestamp.json"}


def test_a_root_that_changes_keys_is_followed(started: Repository) -> None:
    reader = Reader(started.out)
    reader.targets()
    started.give("fay")
    started.edit("lists.toml", '["ana", "ben", "cem"]\ndays = 365', '["ben", "cem", "fay"]\ndays = 365')
    started.stage()
    started.sign("ben", "cem")
    assert started.publish().roles == {"root": 2}
    assert set(reader.targets()) >= {"common.tsv"}
    started.edit("common/pypi.toml", "<4", "<5")
    started.stage()
    started.sign("ana", "ben")
    assert b"<5" in (started.publish() and reader.targets()["common.tsv"])


def test_a_new_ci_key_takes_over(started: Repository) -> None:
    reader = Reader(started.out)
    reader.targets()
    started.give("fay")
    started.edit("lists.toml", '["ci"]', '["fay"]')
    assert started.stage() == {"root": "content", "targets": "content", "watch": "keys"}
    started.sign("ana", "ben")
    started.keys["ci"], old = started.keys["fay"], started.keys["ci"]
    done = started.publish()
    assert done.roles == {"root": 2, "targets": 2, "watch": 2}
    assert done.snapshot == 2
    reader.targets()
    started.keys["ci"] = old
    with pytest.raises(SigningError, match=r"the CI key may not sign snapshot; lists\.toml names: fay"):
        started.publish()


def test_versions_that_a_thief_of_the_ci_key_lifted_are_forgotten_with_the_key(started: Repository) -> None:
    reader = Reader(started.out)
    place = started.out / "metadata/timestamp.json"
    stolen: Metadata[Any] = Metadata.from_file(str(place))
    stolen.signed.version = 999_999_999
    stolen.sign(started.keys["ci"])
    place.write_bytes(stolen.to_bytes())
    reader.targets()
    started.give("fay")
    started.edit("lists.toml", '["ci"]', '["fay"]')
    started.stage()
    started.sign("ana", "ben")
    started.keys["ci"] = started.keys["fay"]
    assert started.publish().timestamp == 2
    assert reader.targets(), "a machine that saw the lifted version goes on"


def test_a_key_that_is_not_ci_s_publishes_nothing(lists: Repository) -> None:
    lists.edit("lists.toml", '[watch]\nkeys = ["ci"]', '[watch]\nkeys = ["dee"]')
    lists.stage()
    lists.sign("ana", "ben", "dee", "eve")
    lists.keys["ci"] = CryptoSigner.generate_ed25519()
    with pytest.raises(SigningError, match="the CI key may not sign snapshot"):
        lists.publish()
    assert not lists.out.exists()


def test_without_ci_s_key_the_watch_list_stays_unsigned(lists: Repository) -> None:
    lists.stage()
    lists.sign("ana", "ben", "dee", "eve")
    lists.keys["ci"] = CryptoSigner.generate_ed25519()
    with pytest.raises(SigningError, match="signatures are missing: watch 1"):
        lists.publish()


def test_a_revoked_key_counts_no_more(started: Repository) -> None:
    started.give("fay")
    started.edit("lists.toml", '[teams.payments]\nkeys = ["dee"]', '[teams.payments]\nkeys = ["fay"]')
    started.stage()
    started.sign("ana", "ben", "fay")
    started.publish()
    started.edit("teams/payments/pypi.toml", '"1.0"', '"1.1"')
    started.stage()
    with pytest.raises(SigningError, match="may sign nothing"):
        started.sign("dee")
    assert Reader(started.out).targets()["payments.tsv"]


def test_a_team_that_left_stays_in_the_snapshot_so_that_clients_go_on(started: Repository) -> None:
    reader = Reader(started.out)
    reader.targets()
    started.edit("lists.toml", '[teams.web]\nkeys = ["eve"]\ninternal.npm = ["@acme-web/*"]\n', "")
    (started.layout.root / "teams/web/npm.toml").unlink()
    (started.layout.root / "teams/web").rmdir()
    started.stage()
    started.sign("ana", "ben")
    started.publish()
    assert "web.json" in served(started, "2.snapshot.json")["meta"]
    assert set(reader.targets()) == {"lists.json", "common.tsv", "payments.tsv", "watch.tsv"}
