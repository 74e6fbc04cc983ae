"""The Simple API on the wire: pages, files, tombstones, validators, and what each route may show."""

from __future__ import annotations

import pytest

from slopguard.model import Ecosystem, Layer, Mode
from tests.gate.conftest import Opened
from tests.gate.house import PIP, UV, pypi_index
from tests.simulators.pypi import PyPI
from tests.simulators.server import Break

DENIED = "pypi sg-evil deny rule=denied"


def names(page: dict[str, list[dict[str, str]]]) -> list[str]:
    return [file["filename"] for file in page["files"]]


def test_an_admitted_page_names_only_files_of_this_gate(opened: Opened, pypi: PyPI) -> None:
    pypi.add_established("sg-app")
    page = opened(typed=["pypi:sg-app"]).page("sg-app").json
    assert names(page) == [f"sg_app-{v}-py3-none-any.whl" for v in ("1.0", "1.1", "1.2")]
    assert page["versions"] == ["1.0", "1.1", "1.2"]
    assert all(file["url"].startswith("../../files/sg-app/") for file in page["files"])


def test_only_who_asks_is_told_where_the_files_really_are(opened: Opened, pypi: PyPI) -> None:
    pypi.add_established("sg-app")
    house = opened(typed=["pypi:sg-app"])
    assert all("_origin" not in file for file in house.page("sg-app").json["files"])
    told = house.page("sg-app", X_Slopguard_Origins="1").json["files"]
    assert [file["_origin"].startswith(pypi.server.origin) for file in told] == [True] * 3


def test_old_pip_gets_html(opened: Opened, pypi: PyPI) -> None:
    pypi.add_established("sg-app")
    reply = opened().page("sg-app", "pip/20.3.4", Accept="text/html")
    assert reply.headers["Content-Type"] == "text/html"
    assert 'href="../../files/sg-app/sg_app-1.0-py3-none-any.whl#sha256=' in reply.text


def test_any_spelling_of_a_name_is_served_and_a_missing_slash_is_mended(opened: Opened, pypi: PyPI) -> None:
    pypi.add_established("sg-app")
    house = opened()
    assert house.page("SG_App").json["name"] == "sg-app"
    moved = house.ask("/pypi/main/simple/sg-app")
    assert (moved.status, moved.headers["Location"]) == (301, "/pypi/main/simple/sg-app/")


def test_pages_carry_a_validator_of_our_own(opened: Opened, pypi: PyPI) -> None:
    pypi.add_established("sg-app")
    house = opened()
    first = house.page("sg-app")
    assert first.headers["Cache-Control"] == "max-age=0, must-revalidate"
    again = house.page("sg-app", If_None_Match=f'"other", W/{first.headers["ETag"]}')
    assert (again.status, again.body) == (304, b"")
    assert house.page("sg-app", If_None_Match='"other"').status == 200


def test_files_come_whole_in_ranges_and_as_headers_only(opened: Opened, pypi: PyPI) -> None:
    pypi.add_established("sg-app")
    content = pypi.files_of("sg-app")[0].artefact.content
    house, path = opened(), "/pypi/main/files/sg-app/sg_app-1.0-py3-none-any.whl"
    whole = house.ask(path)
    assert whole.body == content
    part = house.ask(path, Range="bytes=2-9")
    assert (part.status, part.body) == (206, content[2:10])
    assert part.headers["Content-Range"] == f"bytes 2-9/{len(content)}"
    head = house.ask(path, method="HEAD")
    assert (head.status, head.body, head.headers["Content-Length"]) == (200, b"", str(len(content)))
    assert house.ask(path, If_None_Match=whole.headers["ETag"]).status == 304
    metadata = house.ask(f"{path}.metadata")
    assert metadata.body.startswith(b"Metadata-Version:")
    assert metadata.headers["ETag"] != whole.headers["ETag"]


def test_large_files_are_streamed(opened: Opened, pypi: PyPI) -> None:
    pypi.add("sg-app", "0.9", days_old=900).add_established("sg-app")
    file = pypi.files_of("sg-app")[0]
    object.__setattr__(file.artefact, "content", file.artefact.content + b"\0" * (1 << 20))
    reply = opened().ask(f"/pypi/main/files/sg-app/{file.artefact.filename}")
    assert reply.body == file.artefact.content


def test_a_file_that_is_not_listed_is_not_found(opened: Opened, pypi: PyPI) -> None:
    pypi.add_established("sg-app")
    house = opened()
    assert house.ask("/pypi/main/files/sg-app/sg_app-9-py3-none-any.whl").status == 404
    assert house.ask("/pypi/main/files/sg-app/sub/x.whl").status == 404
    assert house.ask("/pypi/other/simple/sg-app/").status == 404
    assert house.ask("/osv-not").status == 404


def test_the_index_root_is_passed_on(opened: Opened, pypi: PyPI) -> None:
    pypi.add_established("sg-app")
    assert b"sg-app" in opened().ask("/pypi/main/simple/").body


def test_uploads_are_sent_past_the_gate(opened: Opened) -> None:
    reply = opened().ask("/pypi/main/simple/", method="POST", body=b"x")
    assert reply.status == 403
    assert "without slopguard" in reply.reason


@pytest.mark.parametrize("accept", ["application/vnd.pypi.simple.v1+json", "text/html"])
def test_a_tombstone_lists_every_version_and_one_above_all(opened: Opened, pypi: PyPI, accept: str) -> None:
    pypi.add_established("sg-evil")
    reply = opened(rows=[DENIED]).page("sg-evil", PIP, Accept=accept)
    assert reply.status == 200
    assert reply.headers["Cache-Control"] == "no-store"
    for version in ("1.0", "1.1", "1.2", "9999!0+slopguard.denied"):
        assert f"sg_evil-{version}-py3-none-any.whl" in reply.text
        assert f"sg_evil-{version}.tar.gz" in reply.text


def test_every_file_of_a_tombstone_is_refused_with_the_reason(opened: Opened, pypi: PyPI) -> None:
    pypi.add_established("sg-evil")
    house = opened(rows=[DENIED])
    for file in house.page("sg-evil", PIP).json["files"]:
        for tail in ("", ".metadata"):
            reply = house.ask(f"/pypi/main/files/sg-evil/{file['filename']}{tail}", PIP)
            assert reply.status == 403
            assert reply.reason.startswith("slopguard: BLOCKED pypi 'sg-evil' (denied)")
    assert pypi.downloads == []


def test_after_a_refusal_pip_gets_no_file_any_more_but_uv_does(opened: Opened, pypi: PyPI) -> None:
    pypi.add_established("sg-evil").add_established("sg-app")
    house, path = opened(rows=[DENIED]), "/pypi/main/files/sg-app/sg_app-1.0-py3-none-any.whl"
    assert house.ask(path, PIP).status == 200
    house.page("sg-evil", PIP)
    reply = house.ask(path, PIP)
    assert (reply.status, "'sg-evil' (denied)" in reply.reason) == (403, True)
    assert house.ask(path, UV).status == 200


def test_others_are_refused_with_451_and_the_reason(opened: Opened) -> None:
    reply = opened().page("sg-ghost", "poetry/2.5")
    assert reply.status == 451
    assert reply.reason.startswith("slopguard: BLOCKED pypi 'sg-ghost' (not-found)")
    assert reply.text.strip() == reply.reason


@pytest.mark.parametrize("agent", [PIP, UV])
def test_text_that_is_no_name_is_refused_on_pages_and_files(opened: Opened, agent: str) -> None:
    house = opened()
    assert "(bad-name)" in house.page("fl%D0%B0sk", agent).reason
    assert "(bad-name)" in house.ask("/pypi/main/files/fl%D0%B0sk/x.whl", agent).reason


def test_a_young_version_is_hidden_noted_once_and_refused_when_asked_for(opened: Opened, pypi: PyPI) -> None:
    pypi.add_established("sg-app").add("sg-app", "2.0", hours_old=5)
    house = opened(typed=["pypi:sg-app"])
    for _ in range(2):
        page = house.page("sg-app").json
        assert page["versions"] == ["1.0", "1.1", "1.2"]
    assert [(note.verdict.rule, note.verdict.request.version, note.used) for note in house.session.notes] == [
        ("too-new", "2.0", "1.2")
    ]
    assert house.session.refusals == ()
    reply = house.ask("/pypi/main/files/sg-app/sg_app-2.0-py3-none-any.whl")
    assert (reply.status, "(too-new)" in reply.reason) == (403, True)
    assert house.rules() == [("pypi:sg-app", "too-new"), ("pypi:sg-app", "established")]


def test_a_young_version_that_nobody_would_have_chosen_is_no_news(opened: Opened, pypi: PyPI) -> None:
    pypi.add_established("sg-app").add("sg-app", "1.0.1", hours_old=5)
    house = opened(typed=["pypi:sg-app"])
    assert "1.0.1" not in house.page("sg-app").json["versions"]
    assert house.session.notes == ()


def test_a_listed_name_with_only_young_versions_is_refused_as_too_new(opened: Opened, pypi: PyPI) -> None:
    pypi.add("sg-app", "1.0", hours_old=5).add("sg-app", "1.1", hours_old=2)
    house = opened(rows=["pypi sg-app allow rank=1"], typed=["pypi:sg-app"])
    reply = house.page("sg-app")
    assert (reply.status, "(too-new)" in reply.reason) == (451, True)
    assert house.session.journal.exit_code == 3


def test_a_name_whose_versions_are_all_held_back_is_refused_with_their_reason(opened: Opened, pypi: PyPI) -> None:
    pypi.add_established("sg-app")
    house = opened(rows=["pypi sg-app deny rule=malicious versions=1.0;1.1;1.2"], typed=["pypi:sg-app"])
    reply = house.page("sg-app")
    assert (reply.status, "(malicious)" in reply.reason) == (451, True)
    assert house.session.journal.exit_code == 1


def test_404_only_for_what_another_index_has(opened: Opened, pypi: PyPI) -> None:
    with PyPI() as other:
        other.add_established("sg-ours")
        house = opened(pypi_index(pypi.url), pypi_index(other.url, "extra"))
        assert house.page("sg-ours").status == 404
        assert house.page("sg-ours", key="extra").status == 200
        assert house.page("sg-ghost").status == house.page("sg-ghost", key="extra").status == 451
    assert [verdict.request.name for verdict in house.session.refusals] == ["sg-ghost"]


def test_404_where_all_versions_of_one_index_are_young_and_another_has_older_ones(opened: Opened, pypi: PyPI) -> None:
    pypi.add("sg-app", "3.0", hours_old=5)
    with PyPI() as other:
        other.add_established("sg-app")
        house = opened(pypi_index(pypi.url), pypi_index(other.url, "extra"), typed=["pypi:sg-app"])
        assert house.page("sg-app").status == 404
        assert house.page("sg-app", key="extra").status == 200


def test_an_untrusted_index_is_refused_and_never_asked(opened: Opened, pypi: PyPI) -> None:
    pypi.add_established("sg-app")
    with PyPI() as foreign:
        foreign.add_established("sg-app")
        house = opened(pypi_index(pypi.url), pypi_index(foreign.url, "theirs", Layer.PROJECT))
        assert house.page("sg-app").status == 200
        assert "(foreign-source)" in house.page("sg-app", key="theirs").reason
    assert foreign.requests == []


def test_an_internal_name_is_asked_of_the_private_index_only(opened: Opened, pypi: PyPI) -> None:
    pypi.add_established("acme-core")
    with PyPI() as own:
        own.add("acme-core", "0.1", days_old=90)
        house = opened(
            pypi_index(pypi.url), pypi_index(own.url, "own", private=True), internal={Ecosystem.PYPI: ("acme-*",)}
        )
        assert house.page("acme-core").status == 404
        assert house.page("acme-core", key="own").json["versions"] == ["0.1"]
        assert house.page("acme-ghost").status == 451
    assert pypi.requests == []


def test_an_internal_name_without_a_private_index_is_blocked(opened: Opened, pypi: PyPI) -> None:
    pypi.add_established("acme-core")
    assert "(internal-name)" in opened(internal={Ecosystem.PYPI: ("acme-*",)}).page("acme-core").reason


@pytest.mark.parametrize("kind", [Break.REFUSE, Break.TRUNCATE, Break.GARBLE, Break.WRONG_TYPE, Break.PORTAL])
@pytest.mark.parametrize("agent", [PIP, UV])
def test_an_index_without_a_usable_answer_is_unchecked(opened: Opened, pypi: PyPI, kind: Break, agent: str) -> None:
    pypi.add_established("sg-app")
    pypi.fail("/simple/sg-app/", kind)
    house = opened()
    reply = house.page("sg-app", agent)
    assert reply.status == (200 if agent == PIP else 451)
    assert "upstream.down" in reply.text or "(upstream-down)" in reply.reason
    assert house.session.journal.exit_code == 4


def test_an_index_that_wants_other_credentials_is_unchecked_as_such(opened: Opened) -> None:
    with PyPI(credentials="Basic c29tZTpib2R5") as closed:
        house = opened(pypi_index(closed.url))
        assert "(upstream-auth)" in house.page("sg-app").reason


@pytest.mark.parametrize("kind", [Break.REFUSE, Break.TRUNCATE, Break.GARBLE, Break.STATUS])
def test_a_file_that_goes_wrong_is_refused_and_never_delivered(opened: Opened, pypi: PyPI, kind: Break) -> None:
    pypi.add_established("sg-app")
    house, path = opened(), "/pypi/main/files/sg-app/sg_app-1.0-py3-none-any.whl"
    assert house.page("sg-app").status == 200
    pypi.fail("/files/*", kind)
    reply = house.ask(path)
    assert reply.status == 403
    assert reply.reason.startswith("slopguard: ")
    assert house.session.journal.exit_code == (1 if kind is Break.GARBLE else 4)


def test_observe_shows_and_serves_everything(opened: Opened, pypi: PyPI) -> None:
    pypi.add_established("sg-evil").add("sg-evil", "2.0", hours_old=5)
    house = opened(rows=[DENIED], mode=Mode.OBSERVE)
    assert house.page("sg-evil", PIP).json["versions"] == ["1.0", "1.1", "1.2", "2.0"]
    assert [verdict.enforced for verdict in house.session.refusals] == [False]
    assert house.session.journal.exit_code is None
