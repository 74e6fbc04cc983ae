"""Inline script metadata: the block the PEP's own grammar finds, with uv's indexes and sources in it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slopguard import readers
from slopguard.errors import InputError
from slopguard.readers.pep723 import blocks

from .files import HERE, holding_paths, refusal

FILE = HERE / "script.py"
GRAMMAR = re.compile(r"(?m)^# /// (?P<type>[a-zA-Z0-9-]+)$\s(?P<content>(^#(| .*)$\s)+)^# ///$")
"""The reference grammar, as the specification gives it."""

SCRIPT = """\
#!/usr/bin/env python3
# /// script
# requires-python = ">=3.11"
# dependencies = [
#   "flask>=2",
#   "local",
# ]
#
# [tool.uv.sources]
# local = { path = "./local" }
# [[tool.uv.index]]
# url = "https://other.example/simple"
# ///
import flask
"""


def read(text):
    return readers.read(FILE, holding_paths({"script.py": text}))


def test_dependencies_sources_and_indexes_of_a_script_are_read():
    reading = read(SCRIPT)
    found = [(s.raw, str(s.source.kind), s.location.line) for s in reading.sightings]
    assert found == [("flask", "registry", 5), ("local", "path", 6)]
    assert [(line.url, line.kind, line.location.line) for line in reading.indexes] == [
        ("https://other.example/simple", "extra", 12)
    ]


def test_windows_line_ends_change_nothing():
    assert [s.raw for s in read(SCRIPT.replace("\n", "\r\n")).sightings] == ["flask", "local"]


@pytest.mark.parametrize(
    "text", ["", "print()", "# /// script\n# dependencies = ['x']\n", "# /// other\n# a = 1\n# ///"]
)
def test_a_script_without_a_closed_block_has_no_dependencies(text):
    reading = read(text)
    assert (reading.sightings, reading.problems) == ((), ())


def test_two_script_blocks_are_refused():
    block = "# /// script\n# dependencies = []\n# ///\n"
    with pytest.raises(InputError, match=r"script\.py:5: a second script block"):
        read(f"{block}\n{block}")


def test_a_broken_block_is_refused_with_the_line_of_the_script():
    with pytest.raises(InputError, match=r"script\.py:4: not valid TOML"):
        read("\n# /// script\n# a = 1\n# b = \n# ///\n")


LINES = st.sampled_from(["# /// script", "# /// other", "# ///", "#", "# a = 1", "#b", "", "code", "# /// script "])


@given(st.lists(LINES, max_size=12).map("\n".join))
def test_blocks_are_those_of_the_reference_grammar(text):
    theirs = [
        (found["type"], re.sub(r"(?m)^# ?", "", found["content"]).removesuffix("\n"))
        for found in GRAMMAR.finditer(text)
    ]
    assert [(kind, body) for kind, _, body in blocks(text)] == theirs


@given(st.text() | st.lists(LINES).map("\n".join))
def test_any_text_is_read_or_refused(text):
    words = refusal(read, text)
    assert not words or words.startswith("/project/script.py:")
