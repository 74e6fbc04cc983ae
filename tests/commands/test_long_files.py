"""What a file repeats a hundred thousand times costs no more than its length."""

from __future__ import annotations

import json
import time

import pytest

from slopguard.commands import mcp_config
from slopguard.commands.tidy import tidy
from tests.commands.found import reading

ENOUGH = 5.0
"""Seconds; what grows with the square of the length takes minutes."""


@pytest.mark.parametrize("text", ["a\\\n" * 66_000, "a\\\n\\\n" * 40_000 + "#", "#a\\\n" * 50_000])
def test_words_that_go_on_in_the_next_line(text: str) -> None:
    begun = time.perf_counter()
    tidy(text)
    assert time.perf_counter() - begun < ENOUGH


@pytest.mark.parametrize("word", ["{" * 100_000, "${{" * 50_000])
def test_words_that_are_never_filled_in(word: str) -> None:
    text = json.dumps({"mcpServers": {"a": {"command": "npx", "args": [word]}}})
    begun = time.perf_counter()
    reading(mcp_config, ".mcp.json", text)
    assert time.perf_counter() - begun < ENOUGH
