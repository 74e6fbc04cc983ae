"""Makefiles and justfiles: recipes with constants filled in, one shell a line."""

from __future__ import annotations

import time

from hypothesis import given
from hypothesis import strategies as st

from slopguard.commands import makefile

from .found import files, names, reading, reads_or_refuses, unclear


def read(text, name="Makefile"):
    return reading(makefile, name, text)


def test_recipes_are_commands_whatever_sign_is_in_front():
    text = """PIP ?= pip3
all: deps ; pip install inline
deps:
\t@$(PIP) install flask \\
\t  rich
\t-npm i left-pad
\t+@for p in a; do pip install $$p; done
"""
    assert names(read(text)) == [("inline", 2), ("flask", 4), ("rich", 5), ("left-pad", 6), ("a", 7)]


def test_constants_are_filled_in():
    text = """A := flask
A += rich
B = $(A) ${C}
C = click
define D
pip install $(A)
endef
x:
\tpip install $(B)
\tpip install $(UNKNOWN) $@
"""
    found = read(text)
    assert names(found) == [("flask", 6), ("rich", 6), ("flask", 9), ("rich", 9), ("click", 9)]
    assert unclear(found) == [10]


def test_a_value_of_several_lines_stands_where_it_is_referred_to():
    found = read("define A\ntrue\nnpx serve\nendef\nx:\n\t$(A)")
    assert names(found) == [("serve", 3), ("serve", 6)]


def test_what_make_itself_has_a_shell_run_counts():
    assert names(read("X := $(shell pip install flask)\nY != npx serve\n")) == [("flask", 1), ("serve", 2)]


def test_what_a_command_of_make_gave_is_unknown_but_for_programs_it_looked_for():
    text = """V := $(shell python -c "print('a b')" | cut -d " " -f 2)
PIP := $(shell which pip3)
x:
\t$(PIP) install flask==$(V) "rich==$(V)"
\tpip install $(V)
"""
    found = read(text)
    assert [each.raw for each in found.sightings] == ["flask", "rich"]
    assert unclear(found)[-1] == 5


def test_each_line_has_a_shell_of_its_own_or_all_have_one():
    text = "{}x:\n\tcd api\n\tpip install -r reqs.lst\n"
    assert files(read(text.format(""))) == ["reqs.lst"]
    assert files(read(text.format(".ONESHELL:\n"))) == ["api/reqs.lst"]


def test_exported_variables_are_in_the_environment():
    text = "export PIP_INDEX_URL = https://mirror.example/simple\nx:\n\tpip install flask\n"
    assert [each.source.index for each in read(text).sightings] == ["https://mirror.example/simple"]


def test_variables_that_refer_to_each_other_end():
    start = time.perf_counter()
    read("A = $(B)$(B)\nB = $(A)$(A)\n" + "x:\n" + "\tpip install $(A)\n" * 2_000)
    read("".join(f"A{n} = $(A{n + 1})$(A{n + 1})\n" for n in range(60)) + "x:\n\tpip install $(A0)\n")
    assert time.perf_counter() - start < 20


def test_justfiles():
    text = """tool := "flask"
x:
    @pip install {{tool}} {{ other }}
    npm i \\
      left-pad

y:
    #!/usr/bin/env bash
    cd api
    pip install -r reqs.lst
z:
    #!/usr/bin/env python3
    pip = 1
"""
    found = read(text, "justfile")
    assert names(found) == [("flask", 3), ("left-pad", 5)]
    assert unclear(found) == [3]
    assert files(found) == ["api/reqs.lst"]


PIECES = [
    "x:\n",
    "\t",
    "pip install a",
    "\\\n",
    "$(A)",
    "$(shell ",
    ")",
    "A = ",
    "define A\n",
    "endef\n",
    "$$",
    "{{x}}",
]


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=30).map("".join))
def test_any_text_is_read(text):
    reads_or_refuses(makefile, "Makefile", text)
    reads_or_refuses(makefile, "justfile", text)
