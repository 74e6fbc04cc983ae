"""`slopguard lists publish` and `verify`: into force, and whether it is what it should be."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest

from tests.cli.curators import sign
from tests.cli.program import Ended, Program
from tests.curation.repository import Reader


def test_nothing_is_published_before_enough_people_signed(lists: Program, secret: str) -> None:
    lists("lists", "build")
    sign(lists, "ana")
    ended = lists("lists", "publish", "../served", "--ci-key", secret)
    assert ended.rc == 2
    assert "root 1, until " in ended.err
    assert "1 of 2 signatures, missing ben or cem" in ended.err
    assert "They run: slopguard lists sign" in ended.err
    assert not (lists.root / "project/served").exists()


def test_what_is_published_is_what_the_stock_client_reads(published: Program) -> None:
    folder = published.root / "project/served"
    found = Reader(folder).targets("common.tsv", "payments.tsv", "watch.tsv")
    assert b"pypi\tflask\tallow" in found["common.tsv"]


def test_publish_says_what_machines_name_in_their_settings(published: Program, secret: str) -> None:
    pin = sha256((published.cwd / "metadata/1.root.json").read_bytes()).hexdigest()
    ended = published("lists", "publish", "../served", "--ci-key", secret, "--pack", "../acme.pack")
    assert f"slopguard: for the settings of machines: root = sha256:{pin}\n" in ended.out
    assert "slopguard: published: nothing new; timestamp 2, good until " in ended.out
    assert (published.root / "project/acme.pack").exists()
    form = published("lists", "publish", "../served", "--ci-key", secret, "--format", "json").json
    assert form["root"] == f"sha256:{pin}"
    assert form["published"] == {"snapshot": 1, "timestamp": 3}
    assert form["expires"] > f"{datetime.now(UTC):%Y-%m-%d}"


def test_the_ci_key_comes_from_a_variable_too(published: Program, secret: str) -> None:
    env = {"KEY": Path(secret.removeprefix("file:")).read_text(), "CI": "true"}
    ended = published("lists", "publish", "../served", "--ci-key", "env:KEY", env=env)
    assert ended.rc == 0, ended
    ended = published("lists", "publish", "../served", "--ci-key", "env:KEY")
    assert ended.rc == 2
    assert "the variable that holds the machine's key is not set" in ended.err


def test_a_key_at_a_provider_is_looked_up_in_the_repository(published: Program) -> None:
    ended = published("lists", "publish", "../served", "--ci-key", "awskms:nowhere")
    assert ended.rc == 2
    assert "'ci'" in ended.err or "not installed" in ended.err


def test_ready_says_what_still_waits(published: Program, secret: str) -> None:
    published.write("project/lists/common/npm.toml", "[allow.npm.zod]\n")
    published("lists", "build")
    ended = published("lists", "publish", "../served", "--ci-key", secret, "--ready")
    assert ended.rc == 0, ended
    assert "slopguard: still waiting: targets 2, until " in ended.err


def verified(program: Program, *argv: str) -> Ended:
    return program("lists", "verify", *argv)


def test_a_repository_folder_and_pack_verify(published: Program, secret: str) -> None:
    published("lists", "publish", "../served", "--ci-key", secret, "--pack", "../acme.pack")
    pin = "sha256:" + sha256((published.cwd / "metadata/1.root.json").read_bytes()).hexdigest()
    repository = verified(published, ".")
    assert repository.rc == 0, repository
    assert repository.out.splitlines()[0] == "slopguard: sources: 3 lists, 1 rows, as built"
    assert repository.out.splitlines()[1].startswith("slopguard: published: root 1 targets 1 payments 1 watch 1; ")
    for place in ("../served", "../acme.pack"):
        ended = verified(published, place)
        assert ended.rc == 0, ended
        assert "slopguard: list 'acme/common': 1 rows, signatures hold\n" in ended.out
        assert ended.out.endswith(f"root = {pin} (compare it)\n")
        assert verified(published, place, "--root", pin).out.endswith(f"root = {pin}\n")
        other = verified(published, place, "--root", "sha256:" + "0" * 64)
        assert other.rc == 4
        assert "does not start at the root" in other.err
    form = verified(published, "../served", "--format", "json").json
    assert len(form["verified"]) == 4


def test_the_shipped_lists_verify(slopguard: Program) -> None:
    ended = verified(slopguard)
    assert ended.rc == 0, ended
    assert "shipped list '" in ended.out


def test_the_lists_of_this_machine_verify(published: Program) -> None:
    folder = published.root / "project/served"
    pin = sha256((folder / "metadata/1.root.json").read_bytes()).hexdigest()
    source = f'{{url = "{folder.as_uri()}/", root = "sha256:{pin}"}}'
    settings = f'[lists]\nsources = [{source}]\nteams = ["payments"]\n'
    published.write("home/.config/slopguard/slopguard.toml", settings)
    missing = verified(published)
    assert missing.rc == 4
    assert "were not fetched yet" in missing.err
    synced = published("lists", "sync")
    assert synced.rc == 0, synced
    ended = verified(published)
    assert ended.rc == 0, ended
    assert "slopguard: list 'acme/common': 1 rows, signatures hold\n" in ended.out
    assert "slopguard: list 'acme/payments': 0 rows, signatures hold\n" in ended.out


def _other_sources(lists: Program) -> None:
    lists.write("project/lists/common/npm.toml", "[allow.npm.zod]\n")


def _other_bundle(lists: Program) -> None:
    (lists.cwd / "bundles/common.tsv").write_text("#slopguard-rows/1\n")


def _waiting(lists: Program) -> None:
    _other_sources(lists)
    lists("lists", "build")


def _lost_stage(lists: Program) -> None:
    _waiting(lists)
    (lists.cwd / "staged/targets.json").unlink()


def _other_signature(lists: Program) -> None:
    place = lists.cwd / "metadata/1.targets.json"
    content = json.loads(place.read_text())
    content["signatures"] = content["signatures"][:1]
    place.write_text(json.dumps(content))


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (_other_sources, "bundles/common.tsv is not what the sources give"),
        (_other_bundle, "bundles/common.tsv is not what the sources give"),
        (_waiting, "signatures are missing: targets 2"),
        (_lost_stage, "targets is not staged as the sources give it"),
        (_other_signature, "targets 1 is not signed by enough keys"),
    ],
)
def test_a_repository_that_is_not_in_order_ends_in_4(
    published: Program, change: Callable[[Program], None], problem: str
) -> None:
    change(published)
    ended = verified(published, ".")
    assert ended.rc == 4, ended
    assert problem in ended.err


def test_a_published_folder_with_a_changed_byte_ends_in_4(published: Program) -> None:
    for path in (published.root / "project/served/targets").glob("*.common.tsv"):
        path.write_bytes(path.read_bytes().replace(b"flask", b"flesk"))
    ended = verified(published, "../served")
    assert ended.rc == 4
    assert "does not have the digest" in ended.err or "not the one that was signed" in ended.err


@pytest.mark.parametrize(
    ("argv", "code", "problem"),
    [
        (("nowhere",), 4, "there are no lists at that place"),
        (("../served", "--root", "0" * 64), 2, "a root is written sha256:HEX"),
        (("lists.toml",), 4, "holds something else"),
    ],
)
def test_what_cannot_be_verified_is_named(published: Program, argv: tuple[str, ...], code: int, problem: str) -> None:
    ended = verified(published, *argv)
    assert ended.rc == code
    assert problem in ended.err
