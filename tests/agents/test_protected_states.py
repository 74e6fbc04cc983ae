"""What a command would do to the guard depends on what is there: git, links, patches, lists, variables; any text."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from slopguard.agents.protected import Places, of_command
from tests.agents.guarded import PYPROJECT, World, build, git, write


@pytest.fixture
def own(tmp_path: Path) -> World:
    """One that a test may change."""
    return build(tmp_path)


PUT_BACK = """
git checkout .
git checkout -- slopguard.toml
git checkout slopguard.toml
git checkout HEAD slopguard.toml
git checkout '*.toml'
git checkout -f main
git switch --discard-changes main
cd src && git checkout -- ..
git restore .
git restore --source HEAD slopguard.toml
git restore --source=HEAD --worktree --staged .
git reset --hard
git stash
git stash -- .
git stash push -u
git -C src stash
""".strip().split("\n")


@pytest.mark.parametrize("command", PUT_BACK)
def test_git_must_not_put_back_settings_that_a_person_changed(own: World, command: str) -> None:
    write(own.project / "slopguard.toml", 'mode = "balanced"\n')
    assert own.code(command) == "write"


def test_git_may_put_back_everything_else(own: World) -> None:
    write(own.project / "src" / "main.py", "changed")
    write(own.project / "slopguard.toml", '# a remark\nmode = "strict"\n')
    assert [own.code(command) for command in PUT_BACK] == [""] * len(PUT_BACK)


def test_git_must_not_bring_settings_of_another_commit(own: World) -> None:
    write(own.project / "slopguard.toml", 'mode = "balanced"\n')
    git(own.project, "commit", "-qam", "two")
    assert own.code("git checkout HEAD~1 -- slopguard.toml") == "write"
    assert own.code("git checkout HEAD~1 slopguard.toml") == "write"
    assert own.code("git reset --hard HEAD~1") == "write"
    assert own.code("git checkout HEAD -- slopguard.toml") == ""


def test_git_must_not_take_away_new_settings(own: World) -> None:
    write(own.project / ".codex" / "hooks.json", '{"hooks": {"PreToolUse": ["slopguard"]}}')
    assert own.code("git clean -fd") == "write"
    assert own.code("git stash -u") == "write"
    assert own.code("git stash") == ""
    assert own.code("git clean -fd src") == ""


def test_an_agents_own_pyproject_is_anybodys_until_slopguard_has_a_table_in_it(own: World) -> None:
    write(own.project / "pyproject.toml", "[project]\nname = 'demo'\n")
    commands = ["sed -i s/1/2/ pyproject.toml", "git checkout pyproject.toml", "echo '[x]' >> pyproject.toml"]
    assert [own.code(command) for command in commands] == ["", "", ""]
    write(own.project / "pyproject.toml", PYPROJECT)
    git(own.project, "add", "pyproject.toml")
    git(own.project, "commit", "-qm", "two")
    write(own.project / "pyproject.toml", PYPROJECT.replace("1.0", "1.1"))
    assert [own.code(command) for command in commands] == ["write", "", "write"]
    write(own.project / "pyproject.toml", PYPROJECT.replace("strict", "balanced"))
    assert own.code("git checkout pyproject.toml") == "write"


def test_links_are_followed(own: World) -> None:
    (own.project / "c").symlink_to(own.account / ".claude")
    (own.project / "t").symlink_to(own.project / "slopguard.toml")
    assert own.code("echo x > c/settings.json") == "write"
    assert own.code("tee t < x") == "write"
    assert own.code("rm -rf c/commands") == ""


def test_folders_that_are_copied_over_settings_are_seen(own: World) -> None:
    write(own.account / "evil" / ".claude" / "settings.json", "{}")
    write(own.account / "good" / ".claude" / "commands" / "x.md")
    evil = ["cp -r ../evil/. .", "cp -r ~/evil/.claude .", "rsync -a ../evil/ ./", "mv ../evil/.claude ~/work"]
    assert [own.code(command) for command in evil] == ["write"] * 4
    assert [own.code(command.replace("evil", "good")) for command in evil[:3]] == [""] * 3


def test_patches_are_read(own: World) -> None:
    write(own.project / "a.patch", "--- a/slopguard.toml\n+++ b/slopguard.toml\n@@ -1 +1 @@\n-x\n+y\n")
    write(own.project / "b.patch", "--- a/src/main.py\n+++ b/src/main.py\n@@ -1 +1 @@\n-x\n+y\n")
    assert own.code("git apply a.patch") == "write"
    assert own.code("git am a.patch") == "write"
    assert own.code("git apply b.patch") == ""


def test_a_teams_lists_are_protected(own: World) -> None:
    lists = own.account / "acme"
    write(lists / "lists.toml")
    write(lists / "keys" / "ana.json")
    write(lists / "common" / "web.toml")
    written = ["rm ../acme/common/web.toml", "echo x > ~/acme/teams/a/b.toml", "rm -rf ../acme", "rm -rf ~/acme/*"]
    assert [own.code(command) for command in written] == ["write"] * 4
    assert own.code("echo x > ../acme/README.md") == ""


def test_agents_folders_that_a_variable_moves_are_protected(own: World) -> None:
    moved = {"CLAUDE_CONFIG_DIR": "/x/cc", "CODEX_HOME": "/x/cx", "COPILOT_HOME": "/x/cp", "SLOPGUARD_HOME": "/x/sg"}
    world = World(own.account, own.project, own.env | moved)
    for path in ("cc/settings.json", "cx/config.toml", "cx/hooks.json", "cp/hooks/a.json", "sg/slopguard.db"):
        assert world.code(f"rm /x/{path}") == "write"
        assert own.code(f"rm /x/{path}") == ""
    assert world.code("cd $CLAUDE_CONFIG_DIR && rm settings.json") == "write"
    assert world.code("rm /x/cc/CLAUDE.md") == ""


def test_the_policy_that_settings_name_is_protected(own: World) -> None:
    write(own.project / "slopguard.toml", 'policy = "mine.cedar"\n')
    assert own.code("echo > mine.cedar") == "write"
    assert own.code("echo > other.cedar") == ""


def test_a_record_that_cannot_be_read_protects_what_is_known_without_it(own: World) -> None:
    write(own.home / "enabled.json", "{")
    assert own.code("rm -rf .venv") == ""
    assert own.code("rm slopguard.toml") == "write"


def test_a_project_without_git_is_no_trouble(tmp_path: Path) -> None:
    env = {"HOME": str(tmp_path)}
    write(tmp_path / "p" / "slopguard.toml")
    world = World(tmp_path, tmp_path / "p", env)
    assert world.code("git checkout .") == ""
    assert world.code("rm -rf ../p") == "write"


def test_what_is_said_is_fixed_words(own: World) -> None:
    found = of_command("rm .claude/settings.json", own.places)
    assert found is not None
    assert found.what == (
        "this may change what an agent's settings say of hooks; change other parts of that file with your edit tool"
    )


PIECES = r"""
rm -rf slopguard disable ~/.claude .claude/settings.json slopguard.toml * $X ${X $( ) ` ' " \ ; && | > 2> <<EOF
EOF { } ( (( [[ x= = <( for in do done function f() git checkout find -exec python -c bash xargs
""".strip().split()
PIECES += ["\n", "\0"]


@given(text=st.one_of(st.text(), st.lists(st.sampled_from(PIECES), max_size=30).map(" ".join)))
@example(text='"$(' * 3000)
@example(text="f() { f; f; }; f rm")
@example(text="rm " + "a/" * 5000)
@example(text="rm \udc80 " + "slopguard" * 9000)
def test_any_text_is_looked_at_without_a_crash(text: str) -> None:
    of_command(text, Places.of({"HOME": "/home/dev"}, Path("/home/dev/work")))
