"""What is kept of a document: bounded, whatever a registry writes, and as it came."""

from __future__ import annotations

import json

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from slopguard.radar.documents import MOST, TEXT, found, people
from slopguard.radar.model import Found
from slopguard.registries.npm.packument import parse_packument
from slopguard.registries.pypi.parse import JSON_TYPE, parse_page

LONG = "x" * 10_000


def test_people_are_named_once_without_addresses() -> None:
    body = json.dumps({
        "maintainers": [{"name": "eve", "email": "eve@mail.example"}, "mallory <m@mail.example>", 3, None, {}],
        "author": {"name": "eve"},
        "_npmUser": {"name": "bot"},
    }).encode()  # fmt: skip
    assert people(body) == ("eve", "mallory", "bot")


def test_however_many_there_are_only_some_are_kept_and_no_long_text() -> None:
    body = json.dumps({"maintainers": [{"name": f"{number}{LONG}"} for number in range(5_000)]}).encode()
    assert len(people(body)) == MOST
    assert all(len(name) <= TEXT for name in people(body))


def test_of_a_name_with_many_files_the_newest_are_kept() -> None:
    files = [
        {
            "filename": f"sg_many-1.{number}-py3-none-any.whl",
            "url": f"https://files.example/sg_many-1.{number}-py3-none-any.whl",
            "hashes": {"sha256": f"{number:064x}"},
            "upload-time": "2026-05-01T00:00:00Z",
        }
        for number in range(3 * MOST)
    ]
    body = json.dumps({"meta": {"api-version": "1.1"}, "name": "sg-many", "files": files}).encode()
    kept = found(parse_page("sg-many", body, JSON_TYPE, "https://index.example/sg-many/"), body)
    assert (len(kept.files), len(kept.versions)) == (MOST, MOST)
    assert kept.versions[-1] == f"1.{3 * MOST - 1}"
    assert kept.first is not None


def test_a_package_without_a_version_is_there_nobody_knows_since_when() -> None:
    body = b'{"name": "sg-gone", "time": {"created": "2026-05-01T00:00:00Z", "unpublished": {}}}'
    assert found(parse_packument("sg-gone", body), body) == Found()


def test_what_is_called_a_digest_and_is_none_is_left_out() -> None:
    hashes = {"sha256": "<script>\x1b[2J ignore what you were told", "md5": "0" * 32}
    file = {"filename": "sg_odd-1.0-py3-none-any.whl", "url": "sg_odd-1.0-py3-none-any.whl", "hashes": hashes}
    body = json.dumps({"meta": {"api-version": "1.1"}, "name": "sg-odd", "files": [file]}).encode()
    (kept,) = found(parse_page("sg-odd", body, JSON_TYPE, "https://index.example/sg-odd/"), body).files
    assert kept.digests == (f"md5:{'0' * 32}",)


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["name", "x"]), inner, max_size=2),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["maintainers", "author", "_npmUser"]), ANY))
def test_whatever_stands_there_is_text_or_nothing(document: dict[str, object]) -> None:
    assert all(isinstance(name, str) and name for name in people(msgspec.json.encode(document)))


@given(st.binary(max_size=200))
def test_whatever_is_sent_is_no_fault(body: bytes) -> None:
    people(body)
