"""Notebooks: cells for the kernel, for a shell and for readers; never what they printed."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slopguard.commands import notebook
from slopguard.errors import InputError
from slopguard.readers.interface import Reading

from .reading import HERE, lines, loading, names, unclear


def code(source: str, **more: object) -> dict[str, object]:
    return {"cell_type": "code", "source": source.splitlines(keepends=True), "outputs": [], **more}


def book(*cells: object) -> str:
    return json.dumps({"nbformat": 4, "cells": cells}, indent=1)


def read(text: str) -> Reading:
    return notebook.read(HERE / "a.ipynb", loading(text))


@pytest.mark.parametrize(
    "source",
    [
        "!pip install flask",
        "  ! pip install flask",
        "!!pip install flask",
        "%pip install flask",
        "%uv pip install flask",
        "%system pip install flask",
        "out = !pip install flask",
        "!pip install \\\n   flask",
        "%%bash\npip install flask",
        "%%sh\ncd x && pip install flask",
        "%%capture\n!pip install flask",
        "import x\nif True:\n    !pip install flask\n",
        "get_ipython().system('pip install flask')",
        "get_ipython().run_line_magic('pip', 'install flask')",
        "# !pip install flask",
        "import os\nos.system('pip install flask')",
        "subprocess.run([sys.executable, '-m', 'pip', 'install', 'flask'])",
    ],
)
def test_a_cell_installs(source: str) -> None:
    assert names(read(book(code(source)))) == ["pypi:flask"]


@pytest.mark.parametrize(
    "source", ["%conda install flask", "import flask", "%%writefile x\n!pip install flask", "x = 'pip'"]
)
def test_a_cell_that_installs_nothing_from_a_registry(source: str) -> None:
    assert names(read(book(code(source)))) == []


def test_a_source_may_be_one_text() -> None:
    assert names(read(book({"cell_type": "code", "source": "!pip install flask\n!npm i ws"}))) == [
        "pypi:flask",
        "npm:ws",
    ]


def test_text_cells_are_documents() -> None:
    cell = {"cell_type": "markdown", "source": ["Run:\n", "\n", "```bash\n", "pip install flask\n", "```"]}
    assert names(read(book(cell))) == ["pypi:flask"]


def test_what_was_printed_is_no_command() -> None:
    printed = [{"output_type": "stream", "text": ["To update, run: pip install --upgrade pip"]}]
    assert names(read(book(code("print(1)", outputs=printed)))) == []


def test_format_3_has_sheets() -> None:
    text = json.dumps(
        {"nbformat": 3, "worksheets": [{"cells": [{"cell_type": "code", "input": ["!pip install flask"]}]}]}
    )
    assert names(read(text)) == ["pypi:flask"]


def test_lines_are_those_of_the_file() -> None:
    text = book(code("import x\n!pip install flask\n"), code('!pip install "redis"\n!npm i ws'))
    found = lines(read(text))
    assert [text.split("\n")[(found[name] or 0) - 1].strip().strip(",") for name in ("flask", "redis", "ws")] == [
        r'"!pip install flask\n"',
        r'"!pip install \"redis\"\n"',
        '"!npm i ws"',
    ]


def test_what_the_kernel_fills_in_cannot_be_decided() -> None:
    reading = read(book(code("!pip install {name}")))
    assert (names(reading), len(unclear(reading))) == ([], 1)


def test_a_file_that_is_no_notebook_is_refused() -> None:
    with pytest.raises(InputError, match=r"a\.ipynb:1: not valid JSON"):
        read("pip install flask")


SOURCES = st.lists(
    st.sampled_from(["!pip install ", "%pip ", "%%bash\n", "flask", "\n", "\\\n", "{x}", "'", "`", "x = ", "```", " "]),
    max_size=12,
).map("".join)
KINDS = st.sampled_from(["code", "markdown", "raw"])
CELLS = st.fixed_dictionaries(
    {}, optional={"cell_type": KINDS, "source": SOURCES | st.lists(SOURCES | st.none()), "input": SOURCES}
)


@given(st.lists(CELLS | st.none(), max_size=5))
def test_any_notebook_gives_a_reading(cells: list[object]) -> None:
    text = book(*cells)
    last = text.count("\n") + 1
    assert all(1 <= (each.location.line or 1) <= last for each in read(text).sightings if each.location)


@given(st.text(max_size=200))
def test_any_text_gives_a_reading_or_is_refused(text: str) -> None:
    with contextlib.suppress(InputError):
        assert read(f"pip{text}").path == HERE / "a.ipynb"
