"""What the documents show can be typed as it stands, and does what they say."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.documents.runner import Machines, steps
from tests.simulators.pypi import PyPI

DOCS = Path(__file__).resolve().parents[2] / "docs"


@pytest.fixture
def machines(tmp_path: Path, pypi: PyPI) -> Machines:
    pypi.add("acme-charts", "1.4.2", days_old=20)
    return Machines(tmp_path / "d", pypi)


def typed(machines: Machines, name: str) -> int:
    found = list(steps((DOCS / name).read_text(encoding="utf-8")))
    for step in found:
        machines.run(step)
    return len(found)


def test_the_commands_of_the_documents_do_what_they_say(machines: Machines) -> None:
    """Bad days come to the lists, machines and people that the first document leaves behind."""
    assert typed(machines, "lists.md") > 40
    assert typed(machines, "bad-days.md") > 30


def test_a_first_check_does_what_its_document_says(machines: Machines) -> None:
    machines.index.add_established("flask")
    assert typed(machines, "check.md") == 4


def test_a_document_that_is_wrong_is_found_out(machines: Machines) -> None:
    right, wrong, other = steps("```console\nana$ echo one two\none ...\nana$ false\nana$ echo one\ntwo\n```\n")
    machines.run(right)
    for step in (wrong, other):
        with pytest.raises(AssertionError):
            machines.run(step)
