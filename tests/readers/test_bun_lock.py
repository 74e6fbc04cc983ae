"""bun.lock: JSON with comments and trailing commas; every package of the tree, as bun would download it."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slopguard import readers
from slopguard.errors import InputError
from slopguard.model import Sighting, SourceKind
from slopguard.readers.interface import Reading
from slopguard.readers.text import plain_json as plain

HEAD = '{\n  "lockfileVersion": 1,\n  "workspaces": {\n    "": { "name": "mine", },\n  },\n  "packages": {\n'
DIGEST = "sha512-" + "A" * 86 + "=="
HOST = "https://registry.example/npm/"


def read(*entries: str) -> Reading:
    text = HEAD + "".join(f"    {entry},\n\n" for entry in entries) + "  }\n}\n"
    return readers.read(Path("/project/bun.lock"), lambda _: text)


def one(entry: str) -> Sighting:
    (found,) = read(entry).sightings
    return found


def test_a_package_of_the_configured_registry_has_no_address() -> None:
    found = one(f'"sg-alpha": ["sg-alpha@1.2.0", "", {{ "bin": "x.js" }}, "{DIGEST}"]')
    assert (found.raw, found.version, found.source.kind) == ("sg-alpha", "1.2.0", SourceKind.REGISTRY)
    assert found.source.index is None
    assert found.digests == {"sha512:" + "00" * 64}
    assert found.location is not None
    assert found.location.line == 7


def test_an_address_names_the_registry_that_it_comes_from() -> None:
    found = one(f'"@acme/thing": ["@acme/thing@1.0.0", "{HOST}@acme/thing/-/thing-1.0.0.tgz", {{}}, ""]')
    assert (found.source.index, found.source.trusted) == (HOST, False)
    assert found.raw == "@acme/thing"


def test_the_address_wins_over_the_name_and_version_beside_it() -> None:
    found = one(f'"sg-alpha": ["sg-alpha@1.0.0", "{HOST}sg-evil/-/sg-evil-6.6.6.tgz", {{}}, ""]')
    assert (found.raw, found.version, found.extra["alias"]) == ("sg-evil", "6.6.6", "sg-alpha")


def test_an_address_of_no_registrys_form_is_a_download() -> None:
    found = one('"sg-alpha": ["sg-alpha@1.0.0", "https://files.example/x.tgz", {}, ""]')
    assert (found.source.kind, found.source.trusted) == (SourceKind.URL, False)


@pytest.mark.parametrize(
    ("entry", "alias"),
    [
        ('"other": ["sg-alpha@1.2.0", "", {}, ""]', "other"),
        ('"sg-beta/sg-alpha": ["sg-alpha@1.2.0", "", {}, ""]', None),
        ('"sg-beta/@acme/other": ["sg-alpha@1.2.0", "", {}, ""]', "@acme/other"),
    ],
)
def test_the_name_counts_not_the_folder(entry: str, alias: str | None) -> None:
    found = one(entry)
    assert found.raw == "sg-alpha"
    assert found.extra.get("alias") == alias


@pytest.mark.parametrize(
    ("entry", "kind"),
    [
        ('"a": ["a@git+https://host.example/a.git#abc", {}, "abc"]', SourceKind.VCS),
        ('"a": ["a@github:someone/a#abc", {}, "someone-a-abc"]', SourceKind.VCS),
        ('"a": ["a@https://host.example/a.tgz", {}]', SourceKind.URL),
        ('"a": ["a@file:../a", {}]', SourceKind.PATH),
        ('"a": ["a@link:a", {}]', SourceKind.PATH),
    ],
)
def test_what_comes_from_elsewhere_says_so(entry: str, kind: SourceKind) -> None:
    found = one(entry)
    assert (found.source.kind, found.source.trusted) == (kind, False)


def test_an_archive_on_this_machine_is_no_folder_of_the_users_own() -> None:
    assert one('"a": ["a@file:a-1.0.0.tgz", {}]').extra["archive"] == "1"
    assert one('"a": ["a@a-1.0.0.tgz", {}]').extra["archive"] == "1"


def test_members_of_the_workspace_are_no_packages() -> None:
    assert read('"one": ["one@workspace:packages/one"]').sightings == ()


@pytest.mark.parametrize("entry", ['"a": []', '"a": "a@1.0.0"', '"a": ["a"]', '"a": [""]', '"a": [7]'])
def test_what_bun_does_not_write_is_undecidable(entry: str) -> None:
    reading = read(entry)
    assert reading.sightings == ()
    assert [problem.code for problem in reading.problems] == ["undecidable"]


def test_a_key_that_bun_itself_repeats_with_its_value_is_read() -> None:
    peers = '"peerDependencies": {"one": ">=1", "two": ">=2", "one": ">=1"}'
    text = (
        f'{{"lockfileVersion": 1, "workspaces": {{"": {{{peers}}}}}, "packages": {{"one": ["one@1.0.0", "", {{}}]}}}}'
    )
    assert [each.raw for each in readers.read(Path("/project/bun.lock"), lambda _: text).sightings] == ["one"]


def test_a_key_that_stands_twice_is_refused() -> None:
    with pytest.raises(InputError):
        read('"a": ["a@1.0.0", "", {}, ""]', '"a": ["a@2.0.0", "", {}, ""]')


def test_comments_hide_nothing_and_show_nothing() -> None:
    found = one('"a": [/* "b@1.0.0", */ "a@1.0.0", // "https://x.example/",\n "", {}, ""]')
    assert (found.raw, found.source.index) == ("a", None)
    assert (
        one('"a": ["a@1.0.0", "https://x.example//*a*/-/b.tgz", {}, ""]').source.index
        == "https://x.example//*a*/-/b.tgz"
    )


@pytest.mark.parametrize("text", ["", "[]", "{", '{"packages": {,"a"}}', "\0", '{"packages": ' + "[" * 100_000])
def test_what_is_no_lock_file_is_an_input_error(text: str) -> None:
    with pytest.raises(InputError):
        readers.read(Path("/project/bun.lock"), lambda _: text)


def test_the_old_binary_file_is_refused_with_the_way_out() -> None:
    def load(path: Path) -> str:
        raise AssertionError("it is not even opened")

    with pytest.raises(InputError) as refused:
        readers.read(Path("/project/bun.lockb"), load)
    assert "bun install --save-text-lockfile" in refused.value.diagnosis()


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)
NOISE = st.sampled_from(["", " ", "\n", '/* , ] } " */', '// " , ]\n', "/**/"])


def written(value: object, noise: st.DataObject) -> str:
    """The value as JSON with comments anywhere and trailing commas."""

    def gap() -> str:
        return noise.draw(NOISE)

    if isinstance(value, list):
        inner = ",".join(gap() + written(each, noise) + gap() for each in value)
        return f"[{inner}{',' if value else ''}{gap()}]"
    if isinstance(value, dict):
        inner = ",".join(
            f"{gap()}{json.dumps(key)}{gap()}:{written(each, noise)}{gap()}" for key, each in value.items()
        )
        return f"{{{inner}{',' if value else ''}{gap()}}}"
    return json.dumps(value, ensure_ascii=noise.draw(st.booleans()))


@given(VALUES, st.data())
def test_the_plain_text_means_the_same_and_every_offset_stays(value: object, noise: st.DataObject) -> None:
    text = written(value, noise)
    assert json.loads(plain(text)) == value
    assert len(plain(text)) == len(text)


@given(VALUES)
def test_plain_json_is_left_alone(value: object) -> None:
    assert plain(json.dumps(value)) == json.dumps(value)


@given(st.text())
def test_no_text_is_more_than_an_input_error(text: str) -> None:
    with suppress(InputError):
        readers.read(Path("/project/bun.lock"), lambda _: text)
