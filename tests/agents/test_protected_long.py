"""A command that would harm the guard does not hide behind others, however many or however deep."""

from __future__ import annotations

from pathlib import Path

import pytest

from slopguard.agents import protected

HARM = ("slopguard disable", "pip uninstall -y slopguard", "echo x > .cursor/hooks.json")
BEFORE = {
    "many": "true; " * 700 + "{}",
    "lines": "true\n" * 2_000 + "{}\n",
    "long": ": " + "a" * 210_000 + "; {}",
    "wrapped": "nice " * 12 + "env " * 12 + "{}",
    "alone": "{}",
    "nested": "bash -c 'true' && " + "$(echo $(" * 12 + "{}" + "))" * 12,
}


@pytest.fixture
def places(tmp_path: Path) -> protected.Places:
    return protected.Places.of({"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}, tmp_path)


@pytest.mark.parametrize("harm", HARM)
@pytest.mark.parametrize("before", BEFORE)
def test_it_is_refused(before: str, harm: str, places: protected.Places) -> None:
    assert protected.of_command(BEFORE[before].format(harm), places) is not None


def test_what_could_do_no_harm_may_be_long(places: protected.Places) -> None:
    assert protected.of_command("true; " * 700 + "ls", places) is None


def test_what_is_too_long_to_be_read_is_to_be_run_in_parts(places: protected.Places) -> None:
    found = protected.of_command("true; " * 700 + "rm x", places)
    assert found is not None
    assert "run it in parts" in found.what
