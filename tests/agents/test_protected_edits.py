"""An agent's edits must not change what guards its user; the rest of a file that others use too is free."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slopguard.agents.model import Edit
from slopguard.agents.protected import Places, of_edit
from tests.agents.guarded import HOOK, OTHER, PYPROJECT, World, build, write


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return build(tmp_path_factory.mktemp("guarded"))


def refused(world: World, path: str, after: str | None, *, removed: bool = False, before: str | None = None) -> bool:
    """Whether an edit of a file, as it is, is refused."""
    place = world.places.path(path, world.project)
    now = before if before is not None or not place.exists() else place.read_text()
    return of_edit(Edit(path, removed=removed), now, after, world.places, world.project) is not None


WHOLE = """
slopguard.toml
sub/slopguard.toml
~/.config/slopguard/slopguard.toml
~/.config/slopguard/accepted.toml
~/.config/slopguard/keys/ana.key
~/.local/share/slopguard/enabled.json
~/.local/share/slopguard/hooks/run
.cursor/hooks.json
~/.cursor/hooks.json
.codex/hooks.json
.github/hooks/slopguard.json
.windsurf/hooks.json
~/.codeium/windsurf/hooks.json
.clinerules/hooks/PreToolUse
~/Documents/Cline/Hooks/PreToolUse
~/.config/opencode/plugin/slopguard.js
.opencode/plugins/slopguard.ts
~/.copilot/hooks/slopguard.json
~/.gemini/trustedFolders.json
/etc/slopguard/slopguard.toml
/etc/claude-code/managed-settings.json
/etc/codex/requirements.toml
.venv/bin/pip
src/../slopguard.toml
""".strip().split("\n")


@pytest.mark.parametrize("path", WHOLE)
def test_files_of_the_guard_are_no_agents_to_write_or_remove(world: World, path: str) -> None:
    assert refused(world, path, "mode = 'observe'\n")
    assert refused(world, path, None, removed=True)
    assert refused(world, path, None)


FREE = """
src/main.py
README.md
.claude/commands/x.md
.claude/CLAUDE.md
~/.claude.json
.github/workflows/ci.yml
.cursor/rules/x.mdc
.opencode/plugin/mine.js
~/.zshrc
pyproject.toml
.gemini/GEMINI.md
settings.json
.venv/bin/activate
""".strip().split("\n")


@pytest.mark.parametrize("path", FREE)
def test_all_other_files_are_free(world: World, path: str) -> None:
    assert not refused(world, path, "hooks\n")
    assert not refused(world, path, None, removed=True)


SETTINGS = [".claude/settings.json", ".claude/settings.local.json", ".gemini/settings.json", "~/.qwen/settings.json"]


@pytest.mark.parametrize("path", SETTINGS)
def test_settings_that_concern_no_hook_are_free(world: World, path: str) -> None:
    place = world.places.path(path, world.project)
    now = json.loads(place.read_text()) if place.exists() else {}
    assert not refused(world, path, json.dumps(now | {"model": "x"}, indent=2))
    assert not refused(world, path, "// a remark\n" + json.dumps(now).replace("}", ",}") if now else "{}")


@pytest.mark.parametrize(
    "change",
    [
        {"disableAllHooks": True},
        {"hooks": {}},
        {"hooks": OTHER["hooks"]},
        {"hooksConfig": {"enabled": False}},
        {"tools": {"enableHooks": False}},
        {"security": {"folderTrust": {"enabled": True}}},
        {"allowManagedHooksOnly": True},
        {"env": {"SLOPGUARD_HOME": "/tmp/x"}},
    ],
)
def test_what_concerns_hooks_is_not(world: World, change: dict[str, object]) -> None:
    assert refused(world, ".claude/settings.json", json.dumps(HOOK | change))


def test_settings_that_cannot_be_read_afterwards_are_refused(world: World) -> None:
    assert refused(world, ".claude/settings.json", "{")
    assert refused(world, ".claude/settings.json", "[]")
    assert refused(world, ".claude/settings.json", None)
    assert refused(world, ".claude/settings.json", "")


def test_settings_with_a_hook_are_not_removed(world: World) -> None:
    assert refused(world, ".claude/settings.json", None, removed=True)
    assert not refused(world, ".claude/settings.local.json", None, removed=True, before='{"model": "x"}')


def test_codex_settings_are_compared_as_toml(world: World) -> None:
    before = 'model = "a"\n[features]\nhooks = true\n'
    assert not refused(world, "~/.codex/config.toml", before.replace('"a"', '"b"'), before=before)
    for after in (before.replace("true", "false"), 'model = "a"\n', before + "[hooks]\n", "x = ["):
        assert refused(world, "~/.codex/config.toml", after, before=before)


def test_remarks_in_slopguards_settings_are_free(world: World) -> None:
    assert not refused(world, "slopguard.toml", '# why\nmode = "strict"\n')
    assert refused(world, "slopguard.toml", 'mode = "observe"\n')
    assert refused(world, "new/slopguard.toml", "")


def test_of_a_pyproject_only_our_table_is_protected(tmp_path: Path) -> None:
    world = build(tmp_path)
    assert refused(world, "pyproject.toml", PYPROJECT, before="[project]\n")
    assert not refused(world, "pyproject.toml", "[tool.other]\nx = 1\n", before="[project]\n")
    write(world.project / "pyproject.toml", PYPROJECT)
    assert not refused(world, "pyproject.toml", PYPROJECT.replace("1.0", "1.1"))
    assert refused(world, "pyproject.toml", PYPROJECT.replace("strict", "observe"))
    assert refused(world, "pyproject.toml", "[project]\n")
    assert refused(world, "pyproject.toml", None)
    assert refused(world, "pyproject.toml", None, removed=True)


def test_of_a_profile_only_our_line_is_protected(world: World) -> None:
    now = (world.account / ".bashrc").read_text()
    assert not refused(world, "~/.bashrc", f"{now}export A=b\n")
    assert refused(world, "~/.bashrc", now.split("\n")[0])
    assert refused(world, "~/.bashrc", None, removed=True)


def test_an_edit_that_changes_nothing_is_free(world: World) -> None:
    assert not refused(world, ".cursor/hooks.json", json.dumps(OTHER))


def test_links_are_followed(tmp_path: Path) -> None:
    world = build(tmp_path)
    (world.project / "c").symlink_to(world.account / ".claude")
    assert refused(world, "c/settings.json", "{}")
    dotfiles = write(world.account / "dotfiles" / "cursor.json", "{}")
    (world.account / ".cursor").mkdir()
    (world.account / ".cursor" / "hooks.json").symlink_to(dotfiles)
    assert refused(world, "~/.cursor/hooks.json", "{ }")


PATHS = """
.claude/settings.json
slopguard.toml
pyproject.toml
.codex/config.toml
~/.bashrc
.cursor/hooks.json
""".strip().split("\n")


@given(
    path=st.one_of(st.text(), st.sampled_from(PATHS)),
    before=st.one_of(st.none(), st.text()),
    after=st.one_of(st.none(), st.text(), st.sampled_from(["[" * 100_000, '{"a":' * 100_000, "a." * 9000])),
    removed=st.booleans(),
)
def test_any_edit_is_looked_at_without_a_crash(path: str, before: str | None, after: str | None, removed: bool) -> None:
    places = Places.of({"HOME": "/home/dev"}, Path("/home/dev/work"))
    of_edit(Edit(path, removed=removed), before, after, places, places.cwd)
