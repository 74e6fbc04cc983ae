"""`verify`: a published folder or a repository that is too old, incomplete or not what was signed is not sound."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from slopguard.curation import verify
from slopguard.errors import ListExpired, ListInvalid
from tests.curation.repository import Repository

NOW = datetime.now(UTC)


@pytest.fixture
def lists(tmp_path: Path) -> Repository:
    made = Repository(tmp_path / "lists")
    made.start()
    return made


def test_a_published_folder_is_sound_until_it_ends(lists: Repository) -> None:
    assert verify.published(lists.out, None, NOW).teams == ("payments", "web")
    with pytest.raises(ListExpired, match="the lists 'acme' ended on"):
        verify.published(lists.out, None, NOW + timedelta(days=8))


def test_a_repository_is_sound_until_a_signature_ends(lists: Repository) -> None:
    assert len(list(verify.repository(lists.layout, NOW))) == 2
    with pytest.raises(ListExpired, match="a signature ended on"):
        list(verify.repository(lists.layout, NOW + timedelta(days=31)))


def test_before_the_first_publication_only_the_sources_are_sound(tmp_path: Path) -> None:
    lists = Repository(tmp_path / "new")
    lists.stage()
    with pytest.raises(ListInvalid, match="signatures are missing: root 1"):
        list(verify.repository(lists.layout, NOW))
    lists.sign("ana", "ben", "dee", "eve")
    lines = list(verify.repository(lists.layout, NOW))
    assert lines[0] == "sources: 4 lists, 6 rows, as built"
    assert [line.split(",")[0] for line in lines[1:]] == [
        f"staged: {role} 1" for role in ("root", "targets", "payments", "watch", "web")
    ]


@pytest.mark.parametrize("missing", ["metadata/timestamp.json", "metadata/1.snapshot.json", "metadata/1.targets.json"])
def test_a_folder_that_lacks_a_part_is_refused(lists: Repository, missing: str) -> None:
    (lists.out / missing).unlink()
    with pytest.raises(ListInvalid):
        verify.published(lists.out, None, NOW)


def test_a_folder_that_lacks_a_list_is_refused(lists: Repository) -> None:
    next((lists.out / "targets").glob("*.common.tsv")).unlink()
    with pytest.raises(ListInvalid, match=r"lacks its part 'common\.tsv'"):
        verify.published(lists.out, None, NOW)


def test_a_team_that_is_gone_is_not_missed(lists: Repository, tmp_path: Path) -> None:
    lists.edit("lists.toml", '[teams.web]\nkeys = ["eve"]\ninternal.npm = ["@acme-web/*"]\n', "")
    (lists.layout.root / "teams/web/npm.toml").unlink()
    (lists.layout.root / "teams/web").rmdir()
    lists.stage()
    lists.sign("ana", "ben")
    lists.out = tmp_path / "fresh"
    lists.publish()
    assert verify.published(lists.out, None, NOW).teams == ("payments",)
