"""What the documents show can be typed as it stands, and does what they say."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.documents.runner import Machines, steps
from tests.simulators.pypi import PyPI

DOCS = Path(__file__).resolve().parents[2] / "docs"


@pytest.mark.parametrize("name", ["lists.md", "bad-days.md"])
def test_the_commands_of_a_document_do_what_it_says(name: str, tmp_path: Path, pypi: PyPI) -> None:
    found = list(steps((DOCS / name).read_text(encoding="utf-8")))
    assert len(found) > 10
    machines = Machines(tmp_path / "d", pypi)
    for step in found:
        machines.run(step)


def test_a_document_that_is_wrong_is_found_out(tmp_path: Path, pypi: PyPI) -> None:
    machines = Machines(tmp_path / "d", pypi)
    right, wrong, other = steps("```console\nana$ echo one two\none ...\nana$ false\nana$ echo one\ntwo\n```\n")
    machines.run(right)
    for step in (wrong, other):
        with pytest.raises(AssertionError):
            machines.run(step)
