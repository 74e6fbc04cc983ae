"""A pack is read whole or refused."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slopguard.errors import ListInvalid, StoreError
from slopguard.lists import pack

FILES = {"metadata/1.root.json": b"{}", "metadata/timestamp.json": b"[]", "targets/common.tsv": b"\x00\xff"}


def test_what_was_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "x.pack"
    pack.write(path, FILES)
    assert pack.read(path) == FILES
    assert path.stat().st_mode & 0o077 == 0
    assert [each.name for each in path.parent.iterdir()] == ["x.pack"]


def test_the_same_files_give_the_same_bytes() -> None:
    assert pack.packed(FILES) == pack.packed(dict(reversed(FILES.items())))


@pytest.mark.parametrize(
    "content",
    [
        {"format": "slopguard-pack/2", "files": {}},
        {"format": {}, "files": {}},
        {"format": "slopguard-pack/1", "files": "x"},
        {"format": "slopguard-pack/1"},
        {"format": "slopguard-pack/1", "files": {}, "more": "x"},
        {"format": "slopguard-pack/1", "files": {"metadata/1.root.json": "text"}},
        {"format": "slopguard-pack/1", "files": {1: b""}},
        [],
        7,
    ],
)
def test_what_is_no_pack_is_refused(content: object) -> None:
    with pytest.raises(ListInvalid, match="holds something else"):
        pack.unpacked(msgspec.msgpack.encode(content))


@pytest.mark.parametrize(
    "name",
    ["../x", "metadata/../../x.json", "/etc/x", "metadata/x.json", "targets/a/b.tsv", "targets/.tsv", "", "a\nb"],
)
def test_a_file_of_another_name_is_refused(name: str) -> None:
    for made in (lambda: pack.packed({name: b""}), lambda: pack.unpacked(raw({name: b""}))):
        with pytest.raises(ListInvalid):
            made()


def raw(files: dict[str, bytes]) -> bytes:
    return msgspec.msgpack.encode({"format": pack.FORMAT, "files": files})


def test_metadata_that_is_too_large_is_refused() -> None:
    with pytest.raises(ListInvalid):
        pack.unpacked(raw({"metadata/1.root.json": bytes(pack.METADATA + 1)}))
    assert pack.unpacked(pack.packed({"targets/common.tsv": bytes(pack.METADATA + 1)}))


def test_too_many_files_are_refused() -> None:
    with pytest.raises(ListInvalid):
        pack.unpacked(raw({f"metadata/{n}.root.json": b"" for n in range(pack.MOST + 1)}))


def test_a_pack_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "x.pack"
    with path.open("wb") as stream:
        stream.truncate(pack.LARGEST + 1)
    with pytest.raises(ListInvalid):
        pack.read(path)


def test_what_is_no_file_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe", tmp_path / "nothing"):
        with pytest.raises(ListInvalid):
            pack.read(path)


def test_a_pack_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be written"):
        pack.write(tmp_path / "file" / "x.pack", FILES)
    (tmp_path / "x.pack").mkdir()
    with pytest.raises(StoreError, match="cannot be written"):
        pack.write(tmp_path / "x.pack", FILES)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["file", "x.pack"]


@given(st.binary(max_size=200))
def test_no_bytes_end_in_anything_but_a_pack_or_a_refusal(data: bytes) -> None:
    try:
        pack.unpacked(data)
    except ListInvalid:
        return
    assert pack.packed(pack.unpacked(data))


@given(st.data())
def test_cut_off_it_is_refused(data: st.DataObject) -> None:
    whole = pack.packed(FILES)
    with pytest.raises(ListInvalid):
        pack.unpacked(whole[: data.draw(st.integers(0, len(whole) - 1))])
    with pytest.raises(ListInvalid):
        pack.unpacked(whole + b"\x00")
