"""Imports of Python files: what `ast` finds in files it can read, and what stands there in those it cannot."""

from __future__ import annotations

import ast
import os
import warnings
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slopguard.model import Ecosystem
from slopguard.readers import python_imports

from .files import HERE

FILE = HERE / "app.py"
LIBRARY = Path(os.__file__).parent
FOLDERS = ("email", "asyncio", "concurrent", "importlib", "multiprocessing", "unittest", "xml", "encodings", "json")


def modules(text, known=lambda module: False):
    return [each.module for each in python_imports.read(FILE, text, known)]


def optional(text):
    return [each.module for each in python_imports.read(FILE, text) if each.optional]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("import a", ["a"]),
        ("import a.b, c as d", ["a.b", "c"]),
        ("import a, \\\n  b", ["a", "b"]),
        ("from x.y import z", ["x.y"]),
        ("from x import (\n  y,\n  z\n)", ["x"]),
        ("from x import*", ["x"]),
        ("from x \\\n  import y", ["x"]),
        ("pass; import a; from b import c", ["a", "b"]),
        ("if True: import a\nelse: from b import c", ["a", "b"]),
        ("def f():\n\timport a", ["a"]),
        ("x = importlib.import_module('a.b')", ["a.b"]),
        ('__import__("a")', ["a"]),
        ("import a\r\nimport b\r\n", ["a", "b"]),
        ("import ünïcode", ["ünïcode"]),
        ("print 'Python 2'\nimport urllib2, a\nexec 'x'", ["urllib2", "a"]),
        ("def broken(:\nimport a\n((((", ["a"]),
    ],
)
def test_what_is_imported(text, found):
    assert modules(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "from . import a",
        "from .b import a",
        "import_module('.a', package='b')",
        "import_module(name)",
        "# import a",
        "x = 'import a'",
        '"""\nimport a\n"""',
        "'''\\'''\nimport a\n'''",
        "x = '\\\nimport a'",
        '"""\nimport a',
        "important = 1",
        "reimport('a')",
        "def import_a(): pass",
        "x.__import__",
        "",
    ],
)
def test_what_is_no_import(text):
    assert modules(text) == []


def test_a_hash_in_a_string_and_a_quote_in_a_comment_hide_nothing():
    assert modules("x = '#'; import a\n# it's\nimport b") == ["a", "b"]


def test_every_import_has_its_line_path_and_ecosystem():
    found = python_imports.read(FILE, "import a\n\nif x:\n    from b import (\n  c)\n")
    assert [(each.location.path, each.location.line) for each in found] == [(str(FILE), 1), (str(FILE), 4)]
    assert {each.ecosystem for each in found} == {Ecosystem.PYPI}


@pytest.mark.parametrize(
    "text",
    [
        "try:\n    import a\nexcept ImportError:\n    pass",
        "try:\n    import a\nexcept (ValueError, ModuleNotFoundError):\n    pass",
        "try:\n    import a\nexcept:\n    pass",
        "try:\n    if x:\n        import a\nexcept Exception:\n    pass",
        "try: import a\nexcept ImportError: pass",
        "try:\n    pass\nexcept ImportError:\n    import a",
        "if TYPE_CHECKING:\n    import a",
        "if typing.TYPE_CHECKING: import a",
        "with suppress(ImportError):\n    import a",
        "pytest.importorskip('a')",
    ],
)
def test_what_a_program_does_without_is_optional(text):
    assert optional(text) == ["a"]


@pytest.mark.parametrize(
    "text",
    [
        "import a",
        "try:\n    import a\nexcept ValueError:\n    pass",
        "try:\n    import a\nfinally:\n    pass",
        "try:\n    pass\nexcept ImportError:\n    pass\nimport a",
        "def f():\n    import a",
        "if DEBUG:\n    import a",
        "with open(x):\n    import a",
    ],
)
def test_what_a_program_needs_is_not_optional(text):
    assert modules(text) == ["a"]
    assert optional(text) == []


def test_nothing_is_said_of_what_the_caller_knows():
    assert modules("import os\nimport a\nfrom os import path", lambda module: module == "os") == ["a"]


def test_a_text_that_nobody_wrote_is_left_alone():
    assert modules("import a\n" + "x = 1\n" * python_imports.LIMIT) == []


@pytest.mark.parametrize("folder", FOLDERS)
def test_ast_finds_the_same_in_the_standard_library(folder):
    files = sorted((LIBRARY / folder).rglob("*.py"))
    texts = {file: text for file in files if (text := _parsable(file)) is not None}
    assert {file: set(modules(text)) for file, text in texts.items()} == {
        file: _by_ast(text) for file, text in texts.items()
    }


_PIECES = st.sampled_from(
    [
        "import a",
        "from b import c",
        "import_module('d')",
        "try:",
        "except ImportError:",
        '"""',
        "'",
        '"',
        "\\",
        "\n",
        "#",
        ";",
        ":",
        " ",
        "\t",
        "    ",
        "(",
        ")",
        ",",
        "x",
        "é",
        "\r\n",
        "\r",
        "\0",
    ]
)


@given(st.lists(_PIECES, max_size=60).map("".join) | st.text(max_size=300))
def test_any_text_gives_modules_that_stand_in_it(text):
    for each in python_imports.read(FILE, text):
        assert each.module in text
        assert 1 <= each.location.line <= text.count("\n") + text.count("\r") + 1  # Python ends a line at each


@given(st.lists(_PIECES, max_size=25).map("".join))
def test_what_ast_can_read_is_read_as_ast_reads_it(text):
    try:
        expected = _by_ast(text)
    except (SyntaxError, ValueError):
        return
    assert set(modules(text)) == expected


def _parsable(file):
    try:
        text = file.read_text("utf-8")
        _by_ast(text)
    except (SyntaxError, ValueError):
        return None
    return text


def _by_ast(text):
    """What `ast` finds: absolute imports, and calls with a literal name."""
    found = set()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.add(node.module)
        elif isinstance(node, ast.Call) and _called(node.func) in ("import_module", "__import__", "importorskip"):
            found.update(_literal(node.args[:1]))
    return found


def _called(function):
    return getattr(function, "id", getattr(function, "attr", ""))


def _literal(arguments):
    values = [each.value for each in arguments if isinstance(each, ast.Constant) and isinstance(each.value, str)]
    return [value for value in values if value[:1].isidentifier()]
