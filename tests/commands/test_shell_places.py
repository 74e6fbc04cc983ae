"""Files, folders and indexes that a command names."""

from __future__ import annotations

import pytest

from slopguard import commands
from slopguard.model import SourceKind
from tests.commands.reading import HERE, unclear

URL = "https://registry.example/simple"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("pip install -r a.txt -c b.txt", ["a.txt", "b.txt"]),
        ("pip install -ra.txt --constraint=b.txt", ["a.txt", "b.txt"]),
        ("cd sub && pip install -r a.txt", ["sub/a.txt"]),
        ("(cd sub; pip install -r a.txt); pip install -r b.txt", ["sub/a.txt", "b.txt"]),
        ("pushd sub; popd; pip install -r a.txt", ["a.txt"]),
        ('cd "$(dirname "$0")" && pip install -r a.txt', ["a.txt"]),
        ("uv pip sync a.txt; uv pip compile a.in", ["a.txt", "a.in"]),
        ("uv --directory sub pip install -r a.txt", ["sub/a.txt"]),
        ("pipenv install -r a.txt", ["a.txt"]),
        ("python -m piptools compile a.in", ["a.in"]),
        ("PIP_REQUIREMENT=a.txt pip install x", ["a.txt"]),
        ("pip install . --group dev; uv sync; npm ci; poetry install", []),
        ("pip install -r <file>", []),
    ],
)
def test_requirement_files_are_those_that_the_command_names(text: str, wanted: list[str]) -> None:
    assert [str(path.relative_to(HERE)) for path in commands.read(text, HERE / "line").files] == wanted


def test_a_file_in_an_unknown_folder_cannot_be_found() -> None:
    found = commands.read('cd "$X" && pip install -r a.txt', HERE / "line")
    assert (found.files, unclear(found)) == ((), [1])


@pytest.mark.parametrize(
    ("text", "kind", "place"),
    [
        ("pip install -e .[dev]", SourceKind.PATH, "/tree"),
        ("cd sub; pip install ../other", SourceKind.PATH, "/tree/other"),
        ("npm i ./a", SourceKind.PATH, "/tree/a"),
        ("pip install /srv/a.whl", SourceKind.PATH, "/srv/a.whl"),
        ("npm i user/repo", SourceKind.VCS, "user/repo"),
        ("pip install git+https://host.example/a.git@main", SourceKind.VCS, "git+https://host.example/a.git@main"),
    ],
)
def test_what_comes_from_elsewhere_says_so(text: str, kind: SourceKind, place: str) -> None:
    (sighting,) = commands.read(text, HERE / "line").sightings
    assert (sighting.source.kind, sighting.source.index, sighting.source.trusted) == (kind, place, False)


@pytest.mark.parametrize(
    "text",
    [
        f"pip install --index-url {URL} x",
        f"pip install -i {URL} x",
        "pip install --extra-index-url https://user:secret@registry.example/simple x",
        f"pip install -f {URL} x",
        f"PIP_INDEX_URL={URL} pip install x",
        f"export PIP_EXTRA_INDEX_URL={URL}\npip install x",
        f"env PIP_INDEX_URL={URL} pip install x",
        f"pip config set global.index-url {URL}; pip install x",
        f"uv pip install --default-index {URL} x",
        f"UV_INDEX=name={URL} uv add x",
        f"pipenv install --index {URL} x",
        f"npm install --registry {URL} x",
        f"npm_config_registry={URL} npx x",
        f"npm config set registry {URL} && npm i x",
    ],
)
def test_an_index_that_a_command_names_is_to_be_compared(text: str) -> None:
    found = commands.read(text, HERE / "line")
    (sighting,) = found.sightings
    assert (sighting.source.kind, sighting.source.index, sighting.source.trusted) == (SourceKind.REGISTRY, URL, False)
    assert URL in [index.url for index in found.indexes]
    assert "secret" not in repr(found)


def test_all_indexes_of_a_command_are_to_be_compared() -> None:
    found = commands.read(f"pip install -i https://other.example/simple --extra-index-url {URL} x", HERE / "line")
    (sighting,) = found.sightings
    assert {sighting.source.index, *sighting.extra["indexes"].split()} == {"https://other.example/simple", URL}


@pytest.mark.parametrize("text", [f"PIP_INDEX_URL={URL} npm i x", f"UV_INDEX_URL={URL} pip install x", "pip install x"])
def test_an_index_of_another_client_is_none(text: str) -> None:
    (sighting,) = commands.read(text, HERE / "line").sightings
    assert sighting.source.index is None


def test_a_scope_has_its_own_registry() -> None:
    found = commands.read(f"npm i --@acme:registry={URL} @acme/a b", HERE / "line")
    assert [each.source.index for each in found.sightings] == [URL, None]
