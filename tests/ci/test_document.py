"""What `docs/ci.md` shows is what stands in the pieces, and its commands do what they say."""

from __future__ import annotations

import re
import shutil
import textwrap
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from slopguard.config.grammar import read_table
from tests.ci.images import Builder
from tests.ci.project import HOOKS, Project
from tests.documents.runner import steps
from tests.simulators.clients import client
from tests.simulators.npm import Npm
from tests.simulators.pypi import PyPI

TEXT = (HOOKS.parent / "docs" / "ci.md").read_text(encoding="utf-8")
PIECES = [path for path in HOOKS.iterdir() if path.is_file() and "lists" not in path.name]


def blocks(*languages: str) -> Iterator[tuple[str, str]]:
    """The blocks in these languages, each with the piece that was linked last before it."""
    for found in re.finditer(rf"```({'|'.join(languages)})\n(.*?)```", TEXT, re.DOTALL):
        linked = re.findall(r"\.\./hooks/([\w.-]+)\)", TEXT[: found.start()])
        yield linked[-1], found[2]


def test_every_piece_is_in_the_document_and_every_link_leads_to_one() -> None:
    assert set(re.findall(r"\]\(\.\./hooks/([\w.-]+)\)", TEXT)) == {path.name for path in PIECES}


def test_the_blocks_stand_in_the_pieces_as_they_are() -> None:
    found = list(blocks("yaml", "dockerfile"))
    assert len(found) >= 6
    for name, block in found:
        piece = (HOOKS / name).read_text(encoding="utf-8")
        assert block in piece or textwrap.indent(block, "    ") in piece, (name, block)


def test_the_settings_are_settings() -> None:
    ((_, block),) = blocks("toml")
    table = tomllib.loads(block.replace("sha256:...", "sha256:" + "0" * 64))
    assert set(read_table(table, "slopguard.toml")) >= {"internal.pypi", "upstream.pypi.url", "lists.sources"}


@pytest.mark.clients
def test_the_commands_do_what_they_say(tmp_path: Path, pypi: PyPI, npm: Npm) -> None:
    project = Project(tmp_path / "p", pypi, npm)
    for path in PIECES:
        shutil.copy(path, project.folder)
    builder = Builder(project)
    builder.path(client("uv", "newest").folder)
    (project.home / ".config" / "uv").mkdir()
    (project.home / ".config" / "uv" / "uv.toml").write_text(f'[[index]]\nurl = "{pypi.url}"\ndefault = true\n')
    pinned = (project.folder / "ci" / "slopguard.txt").read_text().split("--hash=")[1].strip()
    shutil.rmtree(project.folder / "ci")
    found = list(steps(TEXT))
    assert len(found) == 4
    for step in found:
        ran = builder.run("bash", "-c", step.command)
        assert ran.code == step.code, (step.command, ran)
        if step.who == "ci":
            builder.clean()
    assert pinned in (project.folder / "ci" / "slopguard.txt").read_text()
    assert project.git("status", "--porcelain", "ci", "slopguard.toml") == ""
