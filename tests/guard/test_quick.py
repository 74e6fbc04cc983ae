"""A command that certainly installs nothing starts its client before anything heavy is imported."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from slopguard.clients import client_for
from slopguard.guard.quick import FIRST, UV_PIP, installs_nothing

LINES = [
    *((client, (word,)) for client, words in FIRST.items() for word in words),
    *(("uv", ("pip", word)) for word in UV_PIP),
]
REST = ((), ("x",), ("--help",), ("install", "x"), ("--", "install", "x"), ("fix",))
HEAVY = {"aiohttp", "asyncio", "cedarpy", "click", "dataclasses", "msgspec", "packaging", "sqlite3", "slopguard.model"}


@pytest.mark.parametrize(("client", "words"), LINES)
@pytest.mark.parametrize("rest", REST)
def test_the_full_reading_agrees_that_nothing_is_installed(
    client: str, words: tuple[str, ...], rest: tuple[str, ...], tmp_path: Path
) -> None:
    assert installs_nothing(client, (*words, *rest))
    assert not client_for(client).parse(client, (*words, *rest), tmp_path, {}).installs


@pytest.mark.parametrize("client", FIRST)
@pytest.mark.parametrize("option", ["--version", "-V", "--help", "-h"])
def test_an_option_alone_is_known_only_where_the_full_reading_agrees(client: str, option: str, tmp_path: Path) -> None:
    installs = client_for(client).parse(client, (option,), tmp_path, {}).installs
    assert not (installs_nothing(client, (option,)) and installs)


@pytest.mark.parametrize(
    ("client", "argv"),
    [
        ("pip", ("install", "x")),
        ("pip", ("--version", "install", "x")),
        ("pip", ("-q", "install", "x")),
        ("pip", ()),
        ("npm", ("i", "x")),
        ("npm", ("audit", "fix")),
        ("npm", ("exec", "x")),
        ("uv", ("pip", "install", "x")),
        ("uv", ("run", "x")),
        ("uv", ("venv",)),
        ("uvx", ("--help",)),
    ],
)
def test_what_installs_or_is_not_certain_is_read_in_full(client: str, argv: tuple[str, ...]) -> None:
    assert not installs_nothing(client, argv)


def test_the_way_to_a_client_that_installs_nothing_imports_next_to_nothing(tmp_path: Path) -> None:
    uv = tmp_path / "uv"
    uv.write_text("#!/bin/sh\necho it is me\n", encoding="utf-8")
    uv.chmod(0o755)
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "slopguard", "uv", "--version"],
        env={"PATH": str(tmp_path), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert done.stdout == "it is me\n"
    assert "slopguard.guard.run" in imported
    assert not imported & HEAVY
