"""Whatever is changed, swapped or planted in the folder is absent, never returned, and leads nowhere else."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slopguard.cache.sweep import sweep
from tests.cache.kept import PLENTY, aged, document, emptied, entries, keep, opened, sha256


@pytest.mark.parametrize("kind", ["page-", "body-"])
def test_every_byte_of_a_document_counts(tmp_path: Path, kind: str) -> None:
    documents = opened(tmp_path).documents
    documents.put("flask", document(b"a body"))
    path = entries(tmp_path, kind)[0]
    whole = {each: each.read_bytes() for each in entries(tmp_path)}
    for at in range(len(whole[path])):
        for each in (each for each in whole if not each.exists()):
            each.write_bytes(whole[each])
        assert documents.get("flask") is not None
        changed = bytearray(whole[path])
        changed[at] ^= 1
        path.write_bytes(changed)
        assert documents.get("flask") is None
        assert not path.exists()


@given(
    st.binary(min_size=1, max_size=2000),
    st.integers(0),
    st.integers(1, 255),
    st.sampled_from(["page-", "body-", "sha"]),
)
def test_a_changed_byte_makes_it_absent(content: bytes, at: int, mask: int, kind: str) -> None:
    with emptied() as home:
        cache = opened(home)
        cache.documents.put("flask", document(content))
        keep(cache.files, content)
        path = entries(home, kind)[0]
        changed = bytearray(path.read_bytes())
        changed[at % len(changed)] ^= mask
        path.write_bytes(changed)
        held = cache.files.find([sha256(content)])
        assert held is not None
        assert (held.checked() is None) == (kind == "sha")
        assert (cache.files.find([sha256(content)]) is None) == (kind == "sha")
        assert (cache.documents.get("flask") is None) == (kind != "sha")


@pytest.mark.parametrize(
    "change",
    [lambda raw: b"", lambda raw: raw[:-1], lambda raw: raw + b"\0", lambda raw: raw[:20], lambda raw: raw * 1000],
    ids=["emptied", "cut", "longer", "shorter than a MAC", "much longer"],
)
@pytest.mark.parametrize("kind", ["page-", "body-"])
def test_a_document_of_another_length_is_absent(tmp_path: Path, kind: str, change: Callable[[bytes], bytes]) -> None:
    documents = opened(tmp_path).documents
    documents.put("flask", document(b"a body" * 10))
    path = entries(tmp_path, kind)[0]
    path.write_bytes(change(path.read_bytes()))
    assert documents.get("flask") is None


def test_one_document_cannot_stand_for_another(tmp_path: Path) -> None:
    documents = opened(tmp_path).documents
    documents.put("flask", document(b"body"))
    page, body = entries(tmp_path, "page-")[0], entries(tmp_path, "body-")[0]
    documents.put("other", document(b"other"))
    other = next(each for each in entries(tmp_path, "page-") if each != page)
    key = other.name.removeprefix("page-")
    (other.parent / f"body-{key}-{document(b'body').about.digest}").write_bytes(body.read_bytes())
    other.write_bytes(page.read_bytes())
    assert documents.get("other") is None
    assert documents.get("flask") == document(b"body")


def test_what_another_key_signed_is_absent_and_removed(tmp_path: Path) -> None:
    opened(tmp_path, key=b"another").documents.put("flask", document(b"body"))
    documents = opened(tmp_path).documents
    assert documents.about("flask") is None
    assert documents.get("flask") is None
    assert entries(tmp_path, "page-") == []


def test_a_signed_record_of_another_shape_is_absent(tmp_path: Path) -> None:
    documents = opened(tmp_path).documents
    documents.put("flask", document(b"body"))
    path, content = entries(tmp_path, "page-")[0], b'{"about":{}}'
    key = path.name.removeprefix("page-")
    import hmac

    path.write_bytes(hmac.digest(documents._key, key.encode() + content, "sha256") + content)
    assert documents.get("flask") is None


def test_links_are_not_followed(tmp_path: Path) -> None:
    home, outside = tmp_path / "home", tmp_path / "outside"
    cache = opened(home)
    keep(cache.files, b"content")
    cache.documents.put("flask", document(b"body"))
    outside.mkdir()
    for path in entries(home):
        path.rename(outside / path.name)
        path.symlink_to(outside / path.name)
    before = {each: each.read_bytes() for each in outside.iterdir()}
    assert cache.files.find([sha256(b"content")]) is None
    assert cache.documents.get("flask") is None
    keep(cache.files, b"content")
    cache.documents.put("flask", document(b"body"))
    assert cache.files.find([sha256(b"content")]) is not None
    assert cache.documents.get("flask") is not None
    assert {each: each.read_bytes() for each in outside.iterdir()} == before


def test_folders_that_are_links_are_not_followed_and_a_sweep_removes_them(tmp_path: Path) -> None:
    home, outside = tmp_path / "home", tmp_path / "outside"
    cache = opened(home)
    keep(cache.files, b"content")
    folder = entries(home)[0].parent
    folder.rename(outside)
    folder.symlink_to(outside)
    assert cache.files.find([sha256(b"content")]) is None
    assert keep(cache.files, b"content") is None
    assert cache.usage().files == 0
    assert cache.troubles > 0
    cache.settle()
    sweep(home / "cache", PLENTY)
    assert not folder.exists()
    assert len(list(outside.iterdir())) == 1
    assert keep(cache.files, b"content")


@pytest.mark.parametrize("kind", ["page-", "body-", "sha"])
def test_pipes_and_folders_in_place_of_files_are_absent_and_hold_nobody_up(tmp_path: Path, kind: str) -> None:
    for number, make in enumerate((os.mkfifo, os.mkdir)):
        home = tmp_path / str(number)
        cache = opened(home)
        keep(cache.files, b"content")
        cache.documents.put("flask", document(b"body"))
        path = entries(home, kind)[0]
        path.unlink()
        make(path)
        assert (cache.files.find([sha256(b"content")]) is None) == (kind == "sha")
        assert (cache.documents.get("flask") is None) == (kind != "sha")
        keep(cache.files, b"content")
        cache.documents.put("flask", document(b"body"))
        assert cache.usage().bytes <= 3 * 4096


def test_a_folder_that_others_may_write_to_is_not_used(tmp_path: Path) -> None:
    keep(opened(tmp_path).files, b"content")
    (tmp_path / "cache").chmod(0o770)
    files = opened(tmp_path).files
    assert files.find([sha256(b"content")]) is None
    assert keep(files, b"other") is None
    assert files.troubles >= 2


def test_a_folder_that_others_may_read_is_closed_to_them(tmp_path: Path) -> None:
    (tmp_path / "cache").mkdir(mode=0o755)
    keep(opened(tmp_path).files, b"content")
    assert (tmp_path / "cache").stat().st_mode & 0o777 == 0o700


def test_an_old_document_put_back_has_its_old_time(tmp_path: Path) -> None:
    """All that who can write to the folder can do: nothing looks newer than it is."""
    documents = opened(tmp_path).documents
    documents.put("flask", document(b"old", asked=1.0))
    before = {path: path.read_bytes() for path in entries(tmp_path)}
    documents.put("flask", document(b"new", asked=2.0))
    for path, content in before.items():
        path.write_bytes(content)
        aged(path, 0)
    found = documents.get("flask")
    assert found is not None
    assert found.about.asked == 1.0
