"""The npm protocol on the wire: packuments, tarballs, dist-tags, services, and how each client is refused."""

from __future__ import annotations

import gzip
import json

import pytest

from slopguard.indexes import IndexKind
from slopguard.model import Ecosystem, Layer
from tests.gate.conftest import Opened
from tests.gate.house import BUN, House, npm_index
from tests.simulators.npm import CORGI, Npm
from tests.simulators.server import Break

DENIED = "npm sg-evil deny rule=denied"


def tarball(house: House, packument: dict[str, dict[str, dict[str, dict[str, str]]]], version: str) -> str:
    """The path of a version's tarball on the gate."""
    url = packument["versions"][version]["dist"]["tarball"]
    assert url.startswith(house.address.base)
    return url.removeprefix(house.address.base)


def test_full_and_abbreviated_packuments_name_tarballs_of_this_gate(opened: Opened, npm: Npm) -> None:
    npm.add_established("sg-app")
    house = opened()
    full, short = house.packument("sg-app"), house.packument("sg-app", Accept=CORGI)
    assert full.headers["Content-Type"] == "application/json"
    assert short.headers["Content-Type"] == CORGI
    assert "time" in full.json
    assert "time" not in short.json
    content = npm.packages["sg-app"]["1.0.0"].artefact.content
    for answer in (full.json, short.json):
        assert house.ask(tarball(house, answer, "1.0.0")).body == content


@pytest.mark.parametrize("spelling", ["@sg/app", "@sg%2fapp", "@sg%2Fapp", "%40sg%2fapp", "%40sg/app"])
def test_a_scoped_name_is_understood_in_every_encoding(opened: Opened, npm: Npm, spelling: str) -> None:
    npm.add_established("@sg/app")
    house = opened()
    packument = house.packument(spelling)
    assert packument.json["name"] == "@sg/app"
    assert house.ask(f"/npm/main/{spelling}/-/app-1.0.0.tgz").status == 200


def test_a_young_version_leaves_versions_times_and_tags(opened: Opened, npm: Npm) -> None:
    npm.add_established("sg-app").add("sg-app", "2.0.0", hours_old=5)
    house = opened(typed=["npm:sg-app"])
    packument = house.packument("sg-app").json
    assert list(packument["versions"]) == ["1.0.0", "1.1.0", "1.2.0"]
    assert "2.0.0" not in packument["time"]
    assert packument["dist-tags"] == {"latest": "1.2.0"}
    assert house.ask("/npm/main/-/package/sg-app/dist-tags").json == {"latest": "1.2.0"}
    assert [(note.verdict.request.version, note.used) for note in house.session.notes] == [("2.0.0", "1.2.0")]
    for path in ("sg-app/-/sg-app-2.0.0.tgz", "sg-app/2.0.0"):
        reply = house.packument(path)
        assert (reply.status, "(too-new)" in reply.reason) == (403, True)


def test_single_versions_and_tags_are_served(opened: Opened, npm: Npm) -> None:
    npm.add_established("sg-app")
    house = opened()
    assert house.packument("sg-app/latest").json["version"] == "1.2.0"
    assert house.packument("sg-app/1.0.0").json["dist"]["tarball"].startswith(house.address.base)
    assert house.packument("sg-app/9.9.9").status == 404


def test_packuments_and_tarballs_are_validated(opened: Opened, npm: Npm) -> None:
    npm.add_established("sg-app")
    house = opened()
    for path in ("sg-app", "sg-app/-/sg-app-1.0.0.tgz"):
        first = house.packument(path)
        assert house.packument(path, If_None_Match=first.headers["ETag"]).status == 304
    assert house.ask("/npm/main/sg-app/-/sg-app-1.0.0.tgz", method="HEAD").body == b""
    assert house.packument("sg-app/-/sg-app-9.9.9.tgz").status == 404


def test_a_refusal_is_said_in_every_way_that_some_client_shows(opened: Opened) -> None:
    reply = opened().packument("sg-ghost")
    assert reply.status == 403
    assert reply.reason.startswith("slopguard: BLOCKED npm 'sg-ghost' (not-found)")
    assert reply.json == {"error": reply.reason}
    assert reply.headers["npm-notice"] == reply.reason


def test_bun_is_sent_to_an_address_that_spells_the_refusal(opened: Opened, npm: Npm) -> None:
    npm.add_established("@sg/evil")
    house = opened(rows=["npm @sg/evil deny rule=denied"])
    moved = house.packument("@sg%2fevil", BUN)
    assert (moved.status, moved.headers["Location"]) == (302, "/npm/main/-/slopguard/BLOCKED/sg-evil/denied")
    assert house.ask(moved.headers["Location"], BUN, Authorization="").status == 403


def test_bun_sees_what_was_probably_meant(opened: Opened, npm: Npm) -> None:
    npm.add("sg-dashbord", days_old=30)
    house = opened(rows=["npm sg-dashboard allow rank=1"])
    assert house.packument("sg-dashbord", BUN).headers["Location"].endswith("/did-you-mean/sg-dashboard")


def test_text_that_is_no_name_is_refused(opened: Opened) -> None:
    assert "(bad-name)" in opened().packument("fl%D0%B0sk").reason


@pytest.mark.parametrize("path", ["", "-", "a/b/c/d", "@sg", "@sg%2f", "sg-app/-/../x.tgz"])
def test_what_is_no_path_of_the_protocol_is_not_found(opened: Opened, path: str) -> None:
    assert opened().packument(path).status == 404


def test_a_scope_has_a_registry_of_its_own(opened: Opened, npm: Npm) -> None:
    npm.add_established("@acme/public")
    with Npm() as own:
        own.add_established("@acme/core")
        scope = npm_index(own.url, "acme", kind=IndexKind.SCOPE, name="@acme", private=True)
        house = opened(npm_index(npm.url), scope, internal={Ecosystem.NPM: ("@acme/*",)})
        assert house.packument("@acme%2fcore", key="acme").status == 200
        assert house.packument("@acme%2fcore").status == 404
    assert npm.requests == []


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "sg-app"),
        ("DELETE", "sg-app/-/sg-app-1.0.0.tgz/-rev/1"),
        ("POST", "-/v1/login"),
        ("PUT", "-/user/org.couchdb.user:me"),
        ("PUT", "-/package/sg-app/dist-tags"),
    ],
)
def test_writes_are_sent_past_the_gate(opened: Opened, npm: Npm, method: str, path: str) -> None:
    reply = opened().ask(f"/npm/main/{path}", method=method, body=b"{}")
    assert reply.status == 403
    assert "without slopguard" in reply.json["error"]
    assert npm.requests == []


def test_ping_is_answered_here(opened: Opened, npm: Npm) -> None:
    assert opened().packument("-/ping").json == {}
    assert npm.requests == []


def test_other_reads_are_passed_on_with_the_registrys_own_credentials(opened: Opened) -> None:
    with Npm(credentials="Bearer up") as closed:
        from slopguard.indexes import Credentials

        house = opened(npm_index(closed.url, credentials=Credentials(secret="up", scheme="bearer")))
        question = gzip.compress(json.dumps({"sg-app": ["1.0.0"]}).encode())
        audit = house.ask(
            "/npm/main/-/npm/v1/security/advisories/bulk", method="POST", body=question, Content_Encoding="gzip"
        )
        assert (audit.status, audit.json) == (200, {})
        assert house.packument("-/v1/search?text=x").status in (200, 404)
        seen = closed.requests
    assert [request.raw.partition("?")[0] for request in seen][-1] == "/-/v1/search"
    assert all(house.address.secret not in str(request.headers) for request in seen)


def test_services_of_untrusted_registries_and_climbing_paths_are_refused(opened: Opened, npm: Npm) -> None:
    house = opened(npm_index(npm.url), npm_index(npm.url, "theirs", Layer.PROJECT))
    assert house.packument("-/v1/search", key="theirs").status == 403
    assert house.packument("-/v1/%2e%2e/%2E%2E/sg-app").status == 403
    assert npm.requests == []


def test_a_service_without_an_answer_is_no_refusal_of_a_package(opened: Opened, npm: Npm) -> None:
    npm.fail("/-/*", Break.REFUSE)
    house = opened()
    reply = house.packument("-/v1/search")
    assert (reply.status, "npm-notice" in reply.headers) == (403, False)
    assert house.session.journal.exit_code is None


def test_a_tarball_that_goes_wrong_is_refused(opened: Opened, npm: Npm) -> None:
    npm.add_established("sg-app")
    npm.fail("*.tgz", Break.GARBLE)
    house = opened()
    reply = house.packument("sg-app/-/sg-app-1.0.0.tgz")
    assert (reply.status, "(hash-mismatch)" in reply.reason) == (403, True)


def test_a_large_tarball_that_goes_wrong_on_the_way_is_cut_off_and_told(opened: Opened, npm: Npm) -> None:
    npm.add_established("sg-app")
    made = npm.packages["sg-app"]["1.0.0"].artefact
    object.__setattr__(made, "content", made.content + bytes(range(256)) * 4096)
    npm.packages["sg-app"]["1.0.0"].integrity = "sha512-" + "A" * 86 + "=="
    house = opened()
    with pytest.raises(Exception, match=r"IncompleteRead|reset|closed"):
        house.packument("sg-app/-/sg-app-1.0.0.tgz")
    assert [verdict.rule for verdict in house.session.refusals] == ["hash-mismatch"]
