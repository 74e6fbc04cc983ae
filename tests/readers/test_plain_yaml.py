"""The fast way through YAML that machines wrote: what a whole parser makes of it, or nothing."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from slopguard.readers import yaml_text
from slopguard.readers.plain_yaml import mapping

LOCK = """\
# written by a client
lockfileVersion: '9.0'

settings:
  autoInstallPeers: true

importers:

  .:
    dependencies:
      foo:
        specifier: workspace:*
        version: link:../foo

packages:

  '@s/foo@1.2.3':
    resolution: {integrity: sha512-ab/c+d==, tarball: https://registry.example/foo-1.2.3.tgz}
    engines: {node: '>=6.9.0 || ^4', npm: "*"}
    os: [darwin, linux]
    deprecated: Please don't, and 'never'; it's (old)
    transitivePeerDependencies:
      - debug
      - '@s/peer'
    hasBin: true

"foo@npm:^1.0.0, foo@npm:>=1":
  version: 1.10
  conditions: os=aix & cpu=ppc64
snapshots:
"""


def whole(text: str) -> object:
    return list(yaml.load_all(text, Loader=yaml_text._Loader))


def test_a_lock_file_is_read_as_the_whole_parser_reads_it():
    assert [mapping(LOCK)] == whole(LOCK)


@pytest.mark.parametrize(
    "text",
    [
        *("a: &x b", "a: *x", "a: !t b", "<<: a", "a: {<<: b}", "'<<': a", "a: |", "a: >-\n  b", "- a", "a:\n- b"),
        *(
            "a: b: c",
            "a: b #c",
            "a: b\n  c: d",
            "a:\n  b: c\n d: e",
            "? a",
            "a",
            "a: [b, [c]]",
            "a: {b: {c: d}}",
            "a: [",
        ),
        *("---\na: b", "a: b\n---\nc: d", "%YAML 1.1\n---\na: b", "\ta: b", "a:\tb", "a: b\r\nc: d", "a: \u00e9"),
        *('a: "b', 'a: "\\x41"', "a: 'b' c", "a: @b", "a: `b", "a: b:", "a: b\n...\n", "a: b\n  c", "\ufeffa: b"),
        *(
            "a: [b c, d: e]",
            "a: {b}",
            "a: {b: c,}",
            "a: {b: c, }",
            "a: {b:c}",
            "a:b",
            "a : b",
            "{a: b}",
            '"a": "b\n  c"',
        ),
    ],
)
def test_what_is_not_plain_is_left_to_the_whole_parser(text):
    assert mapping(text) is None or [mapping(text)] == whole(text)


INDENTS = st.sampled_from(["", "  ", "    ", "      ", " ", "   "])
SCALARS = st.sampled_from(
    [
        *(
            "a",
            "1.10",
            "x@1.0.0",
            "'@s/a@1'",
            '"b c"',
            "'it''s'",
            '"a\\"b"',
            "https://h.example/a?b=c&d",
            "",
            "~",
            "null",
        ),
        *(
            "npm:^1 || ~2",
            "a: b",
            "a #b",
            "a#b",
            "a:",
            ":a",
            "-",
            "- a",
            "-a",
            "?",
            "? a",
            "*",
            "&a",
            "*a",
            "!",
            "!t",
            "|",
        ),
        *(
            ">",
            ">=1",
            "%",
            "@a",
            "`",
            "{",
            "}",
            "{}",
            "[]",
            "{a: b}",
            "{a: 'b', c: d}",
            "[a, b]",
            "[a b, 'c']",
            "{a: }",
        ),
        *(
            "{a}",
            "[a: b]",
            "{a: b, c: https://h.example/}",
            "<<",
            "=",
            "...",
            "---",
            "a,b",
            "a]",
            "a}",
            "(os=a & b)",
            "a  b",
        ),
        *(
            "{a: b c}",
            "{a: b  c}",
            "{a: x:y}",
            "{a: x?}",
            "[?]",
            "[? a]",
            "a\\b",
            "a ",
            "$a",
            "+1",
            ".inf",
            "0x1F",
            "\x7f",
            "é",
        ),
    ]
)
KEYS = SCALARS | st.sampled_from(["a", "b", "version", "resolution"])
LINES = st.builds(
    lambda indent, key, colon, value: f"{indent}{key}{colon}{value}",
    INDENTS,
    KEYS,
    st.sampled_from([": ", ":", ": ", ":  "]),
    SCALARS,
) | st.builds(lambda indent, value: f"{indent}- {value}", INDENTS, SCALARS)
TEXTS = st.lists(LINES | INDENTS | st.sampled_from(["# a", "  # a", "---", "..."]), max_size=7).map("\n".join)


@settings(max_examples=600)
@given(TEXTS | st.text())
@example("a:\n  b: c\n  d:\n    - e\n  f: g\nh: i\n")
@example("a:\n  b:\n\n    c: d\n")
def test_whatever_is_read_is_what_the_whole_parser_reads(text):
    found = mapping(text)
    if found:
        assert [found] == whole(text)


PLAIN = st.from_regex(r"[A-Za-z0-9$(+./;<=\\^_~][ -~]{0,12}", fullmatch=True)


@settings(max_examples=400)
@given(
    PLAIN,
    PLAIN,
    st.sampled_from(["{0}: {1}", "a: {{{0}: {1}}}", "a: [{0}, {1}]", "a:\n  - {0}\n  - {1}", "{0}:\n  {1}: b"]),
)
def test_so_is_every_scalar_without_quotes(one, other, shape):
    text = shape.format(one, other)
    found = mapping(text)
    if found:
        assert [found] == whole(text)


def test_a_text_of_many_lines_is_read_in_one_go():
    text = "".join(f"k{number}:\n  v: '{number}'\n" for number in range(5000))
    found = mapping(text)
    assert found is not None
    assert len(found) == 5000
