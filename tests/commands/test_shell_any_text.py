"""Whatever a text is, reading it ends, and gives a reading whose places are in it; nothing of this machine counts."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from slopguard import commands
from slopguard.commands import bash, loose
from slopguard.commands.steps import Raw, Simple
from slopguard.commands.words import expand
from tests.commands.reading import HERE, names

PIECES = st.sampled_from(
    [
        *(
            "pip install ",
            "npm i ",
            "uv add ",
            "yarn dlx ",
            "bunx ",
            "poetry add ",
            "pdm add ",
            "pipx run ",
            "deno add npm:",
        ),
        *(
            "sudo ",
            "env ",
            "bash -c ",
            "xargs ",
            "eval ",
            "python -c ",
            "node -e ",
            "npx -c ",
            "find . -exec ",
            "ssh h ",
        ),
        *("parallel ", "alias a=", "for x in a b;do ", "done", "f(){", "if ", "fi", "set -- ", "cd ", "docker run "),
        *("$(", "`", "'", '"', "${", "}", ")", "<<EOF\n", "EOF\n", "\n", ";", "|", "&&", "<(", "((", "]]", "{{", "}}"),
        *(
            " a",
            " --index-url ",
            "http://[x",
            "$X",
            "{a,b}",
            "\\",
            "<x>",
            "[",
            "]",
            " -r ",
            " -e ",
            "=",
            "$'\\x",
            "~",
            "*",
        ),
        *(
            "#",
            "@",
            "-",
            "cat > requirements.txt ",
            "cat > package.json ",
            "\r\n",
            "\t",
            "\0",
            "\ud800",
            "\ue000",
            "\xe9",
        ),
    ]
)


@example("((\ud800'-e http://[x alias a=`")
@given(st.lists(PIECES | st.text(max_size=3), max_size=25).map("".join))
def test_any_text_gives_a_reading(text: str) -> None:
    found = commands.read(text, HERE / "line")
    last = text.count("\n") + 1
    places = [each.location for each in (*found.sightings, *found.problems)]
    assert all(place is not None and place.line is not None and 1 <= place.line <= last for place in places)


def test_letters_beyond_ascii_are_kept_and_not_shown_to_the_grammar() -> None:
    assert list(bash.steps("a {\U0010ffff \xe9", 1)) == [
        Simple((Raw("a", 1), Raw("{\U0010ffff", 1), Raw("\xe9", 1)), line=1)
    ]
    assert names(commands.read("pip install caf\xe9 \U0001f600 a", HERE / "line")) == [
        "pypi:caf\xe9",
        "pypi:\U0001f600",
        "pypi:a",
    ]


@given(st.text(max_size=60))
def test_both_parsers_take_any_text(text: str) -> None:
    list(bash.steps(text, 1))
    list(loose.steps(text, 1))
    expand(text, lambda name: ("value", "other value") if name == "x" else None)


@pytest.mark.parametrize(
    "unit",
    ["(", "$(", '"$(', "`", "{a,", "a|", "a|\n", "a()\n", "A=$A$A;", "cd a\n", "cat <<A\n", "if a; then ", "\0", "<a>",
     "def f(a, b):\n    return a[1]\n", "cat > a.sh <<A\n", "npm i a ", "for a in b c; do "],
)  # fmt: skip
def test_no_text_is_too_much(unit: str) -> None:
    text = unit * (60_000 // len(unit))
    assert len(commands.read(text, HERE / "line").problems) <= len(text)


def test_each_combination_of_values_is_read_up_to_a_number() -> None:
    loops = "".join(f"for v{number} in a b c; do :; done;" for number in range(20))
    found = commands.read(f"{loops}pip install {' '.join(f'$v{number}' for number in range(20))}", HERE / "line")
    assert set(names(found)) == {"pypi:a", "pypi:b", "pypi:c"}
    assert found.problems


def test_what_lies_in_the_folder_is_not_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tool = tmp_path / "node_modules" / ".bin" / "cowsay"
    tool.parent.mkdir(parents=True)
    tool.touch()
    (tmp_path / ".npmrc").write_text("registry=https://registry.example\n")
    (tmp_path / "package.json").write_text('{"dependencies": {"other": "1"}, "packageManager": "yarn@4.0.0"}')
    monkeypatch.setenv("PIP_INDEX_URL", "https://registry.example")
    found = commands.read("npx cowsay; npm i; yarn add a; pip install b", tmp_path / "line")
    assert names(found) == ["npm:cowsay run", "npm:a", "pypi:b"]
    assert found.files == found.indexes == ()
