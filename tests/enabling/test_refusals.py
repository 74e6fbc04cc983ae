"""What cannot be done is said before anything changes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.program import Program
from tests.enabling.account import answered


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("nmp", "there is no client 'nmp'. The nearest is: slopguard COMMAND npm"),
        ("poetri", "there is no client 'poetri'. The nearest is: slopguard COMMAND poetry"),
        ("qqqq", "there is no client 'qqqq'. Known are: pip uv "),
        ("curser", "there is no agent 'curser'. The nearest is: slopguard COMMAND cursor"),
        ("Aider", "'aider' is an agent in which no hook can be run before a tool. "),
        ("a\x1b[31m", "there is no client 'a\\x1b[31m'."),
    ],
)
def test_a_name_that_is_no_clients(slopguard: Program, name: str, says: str) -> None:
    for command in ("enable", "disable"):
        ended = slopguard(command, name)
        assert ended.rc == 2
        assert ended.err.startswith(f"slopguard: {says.replace('COMMAND', command)}"), ended


@pytest.mark.parametrize("name", [".bashrc", ".profile"])
def test_a_read_only_profile_is_named_with_the_line_to_write(slopguard: Program, name: str) -> None:
    path = slopguard.write(f"home/{name}", "# managed elsewhere\n")
    path.chmod(0o444)
    ended = slopguard("enable", "--yes")
    assert ended.rc == 2
    start = f"slopguard: {path}: is read-only, so nothing was changed. Make it writable, or write at its end yourself: "
    assert ended.err.startswith(f"{start}if [ -r "), ended
    assert path.read_text() == "# managed elsewhere\n"
    assert [each.name for each in path.parent.iterdir()] == [name]


def test_with_that_line_written_by_hand_it_goes_on(slopguard: Program) -> None:
    path = slopguard.write("home/.bashrc", "# managed elsewhere\n")
    path.chmod(0o444)
    line = slopguard("enable", "--yes").err.partition("yourself: ")[2].rstrip(".\n")
    path.chmod(0o644)
    path.write_text(f"# managed elsewhere\n{line}\n")
    path.chmod(0o444)
    assert slopguard("enable", "--yes").rc == 0


@pytest.mark.parametrize("name", ["with:colon", "with\nline"])
def test_a_home_of_slopguards_that_cannot_stand_on_path(slopguard: Program, name: str) -> None:
    ended = slopguard("enable", "--yes", env={"SLOPGUARD_HOME": str(slopguard.root / name)})
    assert ended.rc == 2
    assert "so it cannot stand on PATH. Choose another folder." in ended.err


def test_a_record_that_is_none_names_the_script(slopguard: Program) -> None:
    assert slopguard("enable", "--yes", "npm").rc == 0
    (slopguard.root / "data" / "enabled.json").write_text("{}")
    for command in (["enable", "--yes"], ["disable"]):
        ended = slopguard(*command)
        assert ended.rc == 2
        assert ended.err.rstrip().endswith(f"Undo it with: sh {slopguard.root}/data/shims/undo.sh."), ended


def test_no_environment_is_active(slopguard: Program) -> None:
    ended = slopguard("enable", "--yes", "--venv")
    assert (ended.rc, "no virtual environment is active" in ended.err) == (2, True)


def test_two_at_once_end_as_one_would(slopguard: Program) -> None:
    command = [sys.executable, "-m", "slopguard", "enable", "--yes", "npm", "pip"]
    running = [
        subprocess.Popen(command, env=slopguard.env, cwd=slopguard.cwd, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(3)
    ]
    ended = [process.communicate()[1].decode() for process in running]
    codes = [process.returncode for process in running]
    assert codes.count(0) >= 1
    assert all("something changed while you read" in err for err, code in zip(ended, codes, strict=True) if code)
    profile = slopguard.root / "home" / ".bashrc"
    assert profile.read_text().count("slopguard enable") == 1
    assert answered(slopguard, "disable").rc == 0
    assert not profile.exists()


def test_a_home_with_spaces_and_quotes(tmp_path: Path) -> None:
    slopguard = Program(tmp_path / "ho me's \\ $x `y`")
    (slopguard.root / "home").mkdir()
    assert slopguard("enable", "--yes").rc == 0
    ran = subprocess.run(["bash", "-ic", "command -v pip"], env=slopguard.env, capture_output=True, text=True)
    assert ran.stdout.strip().endswith("shims/pip"), ran
    undone = subprocess.run(
        ["sh", str(slopguard.root / "data/shims/undo.sh"), "--force"], env=slopguard.env, capture_output=True, text=True
    )
    assert (undone.returncode, undone.stderr) == (0, "")
    left = [path for path in (slopguard.root / "home").rglob("*") if ".local" not in path.parts]
    assert left == []
