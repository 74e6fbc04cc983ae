"""Agents' settings that somebody touched since, in whatever way: slopguard's part goes, and nothing else does."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from slopguard.guard.enabling import agent_hook, edits, files, plan, record, switch
from slopguard.guard.enabling.insertions import SettingsFile
from slopguard.guard.enabling.settings_json import Entry
from tests.cli.program import Ended, Program
from tests.enabling.account import answered
from tests.enabling.agents import SETTINGS, others, pretty, put, snapshot, start, told, undo

CLAUDE = SETTINGS["claude-code"]
MINE = {"matcher": "Read", "hooks": [{"type": "command", "command": "mine"}]}


def off(slopguard: Program, way: str) -> Ended:
    done = answered(slopguard, "disable") if way == "disable" else undo(slopguard)
    assert done.rc == 0, done
    return done


def enabled(slopguard: Program, content: str | None, agent: str = "claude-code") -> Path:
    if content is not None:
        put(slopguard, SETTINGS[agent], content)
    assert slopguard("enable", "--yes", agent).rc == 0
    return slopguard.root / "home" / SETTINGS[agent]


@pytest.mark.parametrize("way", ["disable", "undo.sh"])
@pytest.mark.parametrize("where", ["before", "after"])
def test_a_hook_added_since_stays_and_ours_goes(slopguard: Program, where: str, way: str) -> None:
    contents = {"claude-code": None, "codex": "{}", "qwen": pretty({"hooks": {"PreToolUse": []}})}
    contents |= {"gemini": pretty(others("gemini"))}
    for agent, content in contents.items():
        enabled(slopguard, content, agent)
    paths = [slopguard.root / "home" / SETTINGS[agent] for agent in contents]
    for path in paths:
        add(path, where)
    said = off(slopguard, way).out
    for path in paths:
        assert any(str(path) in line and "only" in line for line in said.splitlines())
        assert "hooks/run" not in path.read_text()
        assert "mine" in [each["command"] for each in hooks(json.loads(path.read_text()))]
    assert sum("theirs" in str(each) for each in hooks(json.loads(paths[-1].read_text()))) == 2
    assert not (slopguard.root / "data" / "hooks").exists()


def add(path: Path, where: str) -> None:
    """A hook of somebody's on the line before slopguard's, or after it."""
    lines = path.read_text().splitlines(keepends=True)
    at = next(n for n, line in enumerate(lines) if "hooks/run" in line)
    theirs = json.dumps(MINE) if lines[at].lstrip().startswith('{"m') else f'"Mine": [{json.dumps(MINE)}]'
    comma = "," if lines[at].rstrip().endswith(",") else ""
    if where == "before":
        lines.insert(at, f"  {theirs},\n")
    else:
        lines[at] = lines[at].rstrip().removesuffix(",") + ",\n"
        lines.insert(at + 1, f"  {theirs}{comma}\n")
    path.write_text("".join(lines))
    json.loads(path.read_text())


def hooks(value: Any) -> Iterator[Any]:
    """Everything in settings that has a command."""
    if isinstance(value, dict) and "command" in value:
        yield value
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from hooks(each)


def test_what_the_agent_wrote_anew_comes_clean(slopguard: Program) -> None:
    path = enabled(slopguard, pretty(others("claude-code")))
    path.write_text(json.dumps({**json.loads(path.read_text()), "since": 1}, separators=(",", ":")))
    off(slopguard, "disable")
    assert json.loads(path.read_text()) == {**others("claude-code"), "since": 1}


def test_a_file_of_its_own_that_the_agent_wrote_anew_goes(slopguard: Program) -> None:
    path = enabled(slopguard, None, "qwen")
    path.write_text(json.dumps({**json.loads(path.read_text()), "$version": 4}))
    off(slopguard, "disable")
    assert not path.exists()


@pytest.mark.parametrize("way", ["disable", "undo.sh"])
def test_what_nothing_can_be_taken_out_of_is_named_and_its_hook_does_nothing_from_then_on(
    slopguard: Program, way: str
) -> None:
    """Some agents refuse whatever they are to do if their hook is not found."""
    path = enabled(slopguard, None, "cursor")
    broken = path.read_text().replace("\n", "") + ","
    path.write_text(broken)
    said = off(slopguard, way).out
    assert str(path) in said
    assert "hooks/run" in said
    assert path.read_text() == broken
    script = slopguard.root / "data" / "hooks" / "run"
    assert start(slopguard, f"{script} cursor", b'{"command": "pip install x"}').code == 0
    assert "off" in script.read_text()
    path.write_text(broken[:-1])
    assert slopguard("enable", "--yes", "cursor").rc == 0
    assert told(slopguard, "cursor", path) == "deny"


@pytest.mark.parametrize("way", ["disable", "undo.sh"])
@pytest.mark.parametrize("agent", ["cline", "opencode"])
def test_a_file_of_slopguards_that_somebody_added_to_is_theirs(slopguard: Program, agent: str, way: str) -> None:
    path = enabled(slopguard, None, agent)
    with path.open("a") as stream:
        stream.write("# mine\n")
    before = path.read_bytes()
    assert str(path) in off(slopguard, way).out
    assert path.read_bytes() == before


@pytest.mark.parametrize("way", ["disable", "undo.sh"])
def test_an_entry_that_somebody_took_out_is_not_missed(slopguard: Program, way: str) -> None:
    path = enabled(slopguard, pretty({"model": "m"}))
    path.write_text(pretty({"model": "m", "since": 1}))
    off(slopguard, way)
    assert json.loads(path.read_text()) == {"model": "m", "since": 1}
    path.unlink()
    path = enabled(slopguard, None)
    path.unlink()
    off(slopguard, way)
    assert not path.exists()


@pytest.mark.parametrize("way", ["disable", "undo.sh"])
def test_settings_that_are_links_stay_links(slopguard: Program, way: str) -> None:
    kept = put(slopguard, "dotfiles/claude.json", pretty({"model": "m"}))
    path = slopguard.root / "home" / CLAUDE
    path.parent.mkdir()
    path.symlink_to("../dotfiles/claude.json")
    before = snapshot(slopguard.root / "home")
    assert slopguard("enable", "--yes", "claude-code").rc == 0
    assert path.is_symlink()
    assert "hooks/run" in kept.read_text()
    off(slopguard, way)
    assert snapshot(slopguard.root / "home") == before


def test_two_agents_that_share_a_file_by_a_link_are_refused(slopguard: Program) -> None:
    put(slopguard, SETTINGS["gemini"], "{}")
    path = slopguard.root / "home" / SETTINGS["qwen"]
    path.parent.mkdir()
    path.symlink_to(f"../{SETTINGS['gemini']}")
    ended = slopguard("enable", "--yes", "gemini", "qwen")
    assert (ended.rc, "is the settings of gemini too, so nothing was changed" in ended.err) == (2, True)
    assert path.read_text() == "{}"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("{", "is no valid JSON (line 1), so nothing was changed. Correct it, or add by hand: hooks.PreToolUse: {"),
        ("[]", "is no JSON object, so nothing was changed. "),
        ('{"hooks": {"PreToolUse": {}}}', "has something else than an array under hooks.PreToolUse, so nothing was "),
    ],
)
def test_settings_that_are_none_are_named_and_stay(slopguard: Program, content: str, says: str) -> None:
    path = put(slopguard, CLAUDE, content)
    before = snapshot(slopguard.root / "home")
    ended = slopguard("enable", "--yes", "claude-code", "cursor")
    assert ended.rc == 2
    assert ended.err.startswith(f"slopguard: {path}: {says}"), ended
    assert ended.err.count("\n") == 1
    assert snapshot(slopguard.root / "home") == before


def test_settings_that_may_not_be_written_are_named_before_anything_changes(slopguard: Program) -> None:
    path = put(slopguard, CLAUDE, "{}")
    path.chmod(0o444)
    ended = slopguard("enable", "--yes", "cursor", "claude-code")
    assert ended.err == f"slopguard: {path}: is read-only, so nothing was changed. Make it writable.\n"
    assert not (slopguard.root / "home" / ".cursor").exists()


class Killed(BaseException):
    """As if the process had been killed: nothing of ours gets to run."""


@pytest.mark.parametrize("at", range(4))
def test_killed_at_any_file_it_can_be_undone(tmp_path: Path, at: int, monkeypatch: pytest.MonkeyPatch) -> None:
    home, calls, put_it = tmp_path / "sg", iter(range(100)), files.put
    (tmp_path / "a.json").write_text('{"a": 1}')
    command = {"command": f"{agent_hook.path(home)} cursor"}
    wanted = [SettingsFile("cursor", tmp_path / "made" / "b.json", entries=(Entry(("hooks", "x"), command),))]
    wanted.append(SettingsFile("gemini", tmp_path / "a.json", entries=(Entry(("hooks", "x"), command),)))
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}

    def killed(path: Path, data: bytes, **more: int) -> None:
        if next(calls) == at:
            raise Killed
        put_it(path, data, **more)

    env = {"HOME": str(tmp_path), "PATH": ""}
    made = plan.make(home, env, (), (), record.read(home), "2026-01-01T00:00:00+00:00", wanted)
    assert [edit.path.name for edit in made.edits] == ["b.json", "a.json"]
    monkeypatch.setattr(files, "put", killed)
    with pytest.raises(Killed):
        switch.carry_out(made)
    monkeypatch.setattr(files, "put", put_it)
    assert record.read(home).agents == ("cursor", "gemini")
    assert switch.put_back(home, record.read(home)) == []
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before
    assert not (tmp_path / "made").exists()


def test_a_record_of_an_older_slopguard_is_read(slopguard: Program) -> None:
    assert slopguard("enable", "--yes", "npm").rc == 0
    path = slopguard.root / "data" / "enabled.json"
    told = json.loads(path.read_text())
    for each in told["files"]:
        for key in ("kind", "agent", "project", "lines"):
            del each[key]
    path.write_text(json.dumps(told))
    assert slopguard("enable", "--yes", "claude-code").rc == 0
    assert answered(slopguard, "disable").rc == 0
    assert not (slopguard.root / "home" / ".bashrc").exists()


def test_a_copy_that_is_lost_is_made_up_for(slopguard: Program) -> None:
    path = enabled(slopguard, '{"hooks": {}}')
    for copy in (slopguard.root / "data" / "enabled").iterdir():
        copy.unlink()
    off(slopguard, "disable")
    assert json.loads(path.read_text()) == {}


def test_two_writes_of_the_same_state_are_equal(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    wanted = [SettingsFile("gemini", path, entries=(Entry(("hooks", "x"), {"command": "/x/hooks/run gemini"}),))]
    first = edits.edits(tmp_path / "sg", wanted, record.Enabled())
    assert first == edits.edits(tmp_path / "sg", wanted, record.Enabled())
    path.write_bytes(first.todo[0].after)
    os.utime(path, ns=(1, 1))
    again = edits.edits(tmp_path / "sg", wanted, record.Enabled(files=first.files))
    assert (again.todo, again.contents, again.files) == ((), {}, first.files)


@pytest.mark.parametrize("way", ["disable", "undo.sh"])
def test_what_an_older_slopguard_wrote_is_renewed(slopguard: Program, way: str) -> None:
    before = snapshot(slopguard.root / "home")
    script = enabled(slopguard, None, "cline")
    older = script.read_text()
    for path, text in ((script, f"{older}# older\n"), (slopguard.root / "data" / "hooks" / "run", "#!/bin/sh\n")):
        path.write_text(text)
    assert slopguard("enable", "--yes", "cline").rc == 0
    assert script.read_text() == older
    assert told(slopguard, "cline", script) == "deny"
    off(slopguard, way)
    assert snapshot(slopguard.root / "home") == before


def test_settings_with_an_entry_that_nobody_recorded_come_clean_of_it(slopguard: Program) -> None:
    """As in a repository in which somebody else enabled it."""
    path = enabled(slopguard, pretty(others("claude-code")))
    content = path.read_bytes()
    off(slopguard, "disable")
    path.write_bytes(content)
    enabled(slopguard, None)
    assert path.read_bytes() == content
    off(slopguard, "undo.sh")
    assert json.loads(path.read_text()) == others("claude-code")
