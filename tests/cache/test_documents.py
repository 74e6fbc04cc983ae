"""A document is what was put under its name, or absent; knowing newer things about it does not write it anew."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slopguard.cache import About, Documents, Stored, digest_of
from tests.cache.kept import PLENTY, document, emptied, entries, opened

TEXT = st.text(max_size=50)
MAYBE = st.none() | TEXT
TIME = st.floats(0, 2**40)


@given(TEXT, st.binary(max_size=5000), st.builds(About, TEXT, TEXT, MAYBE, MAYBE, TIME, st.none() | TIME, st.just("")))
def test_any_document_comes_out_as_it_went_in(name: str, body: bytes, about: About) -> None:
    with emptied() as home:
        stored = Stored(replace(about, digest=digest_of(body)), body)
        opened(home).documents.put(name, stored)
        assert opened(home).documents.get(name) == stored
        assert opened(home).documents.about(name) == stored.about


def test_names_are_told_apart_whatever_they_are(tmp_path: Path) -> None:
    documents = opened(tmp_path).documents
    names = ["", ".", "..", "/", "../../etc/passwd", "a", "A", "a\0", "a\n", "\ud800", "\udfff", "x" * 10_000]
    for number, name in enumerate(names):
        documents.put(name, document(b"%d" % number))
    found = [documents.get(name) for name in names]
    assert [each.body for each in found if each] == [b"%d" % number for number in range(len(names))]
    assert {each.name for each in tmp_path.iterdir()} == {"cache"}


def test_a_new_document_takes_the_place_of_the_old(tmp_path: Path) -> None:
    documents = opened(tmp_path).documents
    documents.put("flask", document(b"old", '"1"'))
    documents.put("flask", document(b"new", '"2"'))
    assert documents.get("flask") == document(b"new", '"2"')
    assert [len(entries(tmp_path, kind)) for kind in ("page-", "body-", "")] == [1, 1, 2]


def test_putting_the_same_again_heals_its_body(tmp_path: Path) -> None:
    documents = opened(tmp_path).documents
    documents.put("flask", document(b"body"))
    entries(tmp_path, "body-")[0].write_bytes(b"bodi")
    documents.put("flask", document(b"body"))
    assert documents.get("flask") == document(b"body")


def test_touching_changes_what_is_known_and_not_the_body(tmp_path: Path) -> None:
    documents = opened(tmp_path).documents
    documents.put("flask", document(b"body", '"1"', asked=1.0))
    before = entries(tmp_path, "body-")[0].stat().st_ino
    newer = document(b"body", '"2"', asked=99.25)
    documents.touch("flask", newer.about)
    assert documents.get("flask") == newer
    assert entries(tmp_path, "body-")[0].stat().st_ino == before


def test_touching_with_another_body_or_none_does_nothing(tmp_path: Path) -> None:
    documents = opened(tmp_path).documents
    documents.touch("flask", document(b"body").about)
    assert documents.about("flask") is None
    documents.put("flask", document(b"body"))
    documents.touch("flask", document(b"other", asked=9.0).about)
    assert documents.get("flask") == document(b"body")
    entries(tmp_path, "body-")[0].unlink()
    documents.touch("flask", document(b"body", asked=9.0).about)
    assert documents.about("flask") is None


def test_nothing_is_known_about_a_document_without_its_body(tmp_path: Path) -> None:
    documents = opened(tmp_path).documents
    documents.put("flask", document(b"body"))
    entries(tmp_path, "body-")[0].unlink()
    assert documents.about("flask") is None
    assert documents.get("flask") is None


def test_a_body_that_is_replaced_while_it_is_looked_for_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    documents, other = opened(tmp_path).documents, opened(tmp_path).documents
    documents.put("flask", document(b"old"))
    body_of = documents._body

    def replaced_meanwhile(*args: object) -> object:
        monkeypatch.undo()
        other.put("flask", document(b"new"))
        return body_of(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(documents, "_body", replaced_meanwhile)
    assert documents.get("flask") == document(b"new")


@pytest.mark.parametrize(
    "about",
    [
        replace(document(b"body").about, digest="../../x"),
        replace(document(b"body").about, digest="A" * 64),
        replace(document(b"body").about, url="x" * 70_000),
        replace(document(b"body").about, etag="\ud800"),
    ],
)
def test_what_could_not_be_read_again_is_not_kept(tmp_path: Path, about: About) -> None:
    documents = opened(tmp_path).documents
    documents.put("flask", Stored(about, b"body"))
    documents.touch("flask", about)
    assert documents.get("flask") is None
    assert entries(tmp_path) == []


def test_a_time_that_is_none_makes_a_document_absent(tmp_path: Path) -> None:
    documents = opened(tmp_path).documents
    documents.put("flask", document(b"body", asked=float("nan")))
    assert documents.get("flask") is None


def test_a_touch_that_could_not_be_read_again_changes_nothing(tmp_path: Path) -> None:
    documents = opened(tmp_path).documents
    documents.put("flask", document(b"body"))
    documents.touch("flask", replace(document(b"body").about, etag="\ud800"))
    assert documents.get("flask") == document(b"body")


def test_a_limit_of_nothing_or_no_key_keeps_nothing(tmp_path: Path) -> None:
    opened(tmp_path).documents.put("flask", document(b"body"))
    for none in (opened(tmp_path, limit=0).documents, opened(tmp_path, key=b"").documents):
        none.put("other", document(b"other"))
        none.touch("flask", document(b"body", asked=9.0).about)
        assert (none.get("flask"), none.about("flask"), none.get("other")) == (None, None, None)
    assert opened(tmp_path).documents.get("flask") == document(b"body")
    assert opened(tmp_path).documents.get("other") is None


def test_a_document_larger_than_half_the_limit_is_not_kept(tmp_path: Path) -> None:
    documents = opened(tmp_path, limit=1 << 20).documents
    documents.put("flask", document(bytes((1 << 19) + 1)))
    assert documents.get("flask") is None
    documents.put("flask", document(bytes(1 << 18)))
    assert documents.get("flask") is not None


def test_documents_alone_are_a_cache_too(tmp_path: Path) -> None:
    documents = Documents(tmp_path / "cache", b"key", PLENTY)
    documents.put("flask", document(b"body"))
    documents.settle()
    assert Documents(tmp_path / "cache", b"key", PLENTY).get("flask") == document(b"body")
    assert documents.troubles == 0
