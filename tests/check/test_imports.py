"""Imports that nothing in a project accounts for become suggestions, and only those."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slopguard.check.imports import ENOUGH, Finder, ecosystem_of
from slopguard.check.own import Project
from slopguard.lists import Lists
from slopguard.model import Ecosystem

LISTS = Lists.of(
    {
        "test": [
            "pypi\tos\tstdlib",
            "pypi\tcv2\timport\tin=opencv-python;opencv-python-headless",
            "pypi\tdatabricks-sql\timport\tin=databricks-sql-connector",
            "pypi\tflask\tallow\trank=1",
            "pypi\tpython-magic\tallow\trank=2",
            "pypi\tjaraco-text\tallow\trank=3",
            "npm\tfs\tstdlib",
            "npm\t@types/estree\tallow\trank=1",
        ]
    }
)
PYPI, NPM = Ecosystem.PYPI, Ecosystem.NPM


def found(files, declared=(), own=()):
    finder = Finder(Project.of(files, declared, own), LISTS.means, LISTS.listing)
    for path, text in files.items():
        if ecosystem := ecosystem_of(path):
            finder.look(Path(path), text, ecosystem)
    return finder.suggestions()


def modules(files, declared=(), own=()):
    return [each.module for each in found(files, declared, own)]


@pytest.mark.parametrize(
    "text",
    [
        "import os.path",
        "import _private",
        "from __future__ import annotations",
        "import app.core",
        "from app import core",
        "from . import core",
        "import urllib2, ConfigParser",
        "import bpy",
        "import declared_one.part",
        "import cv2",
    ],
)
def test_what_is_accounted_for_is_no_suggestion(text):
    declared = [(PYPI, "declared-one"), (PYPI, "opencv-python-headless")]
    assert modules({"app/core.py": text}, declared) == []


def test_an_import_that_nothing_accounts_for_is_a_suggestion_with_its_places():
    (each,) = found({"a.py": "import os\nimport flask_magic.auth", "b.py": "from flask_magic import x"})
    assert (each.ecosystem, each.module, each.candidates) == (PYPI, "flask_magic", ("flask-magic",))
    assert [(place.path, place.line) for place in each.locations] == [("a.py", 2), ("b.py", 1)]
    assert not each.optional


@pytest.mark.parametrize(
    ("text", "candidates"),
    [
        ("import cv2", ("opencv-python", "opencv-python-headless", "cv2")),
        ("from databricks.sql import x", ("databricks-sql-connector", "databricks")),
        ("import magic", ("magic", "python-magic")),
        ("import jaraco.text", ("jaraco", "jaraco-text")),
        ("import Foo_Bar", ("foo-bar",)),
    ],
)
def test_candidates_are_what_the_lists_say_then_the_name_then_verified_relatives(text, candidates):
    (each,) = found({"a.py": text})
    assert each.candidates == candidates


def test_a_package_of_npm_is_its_own_candidate_and_its_verified_types_another():
    text = "import 'react-magic'; import type {Node} from 'estree'; import 'fs/promises'; import '@/own'"
    suggestions = found({"a.ts": text})
    assert [(each.module, each.candidates) for each in suggestions] == [
        ("react-magic", ("react-magic",)),
        ("estree", ("estree", "@types/estree")),
    ]


@pytest.mark.parametrize("name", ["sys", "punycode", "electron", "vscode", "@Components/Button"])
def test_what_node_and_programs_bring_and_what_no_package_can_be_called_is_no_suggestion(name):
    assert modules({"a.js": f"require('{name}')"}) == []


def test_it_is_optional_only_where_every_place_does_without():
    maybe = "try:\n    import a\nexcept ImportError:\n    pass\n"
    assert [each.optional for each in found({"x.py": maybe})] == [True]
    assert [each.optional for each in found({"x.py": maybe, "y.py": "import a"})] == [False]


def test_no_more_places_are_listed_than_anybody_reads():
    (each,) = found({f"m{number}.py": "import lost" for number in range(3 * ENOUGH)})
    assert len(each.locations) == ENOUGH


@pytest.mark.parametrize(
    ("path", "ecosystem"),
    [
        ("a.py", PYPI),
        ("tests/test_a.py", PYPI),
        ("docs/conf.py", PYPI),
        ("a.pyw", PYPI),
        ("src/a.mts", NPM),
        ("src/a.svelte", NPM),
        ("src/a.d.ts", NPM),
        ("database/a.py", PYPI),
        ("rebuild/a.js", NPM),
        ("a.txt", None),
        ("a.min.js", None),
        ("pkg/_vendor/a.py", None),
        ("third_party/a.js", None),
        ("tests/fixtures/a.py", None),
        ("test/components-fixture/a.vue", None),
        ("tests/unit/data/a.py", None),
        ("dist/a.js", None),
        ("{{cookiecutter.name}}/a.py", None),
    ],
)
def test_which_files_are_looked_at(path, ecosystem):
    assert ecosystem_of(path) is ecosystem


_NAMES = st.from_regex(r"[a-z_][a-z0-9_]{0,8}(\.[a-z]{1,5}){0,2}", fullmatch=True)


@given(st.lists(_NAMES, max_size=8), st.lists(_NAMES, max_size=4))
def test_every_suggestion_names_candidates_and_is_not_declared(imports, declared):
    suggestions = found({"a.py": "\n".join(f"import {name}" for name in imports)}, [(PYPI, each) for each in declared])
    names = {name.replace("_", "-").replace(".", "-") for name in declared}
    for each in suggestions:
        assert each.candidates
        assert each.locations
        assert not names.intersection(each.candidates)
