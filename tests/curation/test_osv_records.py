"""OSV records: what is denied is what the record's events and list say, and nothing that cannot be decided."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from slopguard.curation.osv import Advisory, Affected, id_of, parse
from slopguard.errors import InputError
from slopguard.lists.rows import Row
from slopguard.model import Ecosystem
from tests.curation.osv_records import EVERY, affected, record

NPM = ["0.0.0-a", "0.0.1", "1.0.0-beta", "1.0.0-beta.2", "1.0.0", "1.2.0-rc.1", "1.2.0", "2.0.0-0", "2.0.0", "3.1.4"]
PYPI = ["0.dev0", "0.1", "1.0.dev1", "1.0a1", "1.0rc1", "1.0", "1.0.post1", "1.2", "2.0b1", "2.0", "1!0.1", "1!1.0"]
VERSIONS = {"npm": NPM, "PyPI": PYPI}


def only(data: bytes) -> Affected:
    (found,) = parse(data).affected
    return found


def denies(advisory: Advisory, version: str) -> bool:
    """Whether rows made of it deny a version: asked of the rows themselves, as a machine does."""
    (each,) = advisory.affected
    start = f"{each.ecosystem}\t{each.name}\tdeny\trule=malicious"
    lines = [start] if each.whole else []
    lines += [f"{start}\tversions={';'.join(each.versions)}"] if each.versions else []
    lines += [f"{start}\trange={text}" for text in each.ranges]
    return any(Row.parse(line.encode()).covers(version, frozenset()) for line in lines)


def test_a_malicious_package_without_a_fix_is_denied_as_a_whole() -> None:
    found = only(record(ranges=[EVERY], versions=["1.0.0"]))
    assert (found.whole, found.versions, found.ranges) == (True, (), ())


def test_a_compromised_package_loses_its_bad_versions_only() -> None:
    advisory = parse(record("ultralytics", "PyPI", versions=["8.3.41", "8.3.42"]))
    assert [denies(advisory, version) for version in ("8.3.40", "8.3.41", "8.3.42", "8.3.43")] == [0, 1, 1, 0]
    assert not advisory.affected[0].whole


def test_versions_that_lie_in_a_range_are_not_repeated() -> None:
    found = only(record(ranges=[[("introduced", "1.0.0"), ("fixed", "2.0.0")]], versions=["1.5.0", "3.0.0", "v3.0.0"]))
    assert (found.ranges, found.versions) == ((">=1.0.0 <2.0.0",), ("3.0.0",))


def test_a_pre_release_inside_a_range_is_denied_and_one_of_the_fix_is_too() -> None:
    advisory = parse(record(ranges=[[("introduced", "1.0.0"), ("fixed", "2.0.0")]]))
    assert [denies(advisory, version) for version in ("1.2.0-beta", "2.0.0-rc.1", "2.0.0")] == [True, True, False]


def test_a_branch_that_starts_again_is_a_second_range() -> None:
    found = only(record(ranges=[[("introduced", "0"), ("fixed", "1.2"), ("introduced", "2.0.0"), ("fixed", "2.1.0")]]))
    assert found.ranges == ("<1.2.0", ">=2.0.0 <2.1.0")
    assert found.fixed == ("1.2.0", "2.1.0")


@pytest.mark.parametrize(
    ("events", "ranges"),
    [
        ([("introduced", "0"), ("limit", "2.0.0")], ("<2.0.0",)),
        ([("introduced", "0"), ("limit", "1.0.0"), ("limit", "2.0.0")], ("<2.0.0",)),
        ([("introduced", "1.0.0"), ("last_affected", "2.0.0"), ("limit", "2.0.0")], (">=1.0.0 <2.0.0",)),
        ([("introduced", "1.0.0"), ("fixed", "2.0.0"), ("limit", "2.0.0")], (">=1.0.0 <2.0.0",)),
        ([("introduced", "1.0.0"), ("fixed", "2.0.0"), ("limit", "3.0.0")], (">=1.0.0 <2.0.0",)),
        ([("introduced", "2.0.0"), ("limit", "2.0.0")], ()),
        ([("introduced", "0"), ("limit", "1.0.0"), ("limit", "*"), ("fixed", "3.0.0")], ("<3.0.0",)),
    ],
)
def test_a_range_ends_at_its_last_limit(events: list[tuple[str, str]], ranges: tuple[str, ...]) -> None:
    assert only(record(ranges=[events], versions=["9.0.0"])).ranges == ranges


def test_what_one_range_fixes_and_another_affects_is_no_fix() -> None:
    ranges = [[("introduced", "0"), ("fixed", "1.2.0")], [("introduced", "1.0.0"), ("fixed", "1.3.0")]]
    assert only(record(ident="GHSA-1", ranges=ranges)).fixed == ("1.3.0",)
    assert only(record(ident="GHSA-1", ranges=ranges, versions=["1.3.0"])).fixed == ()


def test_the_last_affected_version_is_no_fix() -> None:
    found = only(record(ident="GHSA-1", ranges=[[("introduced", "0"), ("last_affected", "1.2.0")]]))
    assert (found.ranges, found.fixed) == (("<=1.2.0",), ())


def test_commits_are_no_versions() -> None:
    ranges = [{"type": "GIT", "events": [{"introduced": "0"}, {"fixed": "abc"}]}]
    assert only(record(ident="GHSA-1", ranges=ranges)) == Affected(Ecosystem.NPM, "evil")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="does not say which versions"):
        parse(record(ranges=ranges))


def test_names_are_brought_to_their_one_spelling() -> None:
    assert only(record("Evil_Thing", "PyPI", ranges=[EVERY])).name == "evil-thing"


def test_other_ecosystems_say_nothing_here() -> None:
    assert parse(record("curl", "Debian:12", id="not an id!", ranges=[EVERY])).affected == ()
    assert parse(b'{"id": "X-1", "modified": "2026-01-01T00:00:00Z"}').affected == ()


def test_a_withdrawn_record_says_nothing_whatever_it_holds() -> None:
    found = parse(record("no name!", versions=["what"], withdrawn="2026-11-21T00:00:00Z"))
    assert (found.withdrawn, found.affected, found.malicious) == (True, (), True)


def test_where_somebody_got_a_package_from_does_not_matter() -> None:
    more: dict[str, Any] = {"database_specific": {"malicious-packages-origins": [{"versions": ["9.9.9"]}]}}
    assert not denies(parse(record(versions=["1.0.0"], **more)), "9.9.9")


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "not an OSV record"),
        (b"[]", "not an OSV record"),
        (b'{"id": "MAL-1"}', "not an OSV record"),
        (b"[" * 100_000, "not an OSV record"),
        (record(modified="2026-11-20T00:00:00"), "time zone"),
        (record(modified="yesterday"), "not an OSV record"),
        (record(modified="0001-01-01T00:00:00+14:00"), "no sensible time"),
        (record(ident="MAL 1", ranges=[EVERY]), "identifier"),
        (record("a name", ranges=[EVERY]), "not well-formed"),
        (record("\u0435vil", "PyPI", ranges=[EVERY]), "look-alike"),
        (record(), "which versions"),
        (record(versions=["one"]), "cannot be read"),
        (record("x", "PyPI", versions=["2004d"]), "cannot be read"),
        (record(ranges=[[("fixed", "1.0.0")]]), "nothing is introduced"),
        (record(ranges=[[]]), "nothing is introduced"),
        (record(ranges=[[("introduced", "1.x")]]), "cannot be read"),
        (record(ranges=[[("introduced", "1.0.0"), ("fixed", "1.0.0")]]), "same version"),
        (record(ranges=[[("introduced", "0"), ("appeared", "1.0.0")]]), "an event that is not"),
        (
            record(ranges=[{"type": "SEMVER", "events": [{"introduced": "0", "fixed": "1.0.0"}]}]),
            "an event that is not",
        ),
        (record("x", "PyPI", ranges=[[("introduced", "1.0+local")]]), "limit of a range"),
        (record(ranges=[{"type": "DATE", "events": [{"introduced": "0"}]}]), "type that is not known"),
    ],
)
def test_what_cannot_be_decided_is_refused(data: bytes, why: str) -> None:
    with pytest.raises(InputError, match=why):
        parse(data)


def test_a_refused_record_is_named_if_it_can_be() -> None:
    assert id_of(record(versions=["one"])) == "MAL-2026-1"
    assert [id_of(data) for data in (b"", b"[]", b'{"id": 1}', b'{"id": "\\u001b[2J"}', b"[" * 100_000)] == [""] * 5


@st.composite
def documents(draw: st.DrawFn) -> tuple[str, bytes]:
    """A record with events in any order, limits among them, and a list of versions."""
    ecosystem = draw(st.sampled_from(["npm", "PyPI"]))
    version = st.sampled_from(VERSIONS[ecosystem])
    event = st.tuples(st.sampled_from(["introduced", "fixed", "last_affected"]), version)
    limit = st.tuples(st.just("limit"), version | st.just("*"))
    events = st.lists(event | st.just(("introduced", "0")) | limit, max_size=6)
    ranges = draw(st.lists(events, max_size=3))
    return ecosystem, record("x", ecosystem, ranges=ranges, versions=draw(st.lists(version, max_size=2)))


@settings(max_examples=400)
@given(documents())
def test_a_version_is_denied_exactly_if_the_record_says_that_it_is_affected(made: tuple[str, bytes]) -> None:
    ecosystem, data = made
    try:
        advisory = parse(data)
    except InputError:
        assume(False)
        return
    document = json.loads(data)
    wrong = [v for v in VERSIONS[ecosystem] if denies(advisory, v) is not affected(ecosystem, v, document)]
    assert wrong == []


@given(documents())
def test_a_fix_is_affected_by_nothing_and_ends_a_range(made: tuple[str, bytes]) -> None:
    ecosystem, data = made
    document = json.loads(data)
    try:
        found = only(data)
    except InputError:
        return
    ends = {event.get("fixed") for each in document["affected"][0]["ranges"] for event in each["events"]}
    assert set(found.fixed) <= ends
    assert [fix for fix in found.fixed if affected(ecosystem, fix, document)] == []


@given(st.binary() | st.text().map(str.encode))
def test_any_bytes_are_a_record_or_refused(data: bytes) -> None:
    with pytest.raises(InputError):
        parse(data)


ANY = st.recursive(st.none() | st.integers() | st.text(max_size=4) | st.just("1.0.0"), st.lists, max_leaves=4)


@given(st.dictionaries(st.sampled_from(["package", "versions", "ranges"]), ANY), ANY, ANY)
def test_a_record_of_any_shape_is_read_or_refused(part: dict[str, Any], events: Any, package: Any) -> None:
    made = {"package": {"ecosystem": "npm", "name": package}, "ranges": [{"type": "SEMVER", "events": events}], **part}
    data = json.dumps({"id": "MAL-1", "modified": "2026-11-20T00:00:00Z", "affected": [made]}).encode()
    try:
        assert parse(data).id == "MAL-1"
    except InputError:
        return
