"""Names for the projects that the guard was enabled in: when they are forecast, and how they are forgotten."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from slopguard.forecast import projects
from slopguard.forecast.projects import Noted, digest, forget, is_project, note, noted, refresh
from slopguard.model import Ecosystem, NormalizedName
from slopguard.watchlist.model import Batch, Watched
from slopguard.watchlist.watchlist import Watchlist

NOW = datetime(2026, 11, 26, tzinfo=UTC)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def env(tmp_path: Path, home: Path) -> dict[str, str]:
    return {"HOME": str(tmp_path / "home"), "SLOPGUARD_HOME": str(home), "PATH": ""}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "requirements.txt").write_text("flask\nstripe\n", encoding="utf-8")
    return folder


def abouts(home: Path) -> list[tuple[str, str, int]]:
    with Watchlist(home) as watchlist:
        kept = watchlist.batches()
        return [
            (each.batch.detail.get("about", ""), each.batch.detail.get("ecosystem", ""), each.rows) for each in kept
        ]


# ---------------------------------------------------------------- what is due


@pytest.mark.parametrize(
    ("before", "found", "due"),
    [
        (Noted(), "a", True),
        (Noted("a", NOW.isoformat()), "a", False),
        (Noted("a", NOW.isoformat()), "b", True),
        (Noted("a", (NOW - timedelta(181)).isoformat()), "a", True),
        (Noted("a", "yesterday"), "a", True),
        (Noted("a", "2026-11-26T00:00:00"), "a", True),
    ],
)
def test_names_are_forecast_when_manifests_changed_or_time_has_passed(before: Noted, found: str, due: bool) -> None:
    assert before.due(found, NOW) is due


def test_only_manifests_near_the_top_are_looked_at(project: Path) -> None:
    first = digest(project)
    (project / "src" / "deep").mkdir(parents=True)
    for name in ("poetry.lock", "README.md", "src/module.py", "src/deep/package.json", "requirements.md"):
        (project / name).write_text("changed", encoding="utf-8")
    (project / "node_modules").mkdir()
    (project / "node_modules" / "package.json").write_text("{}", encoding="utf-8")
    assert digest(project) == first
    (project / "src" / "package.json").write_text("{}", encoding="utf-8")
    second = digest(project)
    (project / "requirements.txt").write_text("flask\n", encoding="utf-8")
    assert len({first, second, digest(project)}) == 3


def test_a_folder_is_a_project_by_a_manifest_of_its_own(project: Path) -> None:
    (project / "docs").mkdir()
    assert is_project(project)
    assert not is_project(project / "docs")
    assert not is_project(project.parent)
    assert not is_project(project / "nowhere")


# ---------------------------------------------------------------- the record


def test_a_project_is_noted_once_and_nobody_else_may_read_where_it_is(home: Path, project: Path) -> None:
    note(home, project)
    note(home, project / ".." / "shop")
    assert noted(home) == {str(project): Noted()}
    assert (home / projects.FILE).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"projects": 1}', '{"projects": {"/a": {"what": 1}}}', "\x00", "[" * 200_000]
)
def test_a_record_that_is_none_says_nothing(home: Path, text: str) -> None:
    home.mkdir()
    (home / projects.FILE).write_text(text, encoding="utf-8")
    assert noted(home) == {}


def test_without_a_record_nothing_is_done_and_nothing_made(home: Path, env: dict[str, str]) -> None:
    assert refresh(home, env) == 0
    forget(home)
    assert not home.exists()


# ---------------------------------------------------------------- forecasting


def test_a_noted_project_is_forecast_for_once_until_a_manifest_changes(
    home: Path, env: dict[str, str], project: Path
) -> None:
    note(home, project)
    assert refresh(home, env) == 1
    [(about, ecosystem, rows)] = abouts(home)
    assert about.startswith("guard-")
    assert (ecosystem, rows) == ("pypi", 5_000)
    assert refresh(home, env) == 0
    (project / "package.json").write_text('{"dependencies": {"react": "^19"}}', encoding="utf-8")
    assert refresh(home, env) == 1
    assert {(about, ecosystem) for about, ecosystem, _ in abouts(home)} == {(about, "npm"), (about, "pypi")}


def test_a_project_that_is_gone_is_forgotten(home: Path, env: dict[str, str], project: Path) -> None:
    note(home, project)
    (project / "requirements.txt").unlink()
    project.rmdir()
    assert refresh(home, env) == 0
    assert noted(home) == {}


def test_a_project_whose_settings_nobody_accepted_waits(home: Path, env: dict[str, str], project: Path) -> None:
    (project / "slopguard.toml").write_text('mode = "observe"\n', encoding="utf-8")
    note(home, project)
    assert refresh(home, env) == 0
    assert noted(home) == {str(project): Noted()}


def test_whoever_comes_second_leaves_it_to_the_first(home: Path, env: dict[str, str], project: Path) -> None:
    from filelock import FileLock

    note(home, project)
    with FileLock(home / projects.LOCK):
        assert refresh(home, env) == 0
    assert noted(home) == {str(project): Noted()}


def test_forgetting_takes_out_what_was_forecast_for_projects_and_nothing_else(home: Path, project: Path) -> None:
    note(home, project)
    row = Watched(Ecosystem.PYPI, NormalizedName("flask-auth-magic"), 1)
    with Watchlist(home) as watchlist:
        for about in ("guard-0123456789abcdef", "project-0123456789abcdef", "all"):
            watchlist.add(Batch("generated", "embedded", NOW, None, {"about": about, "ecosystem": "pypi"}), [row])
    forget(home)
    assert [about for about, _, _ in abouts(home)] == ["project-0123456789abcdef", "all"]
    assert not (home / projects.FILE).exists()


def test_what_is_kept_of_a_project_in_the_watchlist_does_not_name_it(
    home: Path, env: dict[str, str], project: Path
) -> None:
    note(home, project)
    refresh(home, env)
    with Watchlist(home) as watchlist:
        said = json.dumps([dict(each.batch.detail) for each in watchlist.batches()])
    assert "shop" not in said
