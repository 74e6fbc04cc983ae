"""nox: what sessions install and run, read from the syntax tree."""

from __future__ import annotations

import time

from hypothesis import given
from hypothesis import strategies as st

from slopguard.commands import nox

from .found import files, names, reading, reads_or_refuses, unclear


def read(text):
    return reading(nox, "noxfile.py", text)


def test_sessions_install_and_run():
    found = read("""import nox
TOOLS = ["ruff", "mypy>=1"]
MORE = (*TOOLS, "click")


@nox.session(python=["3.12"])
def lint(session: nox.Session) -> None:
    session.install(*TOOLS)
    session.install("-r", "reqs.lst", "flask",
                    "rich")
    session.run("pip", "install", *MORE[1:])
    session.run("npm", "install", "left-pad", external=True)
    session.run(*"pip install httpx".split())
    session.run("pytest", *session.posargs)
    other.install("nothing")


def helper(s):
    s.run_install("uv", "pip", "install", "attrs")
""")
    assert names(found) == [
        ("ruff", 8),
        ("mypy>=1", 8),
        ("flask", 9),
        ("rich", 10),
        ("left-pad", 12),
        ("httpx", 13),
        ("attrs", 19),
    ]
    assert files(found) == ["reqs.lst"]
    assert unclear(found) == [11]


def test_what_only_a_run_can_tell_is_undecidable():
    found = read("""def lint(session):
    session.install(f"flask=={VERSION}")
    session.install(*load())
    session.install(name)
    name = "a"
    name = "b"
    session.install("x" + "y", *session.posargs)
""")
    assert [each.raw for each in found.sightings] == ["flask", "xy"]
    assert unclear(found)[-2:] == [3, 4]


def test_nothing_is_run():
    assert names(read("raise SystemExit\nimport os; os.abort()\ndef f(s):\n  s.install('x')\n")) == [("x", 4)]


def test_names_that_grow_end():
    text = "".join(f"a{n} = a{n + 1} + a{n + 1}\nb{n} = [*b{n + 1}, *b{n + 1}]\n" for n in range(200))
    start = time.perf_counter()
    read(text + "a200 = 'x'\nb200 = ['x']\ndef f(s):\n    s.install(a0, *b0, *c)\nc = [*c, *c]\n")
    assert time.perf_counter() - start < 5


PIECES = [
    "def f(s):\n",
    " s.install(",
    "'a'",
    ", ",
    "*x",
    ")\n",
    "x = ",
    "['b']",
    "+",
    "f'{x}'",
    "s.run('pip','install',",
]


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=20).map("".join))
def test_any_text_is_read(text):
    reads_or_refuses(nox, "noxfile.py", text)
