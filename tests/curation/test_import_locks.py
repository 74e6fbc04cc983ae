"""Trusting what runs already: what becomes an entry, what never does, and what happens to entries that are there."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slopguard.curation import inventory
from slopguard.curation.entries import ListEntry
from slopguard.curation.sources import read_list
from slopguard.curation.trusting import FILE, NO_DIGEST, NO_VERSION, Proposal, Wish, merge, propose, write
from slopguard.errors import InputError, UsageError
from slopguard.model import (
    OFFLINE,
    AllowRow,
    Decision,
    Ecosystem,
    Evidence,
    NormalizedName,
    Outcome,
    Request,
    RowKind,
    Verdict,
)

TODAY = date(2026, 11, 25)
SHA, WEAK = "sha256:" + "a" * 64, "sha1:" + "b" * 40


def verdict(
    name: str = "flask",
    version: str | None = "3.1.0",
    *digests: str,
    outcome: Outcome = Outcome.ALLOW,
    rule: str = "established",
    row: RowKind | None = None,
    internal: bool = False,
) -> Verdict:
    request = Request(Ecosystem.PYPI, NormalizedName(name), name, version, frozenset(digests))
    allow = AllowRow("baseline", row) if row else None
    evidence = Evidence(OFFLINE, allow=allow, internal=internal)
    return Verdict(request, Decision(outcome, rule), evidence, datetime(2026, 11, 25, tzinfo=UTC), "d-0")


def proposed(*verdicts: Verdict, form: str = "versions", quarantined: bool = False) -> Proposal:
    return propose(verdicts, Wish(form, "web", "we run it", TODAY, quarantined))


def entry(name: str = "flask", *versions: str, hashes: tuple[str, ...] = (), expires: date | None = None) -> ListEntry:
    return ListEntry("allow", Ecosystem.PYPI, name, versions, hashes, "web", "we run it", added=TODAY, expires=expires)


def test_an_entry_says_what_runs_who_answers_for_it_and_why() -> None:
    assert proposed(verdict()).entries == (entry("flask", "3.1.0"),)
    assert proposed(verdict(), form="names").entries == (entry("flask"),)
    pinned = proposed(verdict("flask", "3.1.0", SHA, WEAK), form="hashes")
    assert pinned.entries == (entry("flask", "3.1.0", hashes=(SHA,)),)


def test_versions_of_one_package_are_one_entry() -> None:
    assert proposed(verdict(version="3.1.0"), verdict(version="3.0.0")).entries == (entry("flask", "3.1.0", "3.0.0"),)


@pytest.mark.parametrize("outcome", [Outcome.BLOCK, Outcome.UNCHECKED])
@pytest.mark.parametrize("quarantined", [False, True])
def test_what_is_blocked_or_unknown_is_never_imported(outcome: Outcome, quarantined: bool) -> None:
    bad = verdict(outcome=outcome, rule="malicious", row=RowKind.PINNED)
    found = proposed(bad, quarantined=quarantined)
    assert (found.entries, found.refused) == ((), [bad])


def test_what_is_in_quarantine_is_imported_only_where_that_was_asked_for() -> None:
    held = verdict(outcome=Outcome.QUARANTINE, rule="unverified")
    assert proposed(held).refused == [held]
    assert proposed(held, quarantined=True).entries == (entry("flask", "3.1.0"),)


@pytest.mark.parametrize(
    ("form", "row", "known"),
    [
        ("names", RowKind.BASELINE, 1),
        ("names", RowKind.PINNED, 1),
        ("versions", RowKind.BASELINE, 0),
        ("versions", RowKind.REVIEWED, 1),
        ("hashes", RowKind.REVIEWED, 0),
        ("hashes", RowKind.PINNED, 1),
    ],
)
def test_what_the_lists_allow_as_strongly_needs_no_entry(form: str, row: RowKind, known: int) -> None:
    assert proposed(verdict("flask", "3.1.0", SHA, row=row), form=form).known == known


def test_an_internal_name_needs_no_entry() -> None:
    found = proposed(verdict(internal=True))
    assert (found.entries, found.internal) == ((), 1)


def test_what_does_not_fit_the_form_is_said_so() -> None:
    unpinned, odd, weak = verdict(version=None), verdict(version="latest-and-best"), verdict("x", "1.0", WEAK)
    short = verdict("y", "1.0", "sha256:" + "a" * 40)
    assert proposed(unpinned, odd).unfit == [(unpinned, NO_VERSION), (odd, NO_VERSION)]
    assert proposed(weak, short, form="hashes").unfit == [(weak, NO_DIGEST), (short, NO_DIGEST)]
    assert len(proposed(unpinned, form="names").entries) == 1


def test_new_entries_go_into_a_file_of_their_own(tmp_path: Path) -> None:
    merged = merge(tmp_path, [entry("b", "1.0"), entry("a", "1.0")], TODAY)
    assert (merged.added, merged.changed) == (2, 0)
    assert write(tmp_path, merged) == [tmp_path / FILE]
    assert read_list(tmp_path) == (entry("a", "1.0"), entry("b", "1.0"))


def test_importing_again_adds_and_forgets_nothing(tmp_path: Path) -> None:
    write(tmp_path, merge(tmp_path, [entry("a", "1.0"), entry("b", "1.0")], TODAY))
    merged = merge(tmp_path, [entry("a", "2.0"), entry("b", "1.0"), entry("c", "1.0")], TODAY)
    assert (merged.added, merged.changed, merged.left) == (1, 1, ())
    write(tmp_path, merged)
    assert read_list(tmp_path) == (entry("a", "1.0", "2.0"), entry("b", "1.0"), entry("c", "1.0"))


def test_an_entry_that_people_wrote_is_added_to_where_it_stands(tmp_path: Path) -> None:
    ours = tmp_path / "web.toml"
    ours.write_text('[allow.pypi.flask]\nversions = ["3.0.0"]  # ours\nreason = "the web framework"\n')
    merged = merge(tmp_path, [entry("flask", "3.1.0")], TODAY)
    assert write(tmp_path, merged) == [ours]
    assert ours.read_text() == (
        '[allow.pypi.flask]\nversions = ["3.0.0", "3.1.0"]  # ours\nreason = "the web framework"\n'
    )


@pytest.mark.parametrize(
    "there",
    [entry("flask"), entry("flask", "1.0", hashes=(SHA,)), entry("flask", "1.0", expires=TODAY)],
)
def test_an_entry_in_another_form_or_one_that_ended_is_left_to_people(tmp_path: Path, there: ListEntry) -> None:
    write(tmp_path, merge(tmp_path, [there], TODAY))
    merged = merge(tmp_path, [entry("flask", "3.1.0")], date(2026, 11, 26))
    assert (merged.left, merged.added, merged.changed) == (((there, tmp_path / FILE),), 0, 0)
    write(tmp_path, merged)
    assert read_list(tmp_path) == (there,)


OUTCOMES = st.sampled_from(list(Outcome))
VERDICTS = st.builds(
    lambda name, version, digests, outcome, row, internal: verdict(
        name, version, *digests, outcome=outcome, row=row, internal=internal
    ),
    st.sampled_from(["a", "b", "c"]),
    st.none() | st.sampled_from(["1.0", "1", "2.0rc1", "x y", ">=1"]),
    st.lists(st.sampled_from([SHA, WEAK, "sha512:00", "junk"]), max_size=3),
    OUTCOMES,
    st.none() | st.sampled_from(list(RowKind)),
    st.booleans(),
)


@given(st.lists(VERDICTS, max_size=8), st.sampled_from(["names", "versions", "hashes"]), st.booleans())
def test_every_package_is_accounted_for_and_every_entry_can_be_written(
    tmp_path_factory: pytest.TempPathFactory, verdicts: list[Verdict], form: str, quarantined: bool
) -> None:
    found = proposed(*verdicts, form=form, quarantined=quarantined)
    left = len(found.refused) + len(found.unfit) + found.known + found.internal
    good = {v.request.name for v in verdicts if v.outcome in (Outcome.ALLOW, Outcome.WARN, Outcome.QUARANTINE)}
    assert {each.name for each in found.entries} <= good
    assert left + len(found.entries) <= len(verdicts)
    folder = tmp_path_factory.mktemp("list")
    write(folder, merge(folder, found.entries, TODAY))
    assert read_list(folder) == found.entries


def test_in_a_folder_only_files_that_say_what_is_installed_count(tmp_path: Path) -> None:
    files = {
        "requirements.txt": "six==1.0\n",
        "web/bom.json": '{"bomFormat": "CycloneDX", "specVersion": "1.6"}',
        "web/package.json": "{}",
        "web/node_modules/x/package-lock.json": "{}",
        ".venv/requirements.txt": "evil==1\n",
        "pyproject.toml": "",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    found = inventory.readings([tmp_path, tmp_path / "requirements.txt"])
    assert [reading.path.relative_to(tmp_path).as_posix() for reading in found] == ["requirements.txt", "web/bom.json"]


def test_a_file_that_is_named_is_read_whatever_it_is_called(tmp_path: Path) -> None:
    (tmp_path / "pins").write_text("six==1.0\n")
    (tmp_path / "export.json").write_text(
        '{"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [{"purl": "pkg:npm/a@1.0.0"}]}'
    )
    found = inventory.readings([tmp_path / "pins", tmp_path / "export.json"])
    assert [sighting.raw for reading in found for sighting in reading.sightings] == ["six", "a"]


def test_nothing_to_read_is_an_error(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(UsageError):
            inventory.readings([path])
    (tmp_path / "bom.json").write_text("[")
    with pytest.raises(InputError, match="not valid JSON"):
        inventory.readings([tmp_path])
