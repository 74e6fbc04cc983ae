"""What ends soon is named in time, and what has ended is called so."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from slopguard.curation import edit
from slopguard.curation.entries import ListEntry
from slopguard.curation.expiring import expiring
from slopguard.curation.layout import Layout
from slopguard.errors import InputError
from slopguard.model import Ecosystem

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
MONTH = timedelta(days=30)


def signed(layout: Layout, name: str, expires: str, **more: object) -> None:
    layout.metadata.mkdir(exist_ok=True)
    (layout.metadata / f"{name}.json").write_text(json.dumps({"signed": {"expires": expires, **more}}))


def ends(layout: Layout, within: timedelta = MONTH) -> list[tuple[str, bool]]:
    return [(each.package or each.place, each.ended) for each in expiring(layout, NOW, within)]


@pytest.mark.parametrize(
    ("day", "found"),
    [
        (date(2026, 11, 24), [("npm:a", True)]),
        (date(2026, 11, 25), [("npm:a", False)]),
        (date(2026, 12, 25), [("npm:a", False)]),
        (date(2026, 12, 26), []),
    ],
)
def test_an_entry_counts_through_its_last_day(tmp_path: Path, day: date, found: list[tuple[str, bool]]) -> None:
    edit.put(tmp_path / "common", ListEntry("allow", Ecosystem.NPM, "a", expires=day))
    edit.put(tmp_path / "common", ListEntry("deny", Ecosystem.NPM, "b"))
    assert ends(Layout(tmp_path)) == found


def test_a_signature_counts_until_its_moment(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    signed(layout, "timestamp", "2026-11-25T12:00:00Z")
    signed(layout, "1.root", "2026-11-25T12:00:01Z")
    assert ends(layout) == [("root", False), ("timestamp", True)]


def test_the_newest_version_of_a_role_counts_and_a_team_that_left_does_not(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    signed(layout, "1.targets", "2020-01-01T00:00:00Z", delegations={"roles": [{"name": "left"}]})
    signed(layout, "2.targets", "2026-12-01T00:00:00Z", delegations={"roles": [{"name": "web"}]})
    signed(layout, "1.left", "2026-12-02T00:00:00Z")
    signed(layout, "1.web", "2026-12-03T00:00:00Z")
    assert ends(layout) == [("targets", False), ("web", False)]


def test_metadata_that_does_not_say_when_it_ends_is_an_error(tmp_path: Path) -> None:
    signed(Layout(tmp_path), "1.root", "some day")
    with pytest.raises(InputError, match=r"metadata/1\.root\.json: does not say when it expires"):
        ends(Layout(tmp_path))
