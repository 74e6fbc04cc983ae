"""The header of a model file is read as the `gguf` package reads it; whatever else is in a file ends with one line."""

from __future__ import annotations

import os
import struct
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slopguard.errors import InputError
from slopguard.forecast.serving import header
from slopguard.forecast.serving.header import Header
from tests.serving import tiny


def test_it_reads_what_the_package_reads(chain_gguf: Path) -> None:
    import gguf

    oracle, found = gguf.GGUFReader(chain_gguf), header.read(chain_gguf)
    fields = {name: field for name, field in oracle.fields.items() if not name.startswith("GGUF.")}
    lists = {name for name, field in fields.items() if field.types[0] == gguf.GGUFValueType.ARRAY}
    assert found.values == pytest.approx({name: fields[name].contents() for name in set(fields) - lists})
    assert found.lengths == {name: len(fields[name].contents()) for name in lists}
    assert found.tensors == {tensor.name: tuple(tensor.shape.tolist()) for tensor in oracle.tensors}


def test_sizes_of_blocks_are_those_of_the_package() -> None:
    import gguf

    sizes = {int(kind): size for kind, size in gguf.GGML_QUANT_SIZES.items()}
    assert {kind: sizes[kind] for kind in header._BLOCKS} == header._BLOCKS


@pytest.mark.parametrize("part", [0.2, 0.5, 0.9, 0.999])
def test_a_file_that_is_cut_off_is_told(chain_gguf: Path, tmp_path: Path, part: float) -> None:
    whole, cut = chain_gguf.read_bytes(), tmp_path / "cut.gguf"
    cut.write_bytes(whole[: int(len(whole) * part)])
    with pytest.raises(InputError, match="cut off"):
        header.read(cut)


@pytest.mark.parametrize("data", [b"", b"GGUF", b"PK\x03\x04" * 9, b"GGUF" + b"\xff" * 64, b"GGUF\x63" + bytes(64)])
def test_what_is_no_model_is_told(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "x.gguf"
    path.write_bytes(data)
    with pytest.raises(InputError):
        header.read(path)


def test_what_is_not_there_is_told(tmp_path: Path) -> None:
    for path in (tmp_path / "none.gguf", tmp_path):
        with pytest.raises(InputError, match="cannot be read"):
            header.read(path)


def test_counts_that_cannot_be_cost_nothing(tmp_path: Path) -> None:
    path = tmp_path / "x.gguf"
    for tensors, keys in ((2**63, 0), (0, 2**63), (262_144, 0)):
        path.write_bytes(struct.pack("<4sIQQ", b"GGUF", 3, tensors, keys))
        with pytest.raises(InputError):
            header.read(path)


def test_lists_in_lists_end_somewhere(tmp_path: Path) -> None:
    nested = struct.pack("<IQ", 9, 1) * 5000
    path = tmp_path / "x.gguf"
    path.write_bytes(struct.pack("<4sIQQQ1sI", b"GGUF", 3, 0, 1, 1, b"k", 9) + nested)
    with pytest.raises(InputError, match="counts that cannot be"):
        header.read(path)


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x.gguf")
    with pytest.raises(InputError, match="is no file"):
        header.read(tmp_path / "x.gguf")


def test_a_file_that_becomes_shorter_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.gguf"
    path.write_bytes(struct.pack("<4sIQQQ", b"GGUF", 3, 0, 1, 60_000) + bytes(1 << 20))
    known = header._read

    def late(cursor: header._Cursor) -> Header:
        os.truncate(path, 64)
        return known(cursor)

    monkeypatch.setattr(header, "_read", late)
    with pytest.raises(InputError, match="cut off"):
        header.read(path)


@pytest.mark.parametrize("kind", [8, 9], ids=["texts", "lists"])
def test_a_list_that_takes_minutes_is_not_walked_along(tmp_path: Path, kind: int) -> None:
    path = tmp_path / "x.gguf"
    path.write_bytes(struct.pack("<4sIQQQ1sIIQ", b"GGUF", 3, 0, 1, 1, b"k", 9, kind, 1 << 24))
    os.truncate(path, 1 << 28)  # no room on a disk, all zeros to read
    with pytest.raises(InputError, match="counts that cannot be"):
        header.read(path)


def test_names_do_not_fill_the_memory(tmp_path: Path) -> None:
    long, many = (1 << 16) - 1, 1000
    path = tmp_path / "x.gguf"
    with path.open("wb") as stream:
        stream.write(struct.pack("<4sIQQ", b"GGUF", 3, 0, many))
        for number in range(many):
            stream.write(struct.pack("<QI", long, number))
            stream.seek(long - 4, os.SEEK_CUR)
            stream.write(struct.pack("<IB", 0, 1))
    with pytest.raises(InputError, match="counts that cannot be"):
        header.read(path)


@pytest.mark.parametrize("size", [1 << 16, 1 << 62])
def test_no_name_is_longer_than_the_format_allows(tmp_path: Path, size: int) -> None:
    path = tmp_path / "x.gguf"
    path.write_bytes(struct.pack("<4sIQQQ", b"GGUF", 3, 0, 1, size) + bytes(1 << 17))
    with pytest.raises(InputError, match="counts that cannot be"):
        header.read(path)


def test_a_model_in_several_files_has_the_tensors_of_all(tmp_path: Path) -> None:
    names = [tmp_path / f"m-{number:05}-of-00002.gguf" for number in (1, 2)]
    for number, path in enumerate(names):
        key, tensor = b"split.count", f"part{number}".encode()
        held = struct.pack("<4sIQQQ11sIH", b"GGUF", 3, 1, 1, len(key), key, 2, 2)
        held += struct.pack("<Q5sIQIQ", len(tensor), tensor, 1, 1, 0, 0)
        path.write_bytes(held + bytes(-len(held) % 32 + 4))
    assert set(header.read(names[0]).tensors) == {"part0"}
    assert set(header.whole(names[0]).tensors) == {"part0", "part1"}
    names[1].unlink()
    with pytest.raises(InputError, match="m-00002-of-00002"):
        header.whole(names[0])


@given(st.data())
def test_any_damage_gives_a_header_or_one_line(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    folder = tmp_path_factory.getbasetemp()
    whole = folder / "whole.gguf"
    if not whole.exists():
        tiny.write(whole)
    content = bytearray(whole.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, 9000))
        content[at : at + 4] = data.draw(st.binary(min_size=1, max_size=8))
    damaged = folder / "damaged.gguf"
    damaged.write_bytes(content[: data.draw(st.integers(0, len(content)))])
    with suppress(InputError):  # anything else fails the test
        assert isinstance(header.read(damaged), Header)
