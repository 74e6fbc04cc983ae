"""Where the lists settle a name, the gate asks for the abbreviated form; what clients are shown stays the same."""

from __future__ import annotations

import json
from typing import Any

import pytest

from slopguard.model import Ecosystem
from tests.gate.conftest import Opened
from tests.gate.house import npm_index
from tests.simulators.npm import CORGI, Npm
from tests.simulators.registry import ago, stamp
from tests.simulators.server import Answer

ROWS = ["npm sg-app allow rank=1"]
WAYS = ("sg-app", "sg-app/latest", "-/package/sg-app/dist-tags")
"""What only the full document answers."""


def forms(npm: Npm) -> list[str]:
    """Which forms of packuments were asked for."""
    return ["short" if CORGI in seen.headers["accept"] else "full" for seen in npm.requests if "/-/" not in seen.path]


def shown(opened: Opened, **more: Any) -> dict[str, Any]:
    """The abbreviated document as a new session's client reads it, with the addresses of no gate."""
    house = opened(**more)
    found: dict[str, Any] = json.loads(house.packument("sg-app", Accept=CORGI).text.replace(str(house.port), "PORT"))
    return found


def test_one_request_serves_a_client_that_reads_the_abbreviated_form(opened: Opened, npm: Npm) -> None:
    npm.add_established("sg-app")
    house = opened(rows=ROWS)
    document = house.packument("sg-app", Accept=CORGI)
    assert (document.status, document.headers["Content-Type"]) == (200, CORGI)
    path = document.json["versions"]["1.2.0"]["dist"]["tarball"].removeprefix(house.address.base)
    assert house.ask(path).body == npm.packages["sg-app"]["1.2.0"].artefact.content
    assert forms(npm) == ["short"]


def test_so_it_does_one_that_has_a_lock_file_and_reads_none(opened: Opened, npm: Npm) -> None:
    npm.add_established("sg-app")
    assert opened(rows=ROWS).packument("sg-app/-/sg-app-1.2.0.tgz").status == 200
    assert forms(npm) == ["short"]


def test_it_reads_the_same_whichever_form_came(opened: Opened, npm: Npm) -> None:
    more: dict[str, Any] = {
        "deprecated": "use another",
        "optionalDependencies": {"sg-b": "^1.0.0"},
        "peerDependenciesMeta": {"sg-c": {"optional": True}},
        "bundleDependencies": ["sg-d"],
        "funding": {"url": "https://registry.example/fund"},
        "libc": ["glibc"],
        "hasInstallScript": True,
        "_hasShrinkwrap": True,
    }
    npm.add("sg-app", "1.0.0", **more).add("sg-app", "1.1.0", postinstall=True)
    npm.add("sg-app", "1.2.0", requires={"sg-e": "https://registry.example/e.tgz"}, days_old=300)
    npm.add("sg-app", "1.3.0", requires={"sg-f": "^1.0.0"}, latest=False, days_old=200)
    full, short = shown(opened), shown(opened, rows=ROWS)
    assert forms(npm) == ["full", "short"]
    assert full == short
    assert list(short["versions"]) == ["1.0.0", "1.1.0", "1.3.0"]
    assert short["dist-tags"] == {"latest": "1.1.0"}
    assert "_hasShrinkwrap" not in short["versions"]["1.0.0"]
    assert short["versions"]["1.1.0"]["hasInstallScript"] is True


def test_a_version_inside_the_cooldown_is_stepped_over_as_ever(opened: Opened, npm: Npm) -> None:
    npm.add_established("sg-app").add("sg-app", "2.0.0", hours_old=5)
    house = opened(rows=ROWS)
    assert house.packument("sg-app", Accept=CORGI).json["dist-tags"] == {"latest": "1.2.0"}
    assert [(note.verdict.request.version, note.verdict.rule) for note in house.session.notes] == [("2.0.0", "too-new")]
    assert forms(npm) == ["short", "full"]


@pytest.mark.parametrize(
    "row",
    [
        "npm sg-app deny rule=denied versions=1.0.0",
        "npm sg-app release until=2099-01-01 versions=1.0.0",
        "npm sg-app watch origin=imported source=paper rank=3 at=2024-01-01",
    ],
)
def test_a_row_for_which_versions_or_dates_count_asks_for_the_full_one(opened: Opened, npm: Npm, row: str) -> None:
    npm.add_established("sg-app")
    opened(rows=[*ROWS, row]).packument("sg-app", Accept=CORGI)
    assert forms(npm) == ["full"]


def test_an_unlisted_name_is_judged_by_its_dates(opened: Opened, npm: Npm) -> None:
    npm.add_established("sg-app")
    house = opened(typed=["npm:sg-app"])
    assert house.packument("sg-app", Accept=CORGI).status == 200
    assert forms(npm) == ["full"]
    assert house.rules() == [("npm:sg-app", "established")]


@pytest.mark.parametrize("way", WAYS)
def test_who_asks_for_more_later_gets_the_full_document(opened: Opened, npm: Npm, way: str) -> None:
    npm.add_established("sg-app")
    house = opened(rows=ROWS)
    before = house.packument("sg-app", Accept=CORGI)
    assert house.packument(way).status == 200
    assert house.packument("sg-app").json["time"]["1.0.0"] == stamp(ago(days=900))
    after = house.packument("sg-app", Accept=CORGI)
    assert (after.json, forms(npm)) == (before.json, ["short", "full"])
    assert after.headers["ETag"] != before.headers["ETag"]


def test_what_the_full_document_shows_to_be_young_leaves_with_no_form_of_it(opened: Opened, npm: Npm) -> None:
    npm.add_established("sg-app").add("sg-app", "2.0.0", hours_old=5)
    npm.changed["sg-app"] = stamp(ago(days=100))
    house = opened(rows=ROWS)
    assert "2.0.0" in house.packument("sg-app", Accept=CORGI).json["versions"]  # the registry says so
    for headers in ({}, {"Accept": CORGI}):
        assert "2.0.0" not in house.packument("sg-app", **headers).json["versions"]
    assert house.packument("sg-app/-/sg-app-2.0.0.tgz").status == 403
    assert house.packument("sg-app/2.0.0").status != 200
    assert forms(npm) == ["short", "full"]


def test_a_version_that_comes_while_a_session_is_open_is_judged_by_its_date(opened: Opened, npm: Npm) -> None:
    npm.add_established("sg-app")
    first = opened(rows=ROWS)
    assert first.packument("sg-app", Accept=CORGI).status == 200
    npm.add("sg-app", "9.9.0", hours_old=1)
    for house in (opened(rows=ROWS), first, opened(), first):
        assert "9.9.0" not in house.packument("sg-app", Accept=CORGI).json["versions"]


@pytest.mark.parametrize("more", [{"min_version_age_days": 250}, {"rows": ()}])
def test_sessions_with_other_rules_read_their_own_document(opened: Opened, npm: Npm, more: dict[str, Any]) -> None:
    npm.server.cache_control = "max-age=600"
    npm.add_established("sg-app").add("sg-app", "1.3.0", days_old=200)
    one = opened(rows=ROWS)
    assert "1.3.0" in one.packument("sg-app", Accept=CORGI).json["versions"]
    other = opened(**{"rows": ROWS, **more}, typed=["npm:sg-app"])
    listed = other.packument("sg-app", Accept=CORGI).json["versions"]
    assert ("1.3.0" in listed) is ("min_version_age_days" not in more)
    assert "1.3.0" in one.packument("sg-app", Accept=CORGI).json["versions"]


def test_what_is_no_date_is_not_remembered_as_one(opened: Opened, npm: Npm) -> None:
    npm.add_established("sg-app").add_established("sg-other")
    house = opened(rows=ROWS, typed=["npm:sg-other"])
    for name in ("sg-app", "sg-other"):
        assert house.packument(name, Accept=CORGI).status == 200
    assert [rule for _, rule in house.rules()] == ["allowlisted", "established"]
    known = house.store.facts
    assert known.get(Ecosystem.NPM, "sg-app") is None
    other = known.get(Ecosystem.NPM, "sg-other")
    assert other is not None
    assert other.first_upload == ago(days=900)


def test_a_private_index_is_asked_as_ever(opened: Opened, npm: Npm) -> None:
    npm.add_established("sg-app")
    house = opened(npm_index(npm.url, private=True), rows=ROWS)
    assert house.packument("sg-app", Accept=CORGI).status == 200
    assert forms(npm) == ["full"]


def test_a_registry_without_that_form_costs_one_more_request(opened: Opened, npm: Npm) -> None:
    npm.add_established("sg-app")
    usual = npm.server.respond
    npm.server.respond = lambda seen, body: usual(seen, body) if CORGI not in seen.headers["accept"] else Answer(406)
    house = opened(rows=ROWS)
    for _ in range(2):
        assert list(house.packument("sg-app", Accept=CORGI).json["versions"]) == ["1.0.0", "1.1.0", "1.2.0"]
    assert forms(npm) == ["short", "full"]
