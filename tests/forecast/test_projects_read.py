"""What a project is about: read from its manifests, imports and instruction files, and never more than that."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from slopguard.forecast.known import known
from slopguard.forecast.topics.lexicon import Lexicon
from slopguard.forecast.topics.predict import predict
from slopguard.forecast.topics.project import read_project
from slopguard.forecast.topics.request import of_project
from slopguard.lists import Lists
from slopguard.model import Ecosystem

SECRET = "planted_5eC38HqLyjXDarjuT0zdp8dc"
PYPROJECT = '[project]\nname = "shop"\nversion = "1"\ndependencies = ["stripe>=7", "FastAPI"]\n'
PACKAGE = '{"name": "shop", "dependencies": {"@stripe/stripe-js": "^4", "react": "19.0.0"}}'


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text(PYPROJECT)
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "package.json").write_text(PACKAGE)
    (tmp_path / "web" / "App.tsx").write_text('import { useForm } from "react-hook-form";\n')
    (tmp_path / "pay.py").write_text("import stripe.checkout\nfrom sqlalchemy import select\n")
    (tmp_path / "AGENTS.md").write_text(f"Refund invoices with the webhook. Token: {SECRET}\n")
    return tmp_path


def test_manifests_imports_and_instructions_are_read(project: Path) -> None:
    found = read_project(project)
    assert set(found.asked[Ecosystem.PYPI]) == {"stripe", "fastapi"}
    assert set(found.asked[Ecosystem.NPM]) == {"@stripe/stripe-js", "react"}
    assert set(found.imported[Ecosystem.PYPI]) == {"stripe", "sqlalchemy"}
    assert set(found.imported[Ecosystem.NPM]) == {"react-hook-form"}
    assert {"refund", "invoices", "webhook"} <= set(found.words)


def test_a_secret_in_prose_reaches_no_prediction(project: Path) -> None:
    lists = known(Lists.shipped())
    words = of_project(read_project(project), Ecosystem.PYPI, Lexicon(lists, Ecosystem.PYPI)).words
    assert not any(word in SECRET.lower() and len(word) > 6 for word in words)
    predicted = list(predict(lists, Ecosystem.PYPI, read_project(project), 2000))
    assert len(predicted) == 2000
    assert not any("5ec38" in each.name for each in predicted)


def test_a_word_that_no_package_is_called_after_reaches_none_however_often_it_stands_there(project: Path) -> None:
    for name in ("README.md", "AGENTS.md", "CLAUDE.md", "CONTRIBUTING.md"):
        (project / name).write_text("The webhook of falconzulu has the password hunterzebra.\n")
    predicted = {each.name for each in predict(known(Lists.shipped()), Ecosystem.PYPI, read_project(project), 5000)}
    assert any("webhook" in name for name in predicted)
    assert not any("falconzulu" in name or "hunterzebra" in name for name in predicted)


def test_names_are_about_what_the_project_uses(project: Path) -> None:
    predicted = predict(known(Lists.shipped()), Ecosystem.PYPI, read_project(project), 300)
    assert sum("stripe" in each.name for each in predicted) > 10


def test_one_file_is_a_project_too(project: Path) -> None:
    assert set(read_project(project / "pyproject.toml").asked[Ecosystem.PYPI]) == {"stripe", "fastapi"}


def test_installed_packages_and_hidden_folders_are_not_looked_into(project: Path) -> None:
    for folder in ("node_modules", ".venv", "venv"):
        (project / folder).mkdir()
        (project / folder / "requirements.txt").write_text("hidden-thing\n")
    assert "hidden-thing" not in read_project(project).asked[Ecosystem.PYPI]


def test_what_cannot_be_read_is_left_out(project: Path) -> None:
    (project / "package.json").write_text("{ broken")
    (project / "README.md").write_bytes(b"\xff" * 100)
    (project / "huge.py").write_bytes(b"import hugeness\n" * 40_000)
    os.mkfifo(project / "requirements.txt")
    found = read_project(project)
    assert "stripe" in found.asked[Ecosystem.PYPI]
    assert "hugeness" not in found.imported[Ecosystem.PYPI]


def test_a_folder_that_is_not_there_says_nothing(tmp_path: Path) -> None:
    found = read_project(tmp_path / "missing")
    assert not found.words
    assert not any(found.asked.values())


def test_locked_packages_count_less_than_those_asked_for(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("zigpy\n")
    (tmp_path / "uv.lock").write_text('version = 1\n\n[[package]]\nname = "bellows"\nversion = "0.40.0"\n')
    lists = known(Lists.shipped())
    words = of_project(read_project(tmp_path), Ecosystem.PYPI, Lexicon(lists, Ecosystem.PYPI)).words
    assert words["zigpy"] > words["bellows"] > 0
