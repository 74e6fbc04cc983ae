"""Where writing outruns sweeping, nothing is kept for a while: a cache may forget, but not fill a disk."""

from __future__ import annotations

import os
from pathlib import Path
from threading import Event

import pytest

from slopguard.cache import sweep as sweeping
from slopguard.cache.handles import Handle
from slopguard.cache.place import lock
from slopguard.cache.sweep import LOCK
from tests.cache.kept import document, entries, keep, opened, sha256

LIMIT = 1 << 20


def test_nothing_is_begun_while_a_sweep_is_late_and_again_after_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache, go, real = opened(tmp_path, LIMIT), Event(), sweeping._swept

    def late(*args: object) -> object:
        go.wait(60)
        return real(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(sweeping, "_swept", late)
    kept = [keep(cache.files, os.urandom(9000)) is not None for _ in range(20)]
    assert kept[0]
    assert not any(kept[5:])
    cache.documents.put("flask", document(b"body"))
    assert cache.documents.get("flask") is None
    go.set()
    cache.settle()
    cache.documents.put("flask", document(b"body"))
    assert cache.documents.get("flask") == document(b"body")
    assert cache.troubles == 0


def test_a_file_on_its_way_is_given_up_when_the_sweep_is_too_late(tmp_path: Path) -> None:
    cache = opened(tmp_path, LIMIT)
    keep(cache.files, b"first")
    cache.settle()
    other = Handle(os.open(tmp_path / "cache" / LOCK, os.O_RDWR))
    assert lock(other)
    keeping = cache.files.keep(sha256(b"long"))
    assert keeping is not None
    pieces = 0
    while keeping.whole:
        keeping.write(bytes(4096))
        cache.settle()
        pieces += 1
    assert pieces < LIMIT // 4096 // 4
    assert keeping.done() is None
    del other
    assert entries(tmp_path, ".new-") == []


def test_files_that_are_written_side_by_side_do_not_fill_more_than_the_limit(tmp_path: Path) -> None:
    cache = opened(tmp_path, LIMIT)
    several, most = [], 0
    for number in range(8):
        several.append(cache.files.keep(sha256(b"%d" % number)))
        cache.settle()
    for _ in range(LIMIT // 4096 // 2):
        for each in several:
            assert each is not None
            each.write(bytes(4096))
            cache.settle()
        most = max(most, cache.usage().bytes)
    assert LIMIT // 2 < most <= LIMIT
    assert sum(each is not None and each.done() is not None for each in several) < 8
    cache.settle()
    assert keep(cache.files, b"again")


def test_a_process_that_ends_starts_no_sweep(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*args: object) -> None:
        raise RuntimeError("can't create new thread at interpreter shutdown")

    monkeypatch.setattr("threading.Thread.start", refused)
    cache = opened(tmp_path)
    assert keep(cache.files, b"content")
    cache.settle()


def test_a_sweep_in_another_process_does_not_let_this_one_write_without_end(tmp_path: Path) -> None:
    cache = opened(tmp_path, LIMIT)
    keep(cache.files, b"first")
    cache.settle()
    other = Handle(os.open(tmp_path / "cache" / LOCK, os.O_RDWR))
    assert lock(other)
    kept = 0
    for _ in range(200):
        kept += keep(cache.files, os.urandom(9000)) is not None
        cache.settle()
    assert kept < 20
    del other
    cache.files.keep(sha256(b"x"))
    cache.settle()
    assert keep(cache.files, b"again")
