"""A publisher that is killed at any write: readers find a whole repository, and the next run completes it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from slopguard.curation import book
from tests.curation.repository import Reader, Repository

NOW = datetime.now(UTC)


class Killed(BaseException):
    """Nothing catches it, as nothing catches a kill."""


class Reaper:
    """Kills before or after the n-th time that a file takes its place, and half-way through writing it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, at: int, when: str) -> None:
        self.writes = 0
        self.seen: list[str] = []
        real = Path.replace

        def replace(path: Path, target: Path) -> Path:
            self.writes += 1
            if self.writes == at and when == "half":
                path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
                raise Killed
            if self.writes == at and when == "before":
                raise Killed
            moved = real(path, target)
            self.seen.append(Path(target).name)
            if self.writes == at:
                raise Killed
            return moved

        monkeypatch.setattr(book.Path, "replace", replace)


def changed_lists(lists: Repository) -> None:
    lists.edit("common/pypi.toml", "<4", "<5")
    lists.edit("teams/payments/pypi.toml", '"1.0"', '"1.1"')
    lists.write("watch/more.toml", "[deny.npm.bad]\n")
    lists.stage()
    lists.sign("ana", "ben", "dee")


def changed_root(lists: Repository) -> None:
    lists.give("fay")
    lists.edit("lists.toml", '["ana", "ben", "cem"]\ndays = 365', '["ben", "cem", "fay"]\ndays = 365')
    changed_lists(lists)
    lists.sign("cem", "fay")


def first(lists: Repository) -> None:
    lists.stage()
    lists.sign("ana", "ben", "dee", "eve")


def at_each_write(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    when: str,
    prepare: Callable[[Repository], None],
    check: Callable[[Repository], None],
) -> int:
    """Run `prepare`, then publish as often as there are writes, killed at each in turn; `check` after each."""
    lists = Repository(tmp_path / "lists")
    if prepare is not first:
        lists.start()
    prepare(lists)
    saved, out = tmp_path / "saved", lists.out
    shutil.copytree(lists.layout.root, saved)
    served = tmp_path / "served"
    shutil.copytree(out, served) if out.exists() else served.mkdir()
    for write in range(1, 100):
        shutil.rmtree(lists.layout.root)
        shutil.copytree(saved, lists.layout.root)
        shutil.rmtree(out, ignore_errors=True)
        shutil.copytree(served, out)
        with monkeypatch.context() as patched:
            reaper = Reaper(patched, write, when)
            try:
                lists.publish()
            except Killed:
                pass
            else:
                return reaper.writes
        check(lists)
    raise AssertionError("it never ends")


@pytest.mark.parametrize("when", ["half", "before", "after"])
@pytest.mark.parametrize("prepare", [changed_lists, changed_root])
def test_readers_find_a_whole_repository_and_the_next_run_completes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, when: str, prepare: Callable[[Repository], None]
) -> None:
    def check(lists: Repository) -> None:
        reader = Reader(lists.out)
        old = b"<4" in reader.targets()["common.tsv"]
        found = reader.targets()
        assert {b"<5" in found["common.tsv"], b"1.1" in found["payments.tsv"], b"bad" in found["watch.tsv"]} == {
            not old
        }
        lists.publish()
        found = reader.targets()
        assert b"<5" in found["common.tsv"]
        assert b"1.1" in found["payments.tsv"]
        assert b"bad" in found["watch.tsv"]
        assert not list(lists.layout.root.rglob("*.part")) + list(lists.out.rglob("*.part"))
        assert not list(lists.layout.staged.glob("*.json"))

    assert at_each_write(tmp_path, monkeypatch, when, prepare, check) > 15


@pytest.mark.parametrize("when", ["half", "before", "after"])
def test_the_first_publication_is_there_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    def check(lists: Repository) -> None:
        if (lists.out / "metadata/timestamp.json").exists():
            assert len(Reader(lists.out).targets()) == 5
        lists.publish()
        assert len(Reader(lists.out).targets()) == 5

    assert at_each_write(tmp_path, monkeypatch, when, first, check) > 20


def test_the_timestamp_is_the_last_file_and_bundles_come_before_metadata(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lists = Repository(tmp_path / "lists")
    first(lists)
    served: list[str] = []
    real = Path.replace

    def replace(path: Path, target: Path) -> Path:
        if lists.out in Path(target).parents:
            served.append(Path(target).relative_to(lists.out).as_posix())
        return real(path, target)

    monkeypatch.setattr(book.Path, "replace", replace)
    lists.publish()
    assert served[-2:] == ["metadata/1.root.json", "metadata/timestamp.json"]
    kinds = [name.partition("/")[0] for name in served]
    assert kinds == sorted(kinds, reverse=True)
