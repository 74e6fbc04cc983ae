"""What is put into settings by `jsonc` is what `readers.text.plain_json`, which guards them, reads there."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from slopguard.guard.enabling.jsonc import NoJson, parse
from slopguard.readers.text import plain_json

PIECES = st.sampled_from(
    [
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        '"a":',
        '"hooks":',
        '"x//y"',
        '"/*"',
        '"\\""',
        "1",
        "-1.5e3",
        "true",
        "null",
        "//c\n",
        "/*c*/",
        "/*",
        "*/",
        "//",
        "\n",
        "\r\n",
        " ",
        "\t",
        "\\",
        '"',
        "\x0b",
        "\u2028",
        "\ufeff",
    ]
)
SPACE = st.sampled_from(["", "", " ", "\n", "//c\n", "/* , */", "/*]*/"])
PLAIN = st.sampled_from(["1", '"a"', '"x//y"', '"/*"', "false", '"\\"//"'])


def lists(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    ended = st.sampled_from(["", ","])
    arrays = st.builds(lambda each, end: f"[{','.join(each)}{end}]", st.lists(inner, min_size=1, max_size=3), ended)
    tables = st.builds(
        lambda each, end: "{" + ",".join(f'"k{n}":{one}' for n, one in enumerate(each)) + end + "}",
        st.lists(inner, min_size=1, max_size=3),
        ended,
    )
    return st.builds(lambda before, value, after: before + value + after, SPACE, arrays | tables, SPACE)


DOCUMENTS = st.recursive(st.builds(lambda space, value: space + value, SPACE, PLAIN), lists, max_leaves=8)


@given(DOCUMENTS | st.lists(PIECES, max_size=12).map("".join))
def test_what_one_reads_the_other_reads_alike(text: str) -> None:
    try:
        found = parse(text).plain()
    except NoJson:
        return
    assert json.loads(plain_json(text), parse_int=float) == found


@given(DOCUMENTS)
def test_documents_are_read(text: str) -> None:
    parse(text)
