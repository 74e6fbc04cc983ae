"""Every key of the Simple API standards: read, judged by, and passed on."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from slopguard.errors import UpstreamError
from slopguard.model import Existence
from slopguard.registries.pypi.page import PageFile, ProjectPage
from slopguard.registries.pypi.parse import HTML_TYPE, JSON_TYPE, parse_page
from slopguard.registries.pypi.render import Form, negotiate, render

URL = "https://registry.example/simple/foo/"
WHEEL = "foo-1.0-py3-none-any.whl"


def page(*files: dict[str, Any], **top: Any) -> ProjectPage:
    body = {"meta": {"api-version": "1.4"}, "name": "foo", "files": list(files), **top}
    return parse_page("foo", json.dumps(body).encode(), JSON_TYPE, URL)


def file(filename: str = WHEEL, /, **more: Any) -> dict[str, Any]:
    return {"filename": filename, "url": f"../../f/{filename}", "hashes": {"sha256": "AB" * 32}, **more}


def html(body: str) -> ProjectPage:
    return parse_page("foo", body.encode(), "text/html; charset=UTF-8", URL)


def test_dates_sizes_and_hashes_become_facts() -> None:
    facts = page(file(**{"upload-time": "2024-05-01T10:00:00.123456Z", "size": 7})).facts()
    assert facts.existence is Existence.YES
    assert facts.dated
    assert facts.releases[0].uploaded == datetime(2024, 5, 1, 10, 0, 0, 123456, tzinfo=UTC)
    assert facts.releases[0].digests == {"sha256:" + "ab" * 32}


def test_a_release_counts_from_its_first_file() -> None:
    early, late = ({"upload-time": f"202{year}-01-01T00:00:00Z"} for year in (1, 4))
    facts = page(file(**late), file("foo-1.0.tar.gz", **early)).facts()
    assert [r.uploaded.year for r in facts.releases if r.uploaded] == [2021]


def test_one_release_without_a_date_makes_the_page_undated() -> None:
    dated = file(**{"upload-time": "2021-01-01T00:00:00Z"})
    assert not page(dated, file("foo-2.0.tar.gz")).facts().dated
    assert page(dated).facts().dated
    assert page().facts().dated


def test_equal_versions_are_one_release_and_go_together() -> None:
    both = page(file(), file("foo-1.0.0.tar.gz"), file("foo-2.0.tar.gz"))
    assert both.versions == ("1.0", "2.0")
    assert both.without(frozenset({"1.0.0"})).versions == ("2.0",)


def test_yanked_and_source_only_are_told_by_release() -> None:
    facts = page(file(yanked="broken"), file("foo-2.0.tar.gz")).facts()
    assert [(r.version, r.yanked, r.install_script) for r in facts.releases] == [
        ("1.0", True, False),
        ("2.0", False, True),
    ]


@pytest.mark.parametrize(
    "filename",
    [
        "evil-1.0-py3-none-any.whl",
        "foo-bar-1.0.tar.gz",
        "foo-1.0.egg",
        "foo.tar.gz",
        "foo-x.zip",
        "foo-1.0-py3-none.whl",
        "foo-1.0-x-py3-none-any.whl",
        "../foo-1.0.zip",
        "foo-1.0\n.zip",
        "foo-1.0 .zip",
        "foo--py3-none-any.whl",
        "f\\foo-1.zip",
    ],
)
def test_what_no_installer_takes_for_this_project_is_left_out_and_counted(filename: str) -> None:
    found = page(file(filename))
    assert (found.files, found.dropped) == ((), 1)


def test_what_is_only_passed_on_is_passed_on() -> None:
    given = file(
        **{
            "gpg-sig": True,
            "provenance": "https://registry.example/p",
            "requires-python": ">=3.9",
            "core-metadata": {"sha256": "cd" * 32},
            "size": 3,
            "upload-time": "2020-01-01T00:00:00Z",
        }
    )
    status = {"status": "archived", "reason": "old"}
    top = {"versions": ["1.0"], "project-status": status, "alternate-locations": ["https://other.example/foo/"]}
    found = page(given, **top, meta={"api-version": "1.4", "tracks": ["https://other.example/foo/"], "_odd": 1})
    rendered = json.loads(render(found, Form.JSON))
    assert rendered["meta"] == {"api-version": "1.4", "tracks": ["https://other.example/foo/"]}
    assert {key: rendered[key] for key in top} == top
    expected = {**given, "url": f"../../files/foo/{WHEEL}", "hashes": {"sha256": "ab" * 32}, "yanked": False}
    assert rendered["files"] == [expected]
    assert found.facts().status == "archived"


def test_html_carries_what_html_can() -> None:
    given = file(
        **{"gpg-sig": False, "provenance": "https://registry.example/p", "core-metadata": {"sha256": "cd" * 32}}
    )
    found = page(given, **{"project-status": {"status": "deprecated", "reason": "<old>"}})
    text = render(found, Form.HTML).decode()
    assert 'data-gpg-sig="false"' in text
    assert f'data-core-metadata="sha256={"cd" * 32}"' in text
    again = parse_page("foo", text.encode(), HTML_TYPE, URL)
    assert again.status == {"status": "deprecated", "reason": "<old>"}
    assert again.files[0].provenance == "https://registry.example/p"
    assert again.files[0].gpg_sig is False


def test_an_unknown_status_counts_as_active() -> None:
    assert page(**{"project-status": {"status": "shiny"}}).facts().status == "active"


def test_odd_values_of_optional_keys_count_as_absent() -> None:
    odd = {
        "hashes": None,
        "size": -1,
        "upload-time": 5,
        "requires-python": 3,
        "core-metadata": None,
        "gpg-sig": "x",
        "provenance": 0,
        "yanked": None,
    }
    found = page(file(**odd), **{"project-status": "x", "alternate-locations": "x"}).files[0]
    assert found == PageFile(WHEEL, f"https://registry.example/f/{WHEEL}", "1.0")


def test_a_hash_in_a_json_fragment_counts_if_there_is_no_other() -> None:
    found = page({"filename": WHEEL, "url": f"https://u:p@files.registry.example/{WHEEL}#egg=x&sha256=AA"}).files[0]
    assert found.url == f"https://files.registry.example/{WHEEL}"
    assert found.hashes == {"sha256": "aa"}


def test_the_file_name_falls_back_to_the_address() -> None:
    assert page({"url": "foo-1.0%2Blocal.tar.gz"}).files[0].filename == "foo-1.0+local.tar.gz"


def test_signs_in_file_names_are_quoted_in_addresses() -> None:
    odd = page(file("foo-1!2.0+local.1-py3-none-any.whl"))
    for form in Form:
        assert b"../../files/foo/foo-1%212.0%2Blocal.1-py3-none-any.whl" in render(odd, form)


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b'{"files": [{}]}', b"[" * 100_000, b'{"files": [], "meta": {"api-version": "2.0"}}']
)
def test_broken_json_is_no_answer(body: bytes) -> None:
    with pytest.raises(UpstreamError):
        parse_page("foo", body, JSON_TYPE, URL)


def test_a_page_of_another_kind_is_no_answer() -> None:
    for kind in ("image/png", "application/json", ""):
        with pytest.raises(UpstreamError):
            parse_page("foo", b"{}", kind, URL)


def test_html_in_the_wrong_charset_or_of_a_later_version_is_no_answer() -> None:
    for body, kind in (
        (b"\xff", "text/html"),
        (b"x", "text/html; charset=nonsense"),
        (b'<meta name="pypi:repository-version" content="2.0">', "text/html"),
    ):
        with pytest.raises(UpstreamError):
            parse_page("foo", body, kind, URL)


def test_html_oddities_are_read() -> None:
    found = html(
        "<a>no address</a><a href='http://[bad/'>x</a>"
        '<a href="foo-1.0.zip#md5=AA" data-dist-info-metadata="true" data-yanked>  foo-1.0.zip\n</a>'
        '<a href="foo-2.0.zip" data-core-metadata="false" data-gpg-sig="true">x</a>'
        '<a href="foo-3.0.zip" data-core-metadata="odd">x</a>'
    )
    assert [(f.version, f.hashes, f.yanked, f.core_metadata, f.gpg_sig) for f in found.files] == [
        ("1.0", {"md5": "aa"}, True, True, None),
        ("2.0", {}, False, False, True),
        ("3.0", {}, False, True, None),
    ]


def test_a_file_is_found_by_its_name_and_its_metadata_too() -> None:
    found = page(file())
    assert found.file(WHEEL) is found.files[0]
    assert found.version_of(f"{WHEEL}.metadata") == found.version_of(WHEEL) == "1.0"
    assert found.version_of("foo-9.zip") is None


def test_files_can_be_added() -> None:
    tomb = PageFile("foo-9999!0.tar.gz", "", "9999!0")
    assert page(file()).plus([tomb]).files[-1] is tomb


def test_dates_are_taken_for_the_same_bytes_only() -> None:
    when = {"upload-time": "2020-01-01T00:00:00Z"}
    other = page(file(**when), file("foo-2.0.tar.gz", **when), file("foo-3.0.tar.gz", hashes={"md5": "aa"}, **when))
    mine = page(file(), file("foo-2.0.tar.gz", hashes={"sha256": "00"}), file("foo-3.0.tar.gz", hashes={"md5": "aa"}))
    assert [bool(f.uploaded) for f in mine.dated_by(other).files] == [True, False, False]


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        (None, Form.PLAIN),
        ("", Form.PLAIN),
        ("*/*", Form.PLAIN),
        ("image/png", Form.PLAIN),
        ("text/html", Form.PLAIN),
        (f"{JSON_TYPE}, {HTML_TYPE}; q=0.1, text/html; q=0.01", Form.JSON),
        (f"{JSON_TYPE};q=0.1, {HTML_TYPE};q=0.2", Form.HTML),
        (f"{JSON_TYPE};q=0, text/html;q=0.01", Form.PLAIN),
        (f"{JSON_TYPE};q=x, {HTML_TYPE};q=7", Form.HTML),
        ("application/vnd.pypi.simple.latest+json;v=1", Form.JSON),
    ],
)
def test_the_form_is_the_one_the_client_prefers(accept: str | None, form: Form) -> None:
    assert negotiate(accept) is form


def test_metadata_in_an_unknown_hash_is_still_offered() -> None:
    found = PageFile(WHEEL, "", "1.0", core_metadata={"blake2": "aa"})
    assert b'data-core-metadata="true"' in render(ProjectPage("foo", (found,)), Form.HTML)


@pytest.mark.parametrize("part", ['<a href="', "<!--", "<!--a>", "<![CDATA[", "</", "<?", "<a x "])
def test_a_page_of_tags_that_never_end_is_no_answer_and_takes_no_time(part: str) -> None:
    with pytest.raises(UpstreamError):
        parse_page("foo", part.encode() * 300_000, "text/html", URL)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"x", "text/html; charset=\0"),
        (b"x-9", "text/html; charset=punycode"),
        (b"x", "text/html; charset=undefined"),
        (b'<base href="http://[">', "text/html"),
    ],
)
def test_a_charset_or_base_that_makes_no_sense_is_no_answer(body: bytes, kind: str) -> None:
    with pytest.raises(UpstreamError):
        parse_page("foo", body + b'<a href="foo-1.tar.gz">', kind, URL)


def test_a_file_whose_version_is_too_long_to_count_is_left_out() -> None:
    filename = f"foo-{'1' * 5000}.tar.gz"
    page = parse_page("foo", json.dumps({"files": [{"url": filename}]}).encode(), JSON_TYPE, URL)
    assert (page.files, page.dropped) == ((), 1)
