"""The sources are compared with exactly the bytes that were signed last."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from slopguard.curation import edit
from slopguard.curation.diff import Change, diff, fields, newest
from slopguard.curation.entries import ListEntry, rows_of
from slopguard.curation.expiring import expiring
from slopguard.curation.layout import Layout
from slopguard.curation.sources import read_list
from slopguard.errors import InputError
from slopguard.lists.bundle import Bundle
from slopguard.model import Ecosystem
from tests.curation.repository import Repository

NPM = Ecosystem.NPM


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    edit.put(tmp_path / "common", ListEntry("allow", NPM, "react", ("18.0.0", ">=19.0.0")))
    return Layout(tmp_path)


def metadata(layout: Layout, name: str, content: Any) -> None:
    layout.metadata.mkdir(exist_ok=True)
    (layout.metadata / name).write_text(content if isinstance(content, str) else json.dumps(content))


def sign(layout: Layout, name: str, version: int, place: str = ".", **more: object) -> None:
    folder = layout.bundles / place
    folder.mkdir(parents=True, exist_ok=True)
    bundle = Bundle.of(name, rows_of(read_list(layout.root / name)))
    (folder / f"{name}.tsv").write_bytes(bundle.data)
    targets = {f"{name}.tsv": {"hashes": {"sha256": bundle.digest}}}
    role = "targets" if name == "common" else name
    metadata(layout, f"{version}.{role}.json", {"signed": {"targets": targets, **more}})


def changes(layout: Layout, name: str = "common") -> tuple[Change, ...]:
    (found,) = (each for each in diff(layout) if each.name == name)
    return found.changes


def test_a_list_that_was_never_signed_is_all_new(layout: Layout) -> None:
    (found,) = (each for each in diff(layout) if each.name == "common")
    assert not found.signed
    assert found.changes == (Change("npm", "react", "allow", (), ("range=>=19.0.0", "versions=18.0.0")),)
    assert found.changes[0].what == "added"


@pytest.mark.parametrize("place", [".", "published"])
def test_a_list_as_signed_has_no_changes(layout: Layout, place: str) -> None:
    sign(layout, "common", 1, place)
    assert changes(layout) == ()


def test_the_newest_version_counts_and_not_the_last_by_its_text(layout: Layout) -> None:
    sign(layout, "common", 9)
    edit.put(layout.common, ListEntry("deny", NPM, "evil"))
    sign(layout, "common", 10)
    assert newest(layout)["targets"].name == "10.targets.json"
    assert changes(layout) == ()
    edit.take_out(layout.common, "deny", NPM, "evil")
    (change,) = changes(layout)
    assert (change.what, change.lets_go) == ("removed", True)


def test_a_bundle_that_was_built_since_is_not_what_was_signed(layout: Layout) -> None:
    sign(layout, "common", 1, "published")
    edit.put(layout.common, ListEntry("allow", NPM, "vue"))
    (layout.bundles / "common.tsv").write_bytes(Bundle.of("common", rows_of(read_list(layout.common))).data)
    assert [change.name for change in changes(layout)] == ["vue"]
    (layout.bundles / "published" / "common.tsv").unlink()
    with pytest.raises(InputError, match=r"bundles/common\.tsv is not what was signed last"):
        diff(layout)


def test_a_team_that_leaves_loses_all_its_rows_and_is_then_forgotten(layout: Layout) -> None:
    edit.put(layout.root / "old", ListEntry("allow", NPM, "vue"))
    sign(layout, "old", 1)
    metadata(layout, "1.targets.json", {"signed": {"delegations": {"roles": [{"name": "old"}]}}})
    shutil.rmtree(layout.common)
    with pytest.raises(InputError, match=r"bundles/common\.tsv"):
        diff(layout)
    sign(layout, "common", 1, delegations={"roles": [{"name": "old"}]})
    (change,) = changes(layout, "old")
    assert (change.what, change.name, change.lets_go) == ("removed", "vue", False)
    sign(layout, "common", 2)
    assert [each.name for each in diff(layout)] == ["common", "watch"]


@pytest.mark.parametrize("delegations", [[], {"roles": 1}, {"roles": [{}]}, {"roles": ["web"]}])
def test_delegations_that_cannot_be_read_are_an_error(layout: Layout, delegations: object) -> None:
    sign(layout, "common", 1, delegations=delegations)
    with pytest.raises(InputError, match=r"metadata/1\.targets\.json: cannot be read as signed metadata"):
        diff(layout)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"signed": 1}', "[" * 100_000])
def test_metadata_that_cannot_be_read_is_an_error(layout: Layout, content: str) -> None:
    metadata(layout, "1.targets.json", content)
    with pytest.raises(InputError, match=r"metadata/1\.targets\.json: cannot be read as signed metadata"):
        diff(layout)


@pytest.mark.parametrize("part", [{}, {"targets": []}, {"targets": {"common.tsv": {"hashes": {"sha256": 1}}}}])
def test_metadata_that_names_no_digest_is_an_error(layout: Layout, part: dict[str, Any]) -> None:
    sign(layout, "common", 1)
    metadata(layout, "1.targets.json", {"signed": part})
    with pytest.raises(InputError, match="is not what was signed last"):
        diff(layout)


def test_fields_are_shown_as_people_wrote_them() -> None:
    assert fields("rule=denied\twhy=100%25 b%C3%A4d\tid=%FF") == "rule=denied why=100% b\u00e4d id=\ufffd"


def test_what_the_ceremony_signed_is_what_the_sources_say(tmp_path: Path) -> None:
    lists = Repository(tmp_path / "lists")
    assert [each.signed for each in diff(lists.layout)] == [False] * 4
    lists.start()
    assert [(each.name, each.signed, each.changes) for each in diff(lists.layout)] == [
        (name, True, ()) for name in ("common", "payments", "web", "watch")
    ]
    edit.put(lists.layout.team("web"), ListEntry("deny", NPM, "evil"))
    lists.stage()
    assert [change.name for change in changes(lists.layout, "web")] == ["evil"]
    found = expiring(lists.layout, datetime.now(UTC), timedelta(days=400))
    assert {each.place for each in found} == {"root", "targets", "snapshot", "timestamp", "watch", "payments", "web"}
