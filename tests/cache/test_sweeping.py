"""What was not used for longest goes first, until the cache is within its limit; what is being written stays."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from slopguard.cache import Cache, usage
from slopguard.cache.handles import Handle
from slopguard.cache.place import lock
from slopguard.cache.sweep import LOCK, sweep
from tests.cache.kept import OLD, aged, bytes_of, document, entries, keep, opened, sha256

BLOCK = 4096


def contents(count: int) -> list[bytes]:
    return [b"%d" % number * 3000 for number in range(count)]


def filled(home: Path, count: int) -> list[bytes]:
    """Keep some files of one block each; the first was not used for longest. Later sweeps are the test's own."""
    cache = opened(home)
    for number, data in enumerate(contents(count)):
        keep(cache.files, data)
        path = next(each for each in entries(home) if each.name.endswith(sha256(data)[7:]))
        aged(path, OLD * (count - number))
    cache.settle()
    return contents(count)


def present(home: Path, data: list[bytes]) -> list[int]:
    names = {each.name for each in entries(home)}
    return [at for at, each in enumerate(data) if sha256(each).replace(":", "-") in names]


@pytest.mark.parametrize("stay", range(6))
def test_the_least_recently_used_go_until_it_is_within_the_limit(tmp_path: Path, stay: int) -> None:
    data = filled(tmp_path, 5)
    assert sweep(tmp_path / "cache", BLOCK * stay) == BLOCK * max(5 - stay, 0)
    assert present(tmp_path, data) == list(range(5))[5 - stay :]
    assert usage(tmp_path / "cache").bytes == BLOCK * min(stay, 5)
    assert sweep(tmp_path / "cache", BLOCK * stay) == 0


def test_a_hit_counts_as_a_use(tmp_path: Path) -> None:
    data = filled(tmp_path, 5)
    opened(tmp_path).files.find([sha256(data[0])])
    sweep(tmp_path / "cache", BLOCK * 2)
    assert present(tmp_path, data) == [0, 4]


@pytest.mark.parametrize("use", ["get", "about", "touch"])
def test_using_a_document_counts_for_both_of_its_files(tmp_path: Path, use: str) -> None:
    cache = opened(tmp_path)
    cache.documents.put("flask", document(b"body"))
    for path in entries(tmp_path):
        aged(path, OLD)
    data = contents(2)
    for each in data:
        keep(cache.files, each)
    for path in entries(tmp_path, "sha"):
        aged(path, OLD / 2)
    calls = {"get": ("flask",), "about": ("flask",), "touch": ("flask", document(b"body").about)}
    getattr(cache.documents, use)(*calls[use])
    cache.settle()
    sweep(tmp_path / "cache", BLOCK * 2)
    assert present(tmp_path, data) == []
    assert cache.documents.get("flask") == document(b"body")


def test_uses_soon_after_each_other_are_written_down_once(tmp_path: Path) -> None:
    data = filled(tmp_path, 1)[0]
    path, files = entries(tmp_path)[0], opened(tmp_path).files
    aged(path, -OLD)  # a clock that was wrong does not make it immortal
    files.find([sha256(data)])
    first = path.stat().st_mtime_ns
    aged(path, 1800)
    half_an_hour_ago = path.stat().st_mtime_ns
    files.find([sha256(data)])
    assert path.stat().st_mtime_ns == half_an_hour_ago < first


def test_a_file_takes_whole_blocks_of_the_limit(tmp_path: Path) -> None:
    cache = opened(tmp_path)
    for size in (0, 1, BLOCK, BLOCK + 1):
        keep(cache.files, b"x" * size)
    cache.documents.put("flask", document(b"body"))
    found = cache.usage()
    assert (found.files, found.file_bytes) == (4, BLOCK * 5)
    assert (found.documents, found.document_bytes) == (1, BLOCK * 2)
    assert found.bytes == BLOCK * 7
    assert found.unfinished == 0


def test_there_is_nothing_where_there_is_no_cache(tmp_path: Path) -> None:
    assert usage(tmp_path / "cache").bytes == 0
    assert sweep(tmp_path / "cache", 0) == 0
    assert list(tmp_path.iterdir()) == []


def test_what_is_being_written_counts_and_stays(tmp_path: Path) -> None:
    cache = opened(tmp_path)
    keeping = cache.files.keep(sha256(b"x" * BLOCK * 3))
    assert keeping is not None
    keeping.write(b"x" * BLOCK * 3)
    aged(entries(tmp_path)[0], OLD)
    cache.settle()
    assert cache.usage().unfinished == BLOCK * 3
    assert sweep(tmp_path / "cache", 0) == 0
    assert bytes_of(keeping.done()) == b"x" * BLOCK * 3


def test_what_is_read_can_be_read_to_its_end(tmp_path: Path) -> None:
    held = keep(opened(tmp_path).files, b"content" * 100_000)
    assert held is not None
    stream = held.open()
    assert stream.read(7) == b"content"
    assert sweep(tmp_path / "cache", 0) > 0
    assert stream.read() == b"content" * 99_999
    assert bytes_of(held) == b"content" * 100_000


def test_one_sweeps_at_a_time(tmp_path: Path) -> None:
    data = filled(tmp_path, 3)
    other = Handle(os.open(tmp_path / "cache" / LOCK, os.O_RDWR))
    assert lock(other)
    assert sweep(tmp_path / "cache", 0) == 0
    assert present(tmp_path, data) == [0, 1, 2]
    del other
    assert sweep(tmp_path / "cache", 0) == 3 * BLOCK


def test_what_was_begun_and_left_goes_when_its_writer_is_gone(tmp_path: Path) -> None:
    cache = opened(tmp_path)
    keeping = cache.files.keep(sha256(b"content"))
    assert keeping is not None
    cache.settle()
    left = entries(tmp_path)[0]
    sweep(tmp_path / "cache", 1 << 20)
    aged(left, OLD)
    sweep(tmp_path / "cache", 1 << 20)
    assert left.exists()
    del keeping
    sweep(tmp_path / "cache", 1 << 20)
    assert not left.exists()


def test_where_there_are_no_locks_an_hour_without_a_write_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import fcntl

    def none(*args: object) -> None:
        raise OSError("no locks")

    monkeypatch.setattr(fcntl, "flock", none)
    cache = opened(tmp_path)
    keeping = cache.files.keep(sha256(b"content"))
    cache.settle()
    left = entries(tmp_path)[0]
    aged(left, 600)
    sweep(tmp_path / "cache", 1 << 20)
    assert left.exists()
    aged(left, OLD)
    sweep(tmp_path / "cache", 1 << 20)
    assert not left.exists()
    assert keeping is not None
    keeping.write(b"content")
    assert keeping.done() is None


def test_links_and_pipes_go_and_what_they_lead_to_stays(tmp_path: Path) -> None:
    home, outside = tmp_path / "home", tmp_path / "outside"
    filled(home, 1)
    outside.mkdir()
    (outside / "file").write_bytes(b"precious")
    shard = entries(home)[0].parent
    (shard / "sha256-link").symlink_to(outside / "file")
    os.mkfifo(shard / "sha256-pipe")
    (shard / "folder").mkdir()
    (home / "cache" / "zz").mkdir()
    (home / "cache" / "zz" / "file").write_bytes(b"not ours")
    (home / "cache" / "00").symlink_to(outside) if shard.name != "00" else None
    sweep(home / "cache", 0)
    assert sorted(each.name for each in shard.iterdir()) == ["folder"]
    assert (outside / "file").read_bytes() == b"precious"
    assert (home / "cache" / "zz" / "file").exists()
    assert not (home / "cache" / "00").is_symlink()


def test_a_lock_that_is_a_link_is_not_followed(tmp_path: Path) -> None:
    filled(tmp_path / "home", 1)
    place = tmp_path / "home" / "cache" / LOCK
    place.unlink()
    place.symlink_to(tmp_path / "made")
    assert sweep(tmp_path / "home" / "cache", 0) == 0
    assert not (tmp_path / "made").exists()


def test_the_first_write_of_a_process_sweeps(tmp_path: Path) -> None:
    """A process that ends soon never writes a share of the limit."""
    filled(tmp_path, 80)
    limit = 64 * BLOCK
    cache = Cache.open(tmp_path, limit, b"k")
    keep(cache.files, b"one more")
    cache.settle()
    assert cache.usage().bytes <= limit
    assert cache.files.find([sha256(b"one more")])


def test_a_smaller_limit_counts_from_the_next_write(tmp_path: Path) -> None:
    filled(tmp_path, 9)
    cache = opened(tmp_path, limit=4 * BLOCK)
    cache.documents.put("flask", document(b"body"))
    cache.settle()
    assert cache.usage().bytes <= 4 * BLOCK
    assert cache.documents.get("flask") == document(b"body")
