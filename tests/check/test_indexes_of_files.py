"""Which of the indexes that a file names count for what else it says."""

from __future__ import annotations

from pathlib import Path

import pytest

from slopguard.check.indexes import Indexes, above, nearest_npmrc
from slopguard.check.kinds import kinds_of
from slopguard.check.tree import Read
from slopguard.readers.interface import NOWHERE
from slopguard.readers.text import decode

OTHER = "https://other.example/simple"


def counted(name: str, text: str) -> list[str]:
    """The addresses that count for all of a file."""
    (kind,) = (kind for kind in kinds_of(name) if not kind.hint)
    reading = kind.read(Path(name), lambda path: decode(text.encode(), path), NOWHERE)
    assert reading.sightings
    indexes = Indexes(ask=lambda ecosystem, folder: (), root=Path())
    return [index.url for index in indexes.for_file(kind.name, reading)]


def test_an_index_in_a_requirement_file_counts_for_all_of_it() -> None:
    assert counted("requirements.txt", f"flask\n--extra-index-url {OTHER}\n") == [OTHER]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Dockerfile", f"FROM x\nRUN pip install one --index-url {OTHER}\nRUN pip install flask\n"),
        ("setup.sh", f"pip install one -i {OTHER}\npip install flask\n"),
        ("README.md", f"```sh\npip install one -i {OTHER}\n```\n\n`pip install flask`\n"),
    ],
)
def test_an_index_that_one_command_names_counts_for_no_other(name: str, text: str) -> None:
    assert counted(name, text) == []


@pytest.mark.parametrize(
    ("settings", "text", "manifest", "says"),
    [
        (".yarnrc", f'registry "{OTHER}"\n', "package.json", '{"dependencies": {"a": "1"}}'),
        ("pdm.toml", f'[pypi]\nurl = "{OTHER}"\n', "pyproject.toml", '[project]\ndependencies = ["a"]\n'),
    ],
)
def test_an_index_in_a_client_s_settings_counts_for_what_lies_beside_them(
    settings: str, text: str, manifest: str, says: str
) -> None:
    texts = {settings: text, manifest: says}
    kinds = {name: kinds_of(name)[0] for name in texts}
    read = {name: kind.read(Path(name), lambda path: texts[path.name], NOWHERE) for name, kind in kinds.items()}
    lines = above([Read(kinds[settings], read[settings])])
    indexes = Indexes(ask=lambda ecosystem, folder: (), root=Path(), above=lines)
    assert indexes.matter(kinds[manifest].name, read[manifest])
    assert [index.url for index in indexes.for_file(kinds[manifest].name, read[manifest])] == [OTHER]


def test_the_settings_of_npm_are_looked_for_on_the_disk_up_to_the_repository(tmp_path: Path) -> None:
    inner = tmp_path / "a" / "inner" / "deep"
    inner.mkdir(parents=True)
    (inner.parent / ".git").touch()
    nearest = nearest_npmrc(tmp_path)
    (tmp_path / "a" / ".npmrc").touch()
    assert nearest(Path("a/b")) == Path("a")
    assert nearest(Path("c")) is None
    assert nearest(Path("a/inner/deep")) is None
    assert nearest(tmp_path / "a" / "b") == tmp_path / "a"
