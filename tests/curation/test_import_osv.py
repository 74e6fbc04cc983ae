"""What becomes of a repository of lists when OSV records are imported, again and again."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from slopguard.curation.expiring import expiring
from slopguard.curation.importing import FILES, Change, Taken, age_of, plan, take, write
from slopguard.curation.layout import Layout
from slopguard.curation.sources import read_list
from slopguard.errors import InputError
from slopguard.lists import Lists
from slopguard.model import Ecosystem
from tests.curation.osv_records import EVERY, NOW, record

NPM = Ecosystem.NPM
GONE = "2026-11-21T00:00:00Z"


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    (tmp_path / "lists.toml").write_text('name = "acme"\n')
    return Layout(tmp_path)


def taken(*records: bytes, now: datetime = NOW, popular: tuple[str, ...] = ()) -> Taken:
    found = ((f"record {number}", data) for number, data in enumerate(records, 1))
    return take(found, now, lambda ecosystem, name: name in popular)


def imported(layout: Layout, *records: bytes, afresh: bool = False) -> list[Change]:
    changes = plan(layout, taken(*records), afresh=afresh)
    for change in changes:
        write(change)
    return changes


def denied(layout: Layout) -> dict[str, tuple[str, ...]]:
    return {entry.name: entry.versions for entry in read_list(layout.watch)}


def test_malicious_packages_go_to_the_list_that_only_refuses_and_fixes_to_the_common_one(layout: Layout) -> None:
    fix = record("django", "PyPI", ident="GHSA-1", ranges=[[("introduced", "0"), ("fixed", "4.2.1")]])
    changes = imported(layout, record(ranges=[EVERY]), fix)
    assert [change.path for change in changes] == [layout.watch / FILES["deny"], layout.common / FILES["fix"]]
    (deny,), (fixed,) = read_list(layout.watch), read_list(layout.common)
    assert (deny.kind, deny.name, deny.more) == ("deny", "evil", {"rule": "malicious", "id": "MAL-2026-1"})
    assert (fixed.kind, fixed.name, fixed.versions, fixed.more) == ("fix", "django", ("4.2.1",), {"id": "GHSA-1"})


def test_the_same_records_give_the_same_bytes_whatever_their_order(layout: Layout) -> None:
    records = [record(f"evil-{n}", ident=f"MAL-{n}", versions=[f"{n}.0.0", "0.1.0"]) for n in range(1, 9)]
    imported(layout, *records)
    first = (layout.watch / FILES["deny"]).read_bytes()
    (change,) = imported(layout, *reversed(records))
    assert (layout.watch / FILES["deny"]).read_bytes() == first
    assert (change.added, change.changed, change.removed) == (0, 0, 0)


def test_several_records_about_one_package_are_one_entry(layout: Layout) -> None:
    ranges = [[("introduced", "3.0.0"), ("fixed", "3.1.0")]]
    imported(layout, record(ident="MAL-2", versions=["1.0.0"]), record(ident="MAL-1", ranges=ranges))
    (entry,) = read_list(layout.watch)
    assert (entry.versions, entry.more["id"]) == (("1.0.0", ">=3.0.0 <3.1.0"), "MAL-1 MAL-2")
    imported(layout, record(ident="MAL-3", ranges=[EVERY]))
    assert denied(layout) == {"evil": ()}


def test_what_the_data_do_not_speak_of_stays(layout: Layout) -> None:
    imported(layout, record("one", ident="MAL-1", versions=["1.0.0"]))
    imported(layout, record("two", ident="MAL-2", ranges=[EVERY]), record("one", ident="MAL-3", versions=["2.0.0"]))
    assert denied(layout) == {"one": ("1.0.0", "2.0.0"), "two": ()}
    imported(layout, record("one", ident="MAL-3", versions=["2.0.0"]), afresh=True)
    assert denied(layout) == {"one": ("2.0.0",)}


def test_a_record_that_was_corrected_replaces_what_it_said(layout: Layout) -> None:
    imported(layout, record(ident="MAL-1", ranges=[EVERY]))
    (change,) = imported(layout, record(ident="MAL-1", versions=["1.0.0"]))
    assert denied(layout) == {"evil": ("1.0.0",)}
    assert (change.added, change.changed, change.removed) == (0, 1, 0)


def test_a_withdrawn_record_takes_its_row_back(layout: Layout) -> None:
    imported(layout, record("evil", ident="MAL-1", ranges=[EVERY]), record("other", ident="MAL-2", ranges=[EVERY]))
    (change,) = imported(layout, record("evil", ident="MAL-1", ranges=[EVERY], withdrawn=GONE))
    assert denied(layout) == {"other": ()}
    assert change.removed == 1


def test_a_withdrawn_record_does_not_take_back_what_another_said(layout: Layout) -> None:
    imported(layout, record(ident="MAL-1", ranges=[EVERY]), record(ident="MAL-2", versions=["1.0.0"]))
    imported(layout, record(ident="MAL-1", ranges=[EVERY], withdrawn=GONE))
    assert denied(layout) == {"evil": ()}  # it is not known which versions MAL-2 alone meant
    imported(layout, record(ident="MAL-1", withdrawn=GONE), record(ident="MAL-2", versions=["1.0.0"]))
    assert denied(layout) == {"evil": ("1.0.0",)}


def test_what_is_not_malicious_takes_back_no_row_that_denies(layout: Layout) -> None:
    imported(layout, record(ident="MAL-1", ranges=[EVERY]))
    imported(layout, record(ident="GHSA-1", ranges=[EVERY], withdrawn=GONE))
    assert denied(layout) == {"evil": ()}


def test_entries_of_people_are_left_alone_where_they_deny_as_much(layout: Layout) -> None:
    layout.watch.mkdir()
    (layout.watch / "ours.toml").write_text('[deny.npm.evil]\nreason = "seen here"\n')
    (change,) = imported(layout, record(ranges=[EVERY]), record("two", ident="MAL-2", ranges=[EVERY]))
    assert (len(change.entries), change.covered) == (1, 1)
    assert denied(layout) == {"evil": (), "two": ()}


def test_entries_of_people_that_deny_less_stop_the_import(layout: Layout) -> None:
    layout.watch.mkdir()
    (layout.watch / "ours.toml").write_text('[deny.npm.evil]\nversions = "1.0.0"\n')
    with pytest.raises(InputError, match=r"deny\.npm\.evil stands in watch/ours\.toml for some versions only"):
        imported(layout, record(ranges=[EVERY]))


def test_a_fix_that_people_wrote_is_theirs(layout: Layout) -> None:
    layout.common.mkdir()
    (layout.common / "ours.toml").write_text('[fix.npm.evil]\nversions = "1.0.0"\n')
    (change,) = imported(layout, record(ident="GHSA-1", ranges=[[("introduced", "0"), ("fixed", "2.0.0")]]))
    assert (change.entries, change.covered) == ((), 1)


def test_records_that_cannot_be_used_are_named_and_say_nothing(layout: Layout) -> None:
    found = taken(record(ident="MAL-7", versions=["one"]), b"junk", record(ranges=[EVERY]))
    assert found.problems == [
        "record 1: MAL-7: holds a version that cannot be read",
        "record 2: not an OSV record",
    ]
    assert [entry.name for change in plan(layout, found) for entry in change.entries] == ["evil"]


def test_a_popular_package_is_not_denied_as_a_whole_by_chance(layout: Layout) -> None:
    bad = record("lodash", ranges=[EVERY])
    assert taken(bad, popular=("lodash",)).problems == [
        "record 1: MAL-2026-1: would deny every version of npm 'lodash', which is popular"
    ]
    assert taken(bad).problems == []
    some = record("lodash", versions=["4.0.1"])
    weak = record("lodash", ident="GHSA-1", ranges=[EVERY])
    assert taken(some, weak, popular=("lodash",)).problems == []


def test_a_record_from_the_future_makes_no_data_look_young() -> None:
    assert "in the future" in taken(record(ranges=[EVERY], modified="2027-01-01T00:00:00Z")).problems[0]


def test_old_data_are_refused() -> None:
    old = taken(record(ranges=[EVERY], modified="2026-10-25T00:00:00Z"))
    with pytest.raises(InputError, match="2026-10-25, more than 30 days ago"):
        old.check_age(NOW)
    taken(record(ranges=[EVERY]), record(modified="2020-01-01T00:00:00Z", ranges=[EVERY])).check_age(NOW)
    taken().check_age(NOW)


def test_a_file_says_of_which_day_its_data_are(layout: Layout) -> None:
    imported(layout, record(ranges=[EVERY], modified="2026-11-01T00:00:00Z"))
    path = layout.watch / FILES["deny"]
    assert age_of(path) == date(2026, 11, 1)
    imported(layout, record("other", ident="MAL-9", ranges=[EVERY]))
    assert age_of(path) == date(2026, 11, 1)  # one more record makes the others no younger
    imported(layout, record(ranges=[EVERY]), record("other", ident="MAL-9", ranges=[EVERY]))
    assert age_of(path) == date(2026, 11, 20)


def test_a_file_that_does_not_say_so_has_no_day(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text("# as-of: 2026-99-99\n")
    assert [age_of(tmp_path / name) for name in ("a.toml", "none.toml")] == [None, None]


def test_more_identifiers_than_fit_are_counted_and_what_they_said_is_kept(layout: Layout) -> None:
    many = [record(ident=f"MAL-2026-{n:05}", versions=[f"{n}.0.0"]) for n in range(100)]
    imported(layout, *many)
    (entry,) = read_list(layout.watch)
    assert entry.more["id"].endswith(" MAL-2026-00059 +40")
    assert len(entry.versions) == 100
    (change,) = imported(layout, *many)
    assert (change.added, change.changed) == (0, 0)
    imported(layout, *many[:99], record(ident="MAL-2026-00099", withdrawn=GONE))
    assert len(denied(layout)["evil"]) == 100


def test_rows_that_are_built_of_it_deny_bad_versions_and_no_others(layout: Layout) -> None:
    from slopguard.curation.entries import rows_of

    ranges = [[("introduced", "1.0.0"), ("fixed", "1.2.0")]]
    imported(layout, record("real", ranges=ranges, versions=["3.0.0"]), record("gone", ident="MAL-2", ranges=[EVERY]))
    lists = Lists.of({"watch": rows_of(read_list(layout.watch))})
    deny = {version: lists.deny(NPM, "real", version) for version in ("0.9.0", "1.1.0-rc.1", "1.2.0", "3.0.0", None)}
    assert [version for version, row in deny.items() if row] == ["1.1.0-rc.1", "3.0.0"]
    row = lists.deny(NPM, "gone")
    assert row is not None
    assert (row.rule, row.id) == ("malicious", "MAL-2")


def test_clocks_may_differ_by_a_day() -> None:
    stamp = (NOW + timedelta(hours=20)).astimezone(UTC).isoformat()
    assert taken(record(ranges=[EVERY], modified=stamp)).problems == []


@pytest.mark.parametrize(
    ("modified", "found"),
    [("2026-11-20", []), ("2026-11-02", [(date(2026, 12, 2), False)]), ("2026-10-25", [(date(2026, 11, 24), True)])],
)
def test_data_are_due_again_30_days_after_their_day(
    layout: Layout, modified: str, found: list[tuple[date, bool]]
) -> None:
    imported(layout, record(ranges=[EVERY], modified=f"{modified}T00:00:00Z"))
    due = expiring(layout, NOW, timedelta(days=60))
    assert [(each.day, each.ended) for each in due if each.what == "data"] == found
    assert {each.place for each in due} <= {"watch/malicious.toml"}
