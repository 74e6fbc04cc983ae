"""The record of what a person accepted: kept whole, found only intact, and counting only where it was given."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slopguard.config import accepted as record
from slopguard.config.accepted import Accepted
from slopguard.errors import ConfigError
from slopguard.model import Ecosystem
from tests.config.machine import Machine

PYPI, NPM = Ecosystem.PYPI, Ecosystem.NPM
LOCKED = {
    (PYPI, "flask", "3.0.0"): frozenset({"sha256:aa", "sha256:bb"}),
    (NPM, "@a/b", "1.0.0"): frozenset({"sha512:cc"}),
}
TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30)


def test_nothing_accepted_is_an_empty_record(tmp_path: Path) -> None:
    assert record.read(tmp_path) == Accepted()


@given(files=st.dictionaries(TEXT, TEXT), indexes=st.lists(TEXT, unique=True), projects=st.dictionaries(TEXT, TEXT))
def test_what_is_written_is_what_is_read(
    tmp_path_factory: pytest.TempPathFactory, files: dict[str, str], indexes: list[str], projects: dict[str, str]
) -> None:
    folder = tmp_path_factory.mktemp("user")
    accepted = Accepted(files, tuple(indexes), projects)
    record.write(folder, accepted)
    assert record.read(folder) == accepted


def test_only_the_user_may_read_it(tmp_path: Path) -> None:
    record.write(tmp_path / "new", Accepted(indexes=("https://registry.example/",)))
    record.take(tmp_path / "new", "/projects/a", LOCKED)
    files = [path for path in (tmp_path / "new").rglob("*") if path.is_file()]
    assert len(files) == 2
    assert all(path.stat().st_mode & 0o077 == 0 for path in files)


def test_what_is_added_keeps_everything_else() -> None:
    one = Accepted({"/a/slopguard.toml": "sha256:1"}, ("https://one.example/",), {"/a": "sha256:2"})
    both = one.plus(
        {"/b/slopguard.toml": "sha256:3"}, ["https://one.example/", "https://two.example/"], {"/b": "sha256:4"}
    )
    assert both.files == {"/a/slopguard.toml": "sha256:1", "/b/slopguard.toml": "sha256:3"}
    assert both.indexes == ("https://one.example/", "https://two.example/")
    assert both.projects == {"/a": "sha256:2", "/b": "sha256:4"}
    assert both.without("/b").without("https://two.example/") == one


@pytest.mark.parametrize("text", ["files = 3", "indexes = 'x'", "projects = []", "not toml", "[files"])
def test_a_record_that_is_not_what_it_should_be_is_an_error(tmp_path: Path, text: str) -> None:
    (tmp_path / record.FILE).write_text(text)
    with pytest.raises(ConfigError):
        record.read(tmp_path)


def test_a_snapshot_gives_back_what_was_locked(tmp_path: Path) -> None:
    digest = record.take(tmp_path, "/projects/a", LOCKED)
    assert record.locked_by([(record.snapshot(tmp_path, "/projects/a"), digest)]) == LOCKED


def test_two_projects_lock_together(tmp_path: Path) -> None:
    one = record.take(tmp_path, "/projects", {(PYPI, "flask", "3.0.0"): frozenset({"sha256:aa"})})
    two = record.take(tmp_path, "/projects/a", {(PYPI, "flask", "3.0.0"): frozenset({"sha256:bb"})})
    snapshots = [(record.snapshot(tmp_path, "/projects"), one), (record.snapshot(tmp_path, "/projects/a"), two)]
    assert record.locked_by(snapshots) == {(PYPI, "flask", "3.0.0"): frozenset({"sha256:aa", "sha256:bb"})}


def test_a_snapshot_that_was_changed_or_removed_is_an_error(tmp_path: Path) -> None:
    digest = record.take(tmp_path, "/projects/a", LOCKED)
    path = record.snapshot(tmp_path, "/projects/a")
    assert record.intact(path, digest)
    path.write_text(path.read_text().replace("aa", "ab"))
    assert not record.intact(path, digest)
    with pytest.raises(ConfigError, match="not the record"):
        record.locked_by([(path, digest)])
    path.unlink()
    with pytest.raises(ConfigError, match="not the record"):
        record.locked_by([(path, digest)])


def test_a_snapshot_counts_in_its_project_and_below_and_nowhere_else(machine: Machine) -> None:
    digest = record.take(machine.where.user, str(machine.project), LOCKED)
    record.write(machine.where.user, Accepted(projects={str(machine.project): digest}))
    below, beside = machine.project / "src", machine.project.parent / "project-2"
    below.mkdir()
    beside.mkdir()
    assert machine.load().adopted == machine.load(cwd=below).adopted != ()
    assert machine.load(cwd=beside).adopted == ()
    assert machine.load(cwd=machine.project.parent).adopted == ()


def test_a_link_to_a_project_is_the_project(machine: Machine, tmp_path: Path) -> None:
    digest = record.take(machine.where.user, str(machine.project), LOCKED)
    record.write(machine.where.user, Accepted(projects={str(machine.project): digest}))
    (tmp_path / "link").symlink_to(machine.project)
    assert machine.load(cwd=tmp_path / "link").adopted == machine.load().adopted


def test_what_is_adopted_is_part_of_the_settings_digest(machine: Machine) -> None:
    before = machine.load().digest
    digest = record.take(machine.where.user, str(machine.project), LOCKED)
    record.write(machine.where.user, Accepted(projects={str(machine.project): digest}))
    assert machine.load().digest != before


def test_a_path_that_is_not_text_is_refused_before_it_spoils_the_record(tmp_path: Path) -> None:
    record.write(tmp_path, Accepted(indexes=("https://registry.example/",)))
    with pytest.raises(ConfigError, match="not UTF-8"):
        record.write(tmp_path, Accepted(files={"/projects/\udcff/slopguard.toml": "sha256:1"}))
    assert record.read(tmp_path) == Accepted(indexes=("https://registry.example/",))


def test_a_record_that_cannot_be_written_is_an_error_and_leaves_the_old_one(tmp_path: Path) -> None:
    (tmp_path / "user").write_text("a file where the folder should be")
    with pytest.raises(ConfigError, match="cannot be written"):
        record.write(tmp_path / "user", Accepted())
    assert (tmp_path / "user").read_text() == "a file where the folder should be"
