"""Two hundred real lines, labelled by hand: what the readers find is what a person reads in them.

`labelled.jsonl` says for every line which packages of a registry somebody would fetch who carries out the commands in
it. The labels follow these rules:

* Fetched is what the line names for a client to install, download, build or run (`npx`, `uvx`, `pip download`); a dry
  run and an offline run name it all the same, and so does a command that another one starts (`docker run IMAGE pip`).
* Paths, URLs, version control, `-r` files, lock files, groups and extras name no package.
* A placeholder that no registry could hold (`<pkg>`, `${NAME}`, `[<@scope>/]<name>`) names none. One that could be
  registered (`SomePackage`) is a name like any other: so it would be to the client.
* Of prose counts what is quoted as a command; what a shell comments out or only prints counts for nothing.

Documentation and answers of models are read as prose. A line of a workflow or a manifest is a piece of YAML or JSON,
so its key is taken off before it is read as shell.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from slopguard import commands
from slopguard.model import Ecosystem, SourceKind
from slopguard.names import normalize, problem_of

LINES: list[dict[str, Any]] = [
    json.loads(line) for line in Path(__file__).with_name("labelled.jsonl").read_text("utf-8").splitlines()
]
WANTED = 0.99
KEY = re.compile(r"""\s*(?:- )?\s*(?:[\w:"-]+:\s+|- )?(["']?)(.*?)\1,?""", re.DOTALL)
"""`run: COMMAND`, `- run: COMMAND`, `- "COMMAND"`, `"test": "COMMAND",`: the command is the second group."""
KEYED = re.compile(r"""\s*(?:- |(?:- )?(?:run|description|script|"[\w:-]+"):\s)""")
Names = set[tuple[str, str]]


def found(text: str, kind: str) -> Names:
    """The packages that the reader for such a line finds."""
    prose = kind == "docs" or kind.startswith("llm:")
    if not prose and KEYED.match(text) and (value := KEY.fullmatch(text)):
        text = value[2]
    reading = (commands.phrase if prose else commands.read)(text, Path("/tree/line"))
    return {
        (str(each.ecosystem), spelled(each.ecosystem, each.raw))
        for each in reading.sightings
        if each.source.kind is SourceKind.REGISTRY and "constraint" not in each.extra
    }


def spelled(ecosystem: Ecosystem, raw: str) -> str:
    """A name as the labels spell it; what is no name stays as it is, so that it counts as one too many."""
    return raw if problem_of(ecosystem, raw) else normalize(ecosystem, raw)


def expected(line: dict[str, Any]) -> Names:
    return {(each["ecosystem"], each["name"]) for each in line["expect"]}


@pytest.fixture(scope="module")
def both() -> list[tuple[dict[str, Any], Names, Names]]:
    """Every line with what was expected and what was found."""
    return [(line, expected(line), found(line["text"], line["kind"])) for line in LINES]


def test_there_are_two_hundred_lines_of_every_kind() -> None:
    assert len(LINES) == 200
    kinds = {line["kind"].partition(":")[0] for line in LINES}
    assert kinds == {"docs", "workflow", "shell", "dockerfile", "package.json", "llm"}


def test_names_are_found_and_no_others(both: list[tuple[dict[str, Any], Names, Names]]) -> None:
    right = sum(len(wanted & got) for _, wanted, got in both)
    precision = right / max(sum(len(got) for *_, got in both), 1)
    recall = right / sum(len(wanted) for _, wanted, _ in both)
    assert min(precision, recall) >= WANTED, f"precision {precision:.4f}, recall {recall:.4f}"


def test_no_line_is_read_otherwise_than_a_person_reads_it(both: list[tuple[dict[str, Any], Names, Names]]) -> None:
    assert [
        {"text": line["text"], "kind": line["kind"], "missing": sorted(wanted - got), "too many": sorted(got - wanted)}
        for line, wanted, got in both
        if wanted != got
    ] == []
