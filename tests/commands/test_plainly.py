"""A plain command is read without a parser, and means what the parser says."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from slopguard.clients import COMMANDS
from slopguard.commands import bash, plainly
from slopguard.commands.tidy import tidy

WORDS = st.lists(st.text("abzAZ019_@./:=+,-", min_size=1, max_size=8), min_size=1, max_size=5)


@given(st.sampled_from([*COMMANDS, "pip3", "pip3.12"]), WORDS)
@example("pip", ["install", "flask==2.0", "a=b", "-e", "./x", "--index-url=https://registry.example/simple"])
@example("npm", ["i", "@acme/x@^1", "@acme/x@1.2.3", "--", "-"])
@example("uv", ["add", "1", "2.0", "x:y", "a+=b", "_a=1", "a,b"])
def test_it_is_what_the_parser_says(name: str, words: list[str]) -> None:
    text = " ".join([name, *words])
    found = plainly.step(text, 3)
    assert found is None or [found] == list(bash.steps(tidy(text), 3))


@pytest.mark.parametrize(
    "text", ["pip install flask requests", "npm install left-pad@1.3.0 @acme/x", "uv add httpx==0.27"]
)
def test_what_agents_mostly_run_is_plain(text: str) -> None:
    assert plainly.step(text, 1) is not None


@pytest.mark.parametrize(
    "text",
    [
        "pip install $X",
        "pip install x; rm y",
        "pip install 'x'",
        "pip install x > y",
        "pip install x\nnpm i",
        "pip install x  y",
        "pip install ...",
        "pip install x*",
        "pip install ~/x",
        "pip install {a,b}",
        "pip install é",
        "A=b pip install x",
        "rm x",
        "pip",
    ],
)
def test_all_else_is_left_to_the_parser(text: str) -> None:
    assert plainly.step(text, 1) is None
