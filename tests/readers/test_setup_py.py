"""`setup.py`: what its text passes to `setup()`; it is never run, and what only that would tell is said to be so."""

from __future__ import annotations

import pytest

from slopguard import readers
from slopguard.errors import InputError

from .files import HERE, holding_paths


def read(text, **more):
    files = {"setup.py": text, **{f"{name}.txt": value for name, value in more.items()}}
    return readers.read(HERE / "setup.py", holding_paths(files), kind="setup_py")


def names(reading):
    return [(s.raw, s.extra["group"]) for s in reading.sightings]


def codes(reading):
    return [(problem.code, problem.location.line) for problem in reading.problems]


def test_lists_names_and_sums_of_them_are_read():
    reading = read(
        """
import setuptools
VERSION = "1.0"
tests: list[str] = ["pytest>=8"]
tests += ["mock"]
tests.append("tox")
extras = {"test": tests, "docs": ["sphinx"] + ("furo",)}
extras["more"] = ["attrs"]
setuptools.setup(
    name="own",
    install_requires=["flask>=2", "werk" + "zeug", f"six=={VERSION}", *tests] + (tests if VERSION else []),
    setup_requires="wheel\\ncython",
    tests_require=tests,
    extras_require=extras,
    dependency_links=["https://h.example/x-1.0.zip#egg=x"],
)
"""
    )
    flat = [(s.raw, s.specifier) for s in reading.sightings if s.extra["group"] == "dependencies"]
    assert flat[:4] == [("flask", ">=2"), ("werkzeug", ""), ("six", "==1.0"), ("pytest", ">=8")]
    assert names(reading)[-6:] == [
        ("mock", "extra:test"),
        ("tox", "extra:test"),
        ("sphinx", "extra:docs"),
        ("furo", "extra:docs"),
        ("attrs", "extra:more"),
        ("x", "dependency_links"),
    ]
    assert {("wheel", "build-system"), ("cython", "build-system"), ("tox", "extra:tests")} <= set(names(reading))
    assert (reading.project, codes(reading)) == ("own", [])
    assert reading.sightings[0].location.line == 11


@pytest.mark.parametrize(
    "expression",
    [
        'open("reqs.txt").read().splitlines()',
        '[line.strip() for line in open("reqs.txt")]',
        'list(open(os.path.join(os.path.dirname(__file__), "reqs.txt")))',
        'Path("reqs.txt").read_text().split("\\n")',
        '(Path(__file__).parent / "reqs.txt").read_text().splitlines()',
        "lines",
        "[each for each in lines if each]",
    ],
)
def test_the_lines_of_a_file_are_that_file(expression):
    text = f"""
with open("README.md") as f:
    about = f.read()
with open("reqs.txt") as f:
    lines = f.read().splitlines()
setup(long_description=about, install_requires={expression})
"""
    reading = read(text, reqs="flask==2.0\n# no\nidna\n")
    assert [(s.raw, s.location.path, s.location.line) for s in reading.sightings] == [
        ("flask", "/project/reqs.txt", 1),
        ("idna", "/project/reqs.txt", 3),
    ]
    assert codes(reading) == []


def test_a_file_that_is_not_there_is_said_to_be_missing():
    assert codes(read('setup(install_requires=open("gone.txt").readlines())')) == [("missing-include", 1)]


@pytest.mark.parametrize(
    "keywords",
    [
        "install_requires=requirements()",
        "install_requires=unknown",
        "install_requires=['a%s' % b]",
        "install_requires=[x for x in y if z]",
        "**options",
        "extras_require=make()",
        "extras_require={'a': make()}",
        "extras_require={**other}",
        "install_requires=open(name).readlines()",
    ],
)
def test_what_only_running_it_would_tell_is_undecidable(keywords):
    assert codes(read(f"import x\nsetup(\n{keywords})"))[0][0] == "undecidable"


def test_the_rest_of_a_list_is_read_all_the_same():
    reading = read("setup(install_requires=['a',\nb(),\n'c'])")
    assert (names(reading), codes(reading)) == (
        [("a", "dependencies"), ("c", "dependencies")],
        [("undecidable", 2)],
    )


@pytest.mark.parametrize(
    "call",
    ["from setuptools import setup as s\ns(", "from distutils import core\ncore.setup(", "def main():\n  setup("],
)
def test_the_call_is_found_under_any_name(call):
    assert names(read(f"{call}install_requires=['six'])")) == [("six", "dependencies")]


def test_a_mapping_of_keywords_is_looked_into():
    text = "options = dict(install_requires=['six'])\noptions['setup_requires'] = ['wheel']\nsetup(**options)"
    assert names(read(text)) == [("six", "dependencies"), ("wheel", "build-system")]


@pytest.mark.parametrize("text", ["", "import os\n", "setup()", "setup(install_requires=None, extras_require=None)"])
def test_a_script_that_lists_nothing_says_nothing(text):
    reading = read(text)
    assert (reading.sightings, reading.problems) == ((), ())


def test_nothing_is_run(tmp_path):
    mark = tmp_path / "ran"
    read(f"open({str(mark)!r}, 'w').close()\nsetup(install_requires=[open({str(mark)!r}, 'w').name])")
    assert not mark.exists()


@pytest.mark.parametrize(
    "text",
    [
        "print 'old'",
        "exec 'x'",
        "\0",
        "(" * 100_000,
        "-" * 100_000 + "1",
        "a=" + "+".join("1" * 90_000),
        "x" + ".a" * 90_000,
    ],
)
def test_what_is_no_python_of_today_or_too_deep_is_refused(text):
    with pytest.raises(InputError, match=r"^/project/setup\.py(:\d+)?: not Python that can be read$"):
        read(text)


def test_a_script_of_a_size_that_nobody_writes_is_refused():
    with pytest.raises(InputError, match="larger than 500 kB"):
        read("#" * 500_001)


DOUBLING = "".join(f"a{n} = a{n - 1} + a{n - 1}\n" for n in range(1, 35))


@pytest.mark.parametrize("start", ["['x']", "'x'", "a0"])
def test_values_that_double_and_double_end_soon(start):
    assert codes(read(f"a0 = {start}\n{DOUBLING}setup(install_requires=a34)"))[0][0] == "undecidable"
