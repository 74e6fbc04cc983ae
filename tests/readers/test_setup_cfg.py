"""`setup.cfg`: the lists that setuptools installs, read as it reads them."""

from __future__ import annotations

import pytest

from slopguard import readers
from slopguard.errors import InputError

from .files import HERE, brief, holding_paths

TEXT = """\
[metadata]
name = My.Project
[options]
packages = find:
install-requires =
    flask>=2 ; python_version > "3"
    # a comment
    my-project[web]
    lib @ git+https://t0ken@git.example/lib.git
setup_requires = wheel; cython==3.0
tests_require =
    pytest
dependency_links =
    https://h.example/odd-1.0.tar.gz#egg=odd-1.0
    https://h.example/links/
[options.extras_require]
web: django
docs = file: docs.txt, gone.txt
lazy = attr: pkg.EXTRAS
[easy_install]
index_url = https://u:s3cret@registry.example/simple
[flake8]
max-line-length = 120
"""


def read(text=TEXT, **more):
    files = {"setup.cfg": text, **{f"{name}.txt": value for name, value in more.items()}}
    return readers.read(HERE / "setup.cfg", holding_paths(files))


def test_every_list_is_read_with_its_lines():
    reading = read(docs="sphinx==7.0\nfuro\n")
    found = [(s.raw, s.specifier, s.extra["group"], s.location.line) for s in reading.sightings]
    assert found == [
        ("flask", ">=2", "dependencies", 6),
        ("my-project", "", "dependencies", 8),
        ("lib", "", "dependencies", 9),
        ("wheel", "", "build-system", 10),
        ("cython", "==3.0", "build-system", 10),
        ("pytest", "", "extra:tests", 12),
        ("django", "", "extra:web", 17),
        ("sphinx", "==7.0", "extra:docs", 1),
        ("furo", "", "extra:docs", 2),
        ("odd-1.0", "", "dependency_links", 14),
    ]
    assert reading.project == "My.Project"
    assert "s3cret" not in repr(reading)
    assert "t0ken" not in repr(reading)


def test_places_are_told_from_names():
    by_name = {s.raw: brief(s)[3:] for s in read(docs="").sightings}
    assert by_name["lib"] == ("vcs", "git+https://git.example/lib.git")
    assert by_name["odd-1.0"] == ("url", "https://h.example/odd-1.0.tar.gz")
    assert by_name["my-project"] == ("workspace", "/project")


def test_links_to_pages_and_the_index_of_easy_install_are_places_to_look():
    found = [(line.url, line.kind, line.location.line) for line in read(docs="").indexes]
    assert found == [("https://h.example/links/", "find-links", 15), ("https://registry.example/simple", "default", 21)]


def test_what_is_missing_or_needs_code_to_run_is_a_problem_of_its_line():
    found = [(problem.code, problem.location.line) for problem in read(docs="").problems]
    assert found == [("missing-include", 18), ("undecidable", 19)]


def test_one_line_is_cut_at_semicolons_as_setuptools_does():
    one = read("[options]\ninstall_requires = a; b\n")
    several = read("[options]\ninstall_requires = a; python_version > '3'\n  b\n")
    assert [s.raw for s in one.sightings] == ["a", "b"]
    assert [s.raw for s in several.sightings] == ["a", "b"]


def test_a_file_without_setuptools_options_says_nothing():
    assert read("[bumpversion]\ncurrent_version = 1\n").sightings == ()


@pytest.mark.parametrize("text", ["six\n", "[options]\n: x\n", "[options]\na = 1\n= 2\n", "key = value\n"])
def test_what_is_no_ini_file_is_refused_with_its_line(text):
    with pytest.raises(InputError, match=r"^/project/setup\.cfg:\d: not a line of an INI file$"):
        read(text)
