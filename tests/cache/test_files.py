"""Files come out as they went in, by a strong digest only, and never before they are whole."""

from __future__ import annotations

import hashlib
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slopguard.cache import Files
from tests.cache.kept import bytes_of, emptied, entries, keep, opened, sha256


@given(pieces=st.lists(st.binary(max_size=5000), max_size=8))
def test_any_bytes_come_out_as_they_went_in(pieces: list[bytes]) -> None:
    with emptied() as home:
        files, data = opened(home).files, b"".join(pieces)
        keeping = files.keep(sha256(data))
        assert keeping is not None
        for piece in pieces:
            keeping.write(piece)
        done = keeping.done()
        assert bytes_of(done) == bytes_of(files.find([sha256(data)])) == data
        assert done is not None
        assert done.size == len(data)


def test_another_process_finds_it_as_well(tmp_path: Path) -> None:
    keep(opened(tmp_path).files, b"content")
    assert bytes_of(opened(tmp_path).files.find([sha256(b"content")])) == b"content"


@pytest.mark.parametrize("algorithm", ["sha256", "sha384", "sha512"])
def test_strong_digests_count(tmp_path: Path, algorithm: str) -> None:
    digest = f"{algorithm}:{hashlib.new(algorithm, b'content').hexdigest()}"
    files = opened(tmp_path).files
    keep(files, b"content", digest)
    held = files.find(["md5:00", "sha256:" + "0" * 64, digest])
    assert held is not None
    assert held.digest == digest


def test_the_strongest_digest_is_tried_first(tmp_path: Path) -> None:
    files, weaker, stronger = opened(tmp_path).files, "sha256:" + "a" * 64, "sha512:" + "a" * 128
    keep(files, b"weaker", weaker)
    keep(files, b"stronger", stronger)
    assert bytes_of(files.find([weaker, stronger])) == b"stronger"


@pytest.mark.parametrize(
    "digest",
    [
        "md5:" + "0" * 32,
        "sha1:" + "0" * 40,
        "sha256:" + "0" * 63,
        "sha256:" + "0" * 65,
        "sha256:" + "A" * 64,
        "sha256:" + "0" * 63 + "\n",
        "sha256:../../../../etc/passwd",
        "sha256:" + "../" * 21 + "x",
        "sha512:" + "0" * 64,
        "0" * 64,
        "",
    ],
)
def test_weak_and_ill_formed_digests_are_neither_kept_nor_found(tmp_path: Path, digest: str) -> None:
    files = opened(tmp_path).files
    assert files.keep(digest) is None
    assert files.find([digest]) is None
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_found_before_it_is_done(tmp_path: Path) -> None:
    files = opened(tmp_path).files
    keeping = files.keep(sha256(b"content"))
    assert keeping is not None
    keeping.write(b"content")
    assert files.find([sha256(b"content")]) is None
    assert keeping.done()
    assert files.find([sha256(b"content")])


def test_what_is_discarded_leaves_nothing(tmp_path: Path) -> None:
    files = opened(tmp_path).files
    keeping = files.keep(sha256(b"content"))
    assert keeping is not None
    keeping.write(b"con")
    keeping.discard()
    keeping.write(b"tent")
    assert keeping.done() is None
    assert entries(tmp_path) == []


def test_it_is_done_once(tmp_path: Path) -> None:
    keeping = opened(tmp_path).files.keep(sha256(b"content"))
    assert keeping is not None
    keeping.write(b"content")
    assert keeping.done()
    assert keeping.whole
    assert keeping.done() is None
    keeping.discard()
    assert len(entries(tmp_path)) == 1


def test_the_bytes_so_far_can_be_read_while_more_come(tmp_path: Path) -> None:
    keeping = opened(tmp_path).files.keep(sha256(b"content"))
    assert keeping is not None
    keeping.write(b"con")
    reader = keeping.reading()
    assert reader is not None
    assert reader.read() == b"con"
    keeping.write(b"tent")
    assert (reader.read(), reader.seek(-3, 2), reader.read(), reader.seek(1), reader.read(2)) == (
        *(b"tent", 4, b"ent"),
        *(1, b"on"),
    )


def test_several_readers_do_not_move_each_other(tmp_path: Path) -> None:
    held = keep(opened(tmp_path).files, bytes(range(256)) * 1000)
    assert held is not None
    one, other = held.open(), held.open()
    assert one.read(10) == other.read(10) == bytes(range(10))
    assert one.seek(5, 1) == 15
    assert (one.read(1), other.read(1)) == (b"\x0f", b"\x0a")
    with pytest.raises(ValueError, match="before its first"):
        other.seek(-1)


def test_what_was_found_stays_readable_when_it_is_taken_out(tmp_path: Path) -> None:
    files = opened(tmp_path).files
    held = keep(files, b"content")
    entries(tmp_path)[0].unlink()
    assert bytes_of(held) == b"content"
    assert files.find([sha256(b"content")]) is None


def test_wrong_bytes_are_forgotten(tmp_path: Path) -> None:
    files = opened(tmp_path).files
    keep(files, b"wrong", sha256(b"right"))
    held = files.find([sha256(b"right")])
    assert held is not None
    assert held.checked() is None
    assert files.find([sha256(b"right")]) is None
    held.forget()


def test_right_bytes_are_found_right(tmp_path: Path) -> None:
    held = keep(opened(tmp_path).files, b"right" * 100_000)
    assert held is not None
    stream = held.checked()
    assert stream is not None
    assert stream.read() == b"right" * 100_000


def test_what_replaced_wrong_bytes_is_not_forgotten_with_them(tmp_path: Path) -> None:
    files = opened(tmp_path).files
    wrong = keep(files, b"wrong", sha256(b"right"))
    keep(files, b"right")
    assert wrong is not None
    wrong.forget()
    assert bytes_of(files.find([sha256(b"right")])) == b"right"


def test_the_folder_is_the_users_alone(tmp_path: Path) -> None:
    home = tmp_path / "home"
    keep(opened(home).files, b"content")
    folders = [home, home / "cache", entries(home)[0].parent]
    assert [stat.S_IMODE(each.stat().st_mode) for each in folders] == [0o700] * 3
    assert stat.S_IMODE(entries(home)[0].stat().st_mode) == 0o600


def test_a_limit_of_nothing_keeps_nothing_and_takes_nothing_away(tmp_path: Path) -> None:
    keep(opened(tmp_path).files, b"content")
    none = opened(tmp_path, limit=0).files
    assert none.keep(sha256(b"content")) is None
    assert none.find([sha256(b"content")]) is None
    assert opened(tmp_path).files.find([sha256(b"content")])


def test_a_file_larger_than_half_the_limit_is_given_up(tmp_path: Path) -> None:
    files = Files(tmp_path / "cache", 1 << 20)
    keeping = files.keep(sha256(b"whatever"))
    assert keeping is not None
    keeping.write(bytes(1 << 19))
    assert keeping.whole
    keeping.write(b"x")
    assert not keeping.whole
    assert keeping.reading() is None
    assert keeping.done() is None
    files.settle()
    assert entries(tmp_path) == []
    assert files.troubles == 0
