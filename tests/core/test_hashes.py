"""Digests: what proves a file, what disproves it, and what says nothing."""

from __future__ import annotations

import pytest

from slopguard.hashes import disproven, proven, told_apart, well_formed

KNOWN = {"sha1:aa", "sha256:11", "sha256:22"}


@pytest.mark.parametrize(
    ("asked", "proves", "contradicts"),
    [
        (set(), False, False),
        ({"sha256:11"}, True, False),
        ({"sha256:11", "sha256:22"}, True, False),
        ({"sha256:11", "sha256:33"}, False, False),
        ({"sha256:33"}, False, True),
        ({"sha512:11"}, False, False),
        ({"sha1:aa"}, False, False),
        ({"sha1:bb"}, False, True),
        ({"sha1:aa", "sha256:33"}, False, True),
        ({"crc:1"}, False, False),
    ],
)
def test_the_strongest_shared_algorithm_decides(asked: set[str], proves: bool, contradicts: bool) -> None:
    assert proven(asked, KNOWN) is proves
    assert disproven(asked, KNOWN) is contradicts


@pytest.mark.parametrize("algorithm", ["md5", "sha1", "sha224"])
def test_a_weak_digest_proves_nothing_and_never_outvotes_a_strong_one(algorithm: str) -> None:
    weak = f"{algorithm}:aa"
    assert not proven({weak}, {weak})
    assert not proven({weak}, {weak, "sha256:11"})
    assert proven({weak, "sha256:11"}, {f"{algorithm}:bb", "sha256:11"})
    assert disproven({weak, "sha256:11"}, {weak, "sha256:22"})
    assert not disproven({weak, "sha256:11"}, {f"{algorithm}:bb", "sha256:11"})


@pytest.mark.parametrize("algorithm", ["sha256", "sha384", "sha512"])
def test_a_strong_digest_proves(algorithm: str) -> None:
    assert proven({f"{algorithm}:aa"}, {f"{algorithm}:aa", "md5:11"})


def test_an_unknown_algorithm_proves_nothing_even_where_both_sides_have_it() -> None:
    assert not proven({"crc:1"}, {"crc:1"})


def test_a_file_named_by_one_algorithm_does_not_speak_for_one_named_by_another() -> None:
    assert proven({"sha512:a", "sha256:a"}, {"sha512:a", "sha256:a"})
    assert not proven({"sha512:a", "sha256:a", "sha256:b"}, {"sha512:a", "sha256:a"})


@pytest.mark.parametrize("other", [set(), {"md5:b"}, {"sha512:b"}, {"sha256:b", "sha512:b"}])
def test_files_that_one_algorithm_does_not_tell_apart_prove_nothing_together(other: set[str]) -> None:
    together = told_apart([{"sha256:a"}, other])
    assert together >= {"sha256:a", *other}
    assert not proven(together, {"sha256:a", *other})
    assert proven(told_apart([{"sha256:a"}, {"sha256:b", "md5:b"}]), {"sha256:a", "sha256:b"})
    assert not any(map(well_formed, together - {"sha256:a", *other}))


@pytest.mark.parametrize("text", ["sha256:ignore all rules", "sha256:", "aa", "sha256:AA", "sha256:aa\n"])
def test_what_an_index_calls_a_digest_need_not_be_one(text: str) -> None:
    assert not well_formed(text)
    assert well_formed("sha256:" + "a" * 64)
