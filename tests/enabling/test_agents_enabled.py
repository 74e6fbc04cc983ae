"""Each agent in a scratch home: enabled, its hook is run and other hooks still are; disabled, all is as it was."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from slopguard.agents import settings
from slopguard.agents.protocols import AGENTS
from slopguard.guard.enabling import insertions
from tests.agents import spoken
from tests.cli.program import Program
from tests.enabling.account import answered, need
from tests.enabling.agents import JSON, PROJECT, SETTINGS, THEIRS, commands, others, pretty, put, snapshot, told, undo


def test_every_agent_that_has_a_protocol_can_be_enabled() -> None:
    assert set(SETTINGS) == set(AGENTS) == set(insertions.AGENTS)


def ended(slopguard: Program, way: str) -> None:
    done = answered(slopguard, "disable") if way == "disable" else undo(slopguard)
    assert done.rc == 0, done
    assert not (slopguard.root / "data" / "hooks").exists()
    assert not (slopguard.root / "data" / "enabled.json").exists()


@pytest.mark.parametrize("way", ["disable", "undo.sh"])
def test_where_nothing_was_there_nothing_is_left(slopguard: Program, way: str) -> None:
    home = slopguard.root / "home"
    before = snapshot(home)
    assert slopguard("enable", "--yes", *SETTINGS).rc == 0
    for agent, name in SETTINGS.items():
        assert told(slopguard, agent, home / name) == "deny"
        assert told(slopguard, agent, home / name, "ls") == "none"
    ended(slopguard, way)
    assert snapshot(home) == before


@pytest.mark.parametrize("way", ["disable", "undo.sh"])
def test_other_hooks_still_run_and_each_file_comes_back_as_it_was(slopguard: Program, way: str) -> None:
    paths = {agent: put(slopguard, SETTINGS[agent], pretty(others(agent))) for agent in JSON}
    before = snapshot(slopguard.root / "home")
    theirs = {agent: commands(path) for agent, path in paths.items()}
    assert slopguard("enable", "--yes", *JSON).rc == 0
    for agent, path in paths.items():
        json.loads(path.read_text())
        found = commands(path)
        assert [each for each in found if each == THEIRS] == theirs[agent]
        assert len(found) == len(theirs[agent]) + {"cursor": 3, "windsurf": 3, "claude-code": 2}.get(agent, 1)
        data = spoken.shell(agent, "ls", slopguard.cwd)
        for command in found:
            subprocess.run(["sh", "-c", command], input=data, env=slopguard.env, cwd=slopguard.cwd, check=True)
    assert (slopguard.cwd / "ran").read_text() == "theirs\n" * sum(map(len, theirs.values()))
    ended(slopguard, way)
    assert snapshot(slopguard.root / "home") == before


CONTENTS = {
    "nothing in it": "",
    "an empty object": "{}",
    "no line end": '{"a": 1}',
    "tabs": '{\n\t"hooks": {}\n}\n',
    "another system's lines": '{\r\n  "a": "\u00e9"\r\n}\r\n',
    "a mark in front": '\ufeff{"a": 1}\n',
}


@pytest.mark.parametrize("kind", CONTENTS)
def test_however_the_file_is_written(slopguard: Program, kind: str) -> None:
    for agent in JSON:
        put(slopguard, SETTINGS[agent], CONTENTS[kind])
    before = snapshot(slopguard.root / "home")
    assert slopguard("enable", "--yes", *JSON).rc == 0
    for agent in JSON:
        content = (slopguard.root / "home" / SETTINGS[agent]).read_bytes()
        json.loads(content.decode("utf-8-sig"))
        assert content.startswith(b"\xef\xbb\xbf") is CONTENTS[kind].startswith("\ufeff")
        ends = {line[-2:-1] == b"\r" for line in content.splitlines(keepends=True)}
        assert ends == {"\r\n" in CONTENTS[kind]}
    ended(slopguard, "disable")
    assert snapshot(slopguard.root / "home") == before


def test_comments_stay_where_the_agent_reads_them_and_are_named_where_it_would_ignore_the_file(
    slopguard: Program,
) -> None:
    text = '// mine\n{\n  "hooks": { // too\n  }\n}\n'
    for agent in ("gemini", "qwen", "claude-code"):
        put(slopguard, SETTINGS[agent], text)
    before = snapshot(slopguard.root / "home")
    assert slopguard("enable", "--yes", "gemini", "qwen").rc == 0
    assert (slopguard.root / "home" / SETTINGS["gemini"]).read_text().count("// ") == 2
    refused = slopguard("enable", "--yes", "claude-code")
    assert refused.rc == 2
    assert "has a comment, for which its agent does not read it, so nothing was changed. Correct it" in refused.err
    assert "hooks.PreToolUse: {" in refused.err, "what to add by hand"
    ended(slopguard, "disable")
    assert snapshot(slopguard.root / "home") == before


def test_a_projects_hook_finds_slopguard_by_itself_and_stands_aside_for_the_accounts(slopguard: Program) -> None:
    home = slopguard.root / "home"
    slopguard.env["SLOPGUARD_HOME"] = str(home / ".local" / "share" / "slopguard")
    before = snapshot(slopguard.cwd)
    assert slopguard("enable", "--yes", "--project", *SETTINGS).rc == 0
    assert list(snapshot(home)) == []
    del slopguard.env["SLOPGUARD_HOME"]
    for agent, name in PROJECT.items():
        path = slopguard.cwd / name
        assert str(slopguard.root) not in path.read_text(), "it is shared"
        assert told(slopguard, agent, path) == "deny"
        assert told(slopguard, agent, path, HOME=str(slopguard.root / "nobody")) == "none", "slopguard is not there"
    assert slopguard("enable", "--yes", *SETTINGS).rc == 0
    for agent, name in PROJECT.items():
        assert told(slopguard, agent, slopguard.cwd / name) == "none", "else one call would be judged twice"
        assert told(slopguard, agent, home / SETTINGS[agent]) == "deny"
    assert answered(slopguard, "disable").rc == 0
    assert snapshot(slopguard.cwd) == before


def test_no_agent_that_replaces_variables_in_its_settings_is_given_one(slopguard: Program) -> None:
    assert slopguard("enable", "--yes", "--project", "gemini", "qwen").rc == 0
    for agent in ("gemini", "qwen"):
        assert not any("$" in each for each in commands(slopguard.cwd / PROJECT[agent]))
        assert told(slopguard, agent, slopguard.cwd / PROJECT[agent]) == "deny", "an unusual place, by its path"


def test_codex_counts_its_hooks_so_ours_comes_last(slopguard: Program) -> None:
    path = put(slopguard, SETTINGS["codex"], pretty(others("codex")))
    ended = slopguard("enable", "--yes", "codex")
    assert ended.rc == 0
    assert "slopguard: Codex runs a hook only once you trust it: " in ended.out
    groups = json.loads(path.read_text())["hooks"]["PreToolUse"]
    assert [THEIRS in str(group) for group in groups] == [True, False]


def test_cline_gets_a_second_file_where_somebody_elses_stands(slopguard: Program) -> None:
    theirs = put(slopguard, SETTINGS["cline"], "#!/bin/sh\necho mine\n")
    before = snapshot(slopguard.root / "home")
    assert slopguard("enable", "--yes", "cline").rc == 0
    assert theirs.read_text() == "#!/bin/sh\necho mine\n"
    second = theirs.with_name("PreToolUse.sh")
    assert second.stat().st_mode & 0o111
    assert told(slopguard, "cline", second) == "deny"
    assert slopguard("enable", "--yes", "cline").out.startswith("slopguard: already on")
    ended(slopguard, "undo.sh")
    assert snapshot(slopguard.root / "home") == before


@pytest.mark.parametrize("name", ["PreToolUse.sh", "slopguard.js"])
def test_nothing_is_put_in_the_place_of_somebody_elses_file(slopguard: Program, name: str) -> None:
    put(slopguard, SETTINGS["cline"], "#!/bin/sh\necho mine\n")
    agent = "cline" if name.startswith("Pre") else "opencode"
    path = put(slopguard, f"{Path(SETTINGS[agent]).parent}/{name}", "mine\n")
    ended = slopguard("enable", "--yes", agent)
    assert ended.rc == 2
    assert ended.err.startswith(f"slopguard: {path}: is there already and is not slopguard's, so nothing was changed. ")
    assert path.read_text() == "mine\n"


PLUGIN = """
import plugin from "./slopguard.mjs"
import * as all from "./slopguard.mjs"
const hooks = await plugin({ directory: process.cwd(), worktree: "/" })
const told = async (tool, command) => {
  try { await hooks["tool.execute.before"]({ tool, sessionID: "s", callID: "c" }, { args: { command } }) }
  catch (why) { return why.message }
  return ""
}
await hooks["chat.params"]({ sessionID: "s", model: { id: "m" } })
const said = [await told("bash", process.argv[2]), await told("bash", "ls"), await told("read", "x")]
console.log(JSON.stringify([Object.keys(all), ...said]))
"""


def test_opencode_loads_the_plugin_and_is_refused_by_it(slopguard: Program, tmp_path: Path) -> None:
    need("node")
    assert slopguard("enable", "--yes", "opencode").rc == 0
    text = (slopguard.root / "home" / SETTINGS["opencode"]).read_text()
    (tmp_path / "slopguard.mjs").write_text(text)
    (tmp_path / "try.mjs").write_text(PLUGIN)

    def tried(**env: str) -> list[object]:
        variables = {**slopguard.env, "SLOPGUARD_OFFLINE": "1", **env}
        words = ["node", str(tmp_path / "try.mjs"), "pip install sg-ghost-of-a-package"]
        done = subprocess.run(words, env=variables, cwd=slopguard.cwd, capture_output=True, check=True)
        found: list[object] = json.loads(done.stdout)
        return found

    exported, refused, quiet, other = tried()
    assert exported == ["default"], "it takes every export for a plugin"
    assert str(refused).startswith("slopguard: ")
    assert (quiet, other) == ("", "")
    (slopguard.root / "data" / "hooks" / "run").unlink()
    assert all("could not look at this" in str(each) for each in tried()[1:3]), "what it cannot ask it refuses"


@pytest.mark.parametrize("agent", ["claude-code", "codex", "qwen", "copilot"])
def test_an_agent_that_was_told_to_live_elsewhere_is_found_there(slopguard: Program, agent: str) -> None:
    variable = {
        "claude-code": "CLAUDE_CONFIG_DIR",
        "codex": "CODEX_HOME",
        "qwen": "QWEN_HOME",
        "copilot": "COPILOT_HOME",
    }
    place = slopguard.root / "elsewhere"
    assert slopguard("enable", "--yes", agent, env={variable[agent]: str(place)}).rc == 0
    assert (place / Path(*Path(SETTINGS[agent]).parts[1:])).is_file()
    assert answered(slopguard, "disable").rc == 0
    assert not place.exists()


def test_windsurf_in_another_editor_has_its_settings_one_folder_above(slopguard: Program) -> None:
    home = slopguard.root / "home"
    (home / ".codeium").mkdir()
    before = snapshot(home)
    assert slopguard("enable", "--yes", "windsurf").rc == 0
    assert told(slopguard, "windsurf", home / ".codeium" / "hooks.json") == "deny"
    assert slopguard("enable", "--yes", "windsurf").out.startswith("slopguard: already on")
    ended(slopguard, "disable")
    assert snapshot(home) == before


def test_only_agents_that_are_here_are_found(tmp_path: Path) -> None:
    tool = tmp_path / "bin" / "codex"
    tool.parent.mkdir()
    tool.write_text("#!/bin/sh\n")
    tool.chmod(0o755)
    (tmp_path / ".qwen").mkdir()
    assert settings.found({"HOME": str(tmp_path), "PATH": str(tool.parent)}) == ("codex", "qwen")
    assert settings.found({"HOME": str(tmp_path / "none"), "PATH": ""}) == ()
