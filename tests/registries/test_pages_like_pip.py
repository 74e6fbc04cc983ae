"""pip is the oracle: our reading of a page is pip's, and what we render reads the same as what came in."""

from hypothesis import given
from hypothesis import strategies as st

from slopguard.registries.pypi.parse import HTML_TYPE, JSON_TYPE, PLAIN_HTML, parse_page
from slopguard.registries.pypi.render import Form, render
from tests.registries.pages import PAGE_URL, PROJECT, Entry, as_html, as_json, our_rows, pages, pip_rows

bases = st.sampled_from([None, "https://elsewhere.example/a/", "/b/", "../c/"])


@given(pages, bases)
def test_an_html_page_is_read_as_pip_reads_it(found: list[Entry], base: str | None) -> None:
    body = as_html(found, base)
    assert our_rows(parse_page(PROJECT, body, PLAIN_HTML, PAGE_URL)) == pip_rows(body, PLAIN_HTML)


@given(pages)
def test_a_json_page_is_read_as_pip_reads_it(found: list[Entry]) -> None:
    body = as_json(found)
    assert our_rows(parse_page(PROJECT, body, JSON_TYPE, PAGE_URL)) == pip_rows(body, JSON_TYPE)


@given(pages, st.sampled_from(list(Form)), st.booleans())
def test_pip_sees_the_same_files_through_us(found: list[Entry], form: Form, from_html: bool) -> None:
    body, kind = (as_html(found), PLAIN_HTML) if from_html else (as_json(found), JSON_TYPE)
    rendered = render(parse_page(PROJECT, body, kind, PAGE_URL), form)
    assert pip_rows(rendered, form.value) == pip_rows(body, kind)


@given(pages, st.sampled_from(list(Form)))
def test_rendering_and_parsing_again_changes_nothing_but_addresses(found: list[Entry], form: Form) -> None:
    page = parse_page(PROJECT, as_json(found), JSON_TYPE, PAGE_URL)
    again = parse_page(PROJECT, render(page, form), form.value, PAGE_URL)
    assert our_rows(again) == our_rows(page)
    assert again.dropped == 0


@given(pages, st.sampled_from(list(Form)))
def test_no_upstream_address_stands_in_a_page(found: list[Entry], form: Form) -> None:
    rendered = render(parse_page(PROJECT, as_html(found), HTML_TYPE, PAGE_URL), form)
    assert b"example" not in rendered


@given(pages)
def test_a_version_taken_out_is_nowhere_left(found: list[Entry]) -> None:
    page = parse_page(PROJECT, as_json(found), JSON_TYPE, PAGE_URL)
    for version in page.versions:
        left = page.without(frozenset({version}))
        assert version not in left.versions
        assert set(left.versions) == set(page.versions) - {version}
