"""`--pin`: only the words that name a package change, to a version that may run now; a copy is kept; agents may not."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest

from tests.cli.program import Ended, Program
from tests.cli.terminal import at_a_terminal
from tests.simulators.npm import Npm
from tests.simulators.person import typed
from tests.simulators.pypi import PyPI

pytestmark = pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not installed here")
CI = {"CI": "true"}
PIN = ("mcp", "inventory", "--pin")
JSONC = """{
\t// what the editor starts
\t"mcpServers": {
\t\t"far": {"url": "https://a.example/mcp"}, /* stays */
\t\t"near": {"command": "npx", "args": ["-y", "sg-alpha", "--token", "tok_0123456789abcdef"],}, // pinned below
\t\t"tag": {"command": "npx", "args": ["sg-alpha@latest", "sg-alpha"]},
\t\t"range": {"command": "npx", "args": ["-y", "sg-alpha@^1.0"]},
\t\t"flag": {"command": "npx", "args": ["--package=sg-alpha", "--", "sg-alpha"]},
\t\t"windows": {"command": "cmd", "args": ["/c", "npx", "-y", "sg-alpha"]},
\t\t"line": {"command": "npx -y sg-alpha --x 'a b'"},
\t\t"shell": {"command": "bash", "args": ["-c", "cd /x && npx -y sg-alpha"]},
\t\t"uvx": {"command": "uvx", "args": ["sg-beta", "--x"]},
\t\t"uvx-latest": {"command": "uvx", "args": ["sg-beta@latest"]},
\t\t"from": {"command": "uvx", "args": ["--from", "sg-beta[http]>=1", "sg-beta"]},
\t\t"pipx": {"command": "pipx", "args": ["run", "sg-beta"]},
\t\t"fixed": {"command": "npx", "args": ["-y", "sg-alpha@1.0.0"]},
\t},
}
"""
WANTED = {
    "near": ["-y", "sg-alpha@1.2.0", "--token", "tok_0123456789abcdef"],
    "tag": ["sg-alpha@1.2.0", "sg-alpha"],
    "range": ["-y", "sg-alpha@1.2.0"],
    "flag": ["--package=sg-alpha@1.2.0", "--", "sg-alpha"],
    "windows": ["/c", "npx", "-y", "sg-alpha@1.2.0"],
    "shell": ["-c", "cd /x && npx -y sg-alpha@1.2.0"],
    "uvx": ["sg-beta@1.2", "--x"],
    "uvx-latest": ["sg-beta@1.2"],
    "from": ["--from", "sg-beta[http]==1.2", "sg-beta"],
    "pipx": ["run", "sg-beta==1.2"],
    "fixed": ["-y", "sg-alpha@1.0.0"],
}
LEFT = """{"mcpServers": {
  "fresh": {"command": "npx", "args": ["sg-fresh"]},
  "no-such": {"command": "npx", "args": ["sg-none"]},
  "git": {"command": "npx", "args": ["github:a/b"]},
  "next": {"command": "npx", "args": ["sg-alpha@next"]},
  "extras": {"command": "uvx", "args": ["sg-beta[http]"]},
  "escaped": {"command": "npx", "args": ["sg\\u002dalpha"]},
  "installed": {"command": "npx", "args": ["sg-gamma"]}
}}"""


@pytest.fixture
def box(slopguard: Program, npm: Npm, pypi: PyPI) -> Program:
    """A home whose clients ask the local registries."""
    npm.add_established("sg-alpha").add("sg-alpha", "1.3.0", hours_old=2).add("sg-alpha", "2.0.0-rc.1", days_old=99)
    npm.add_established("sg-gamma")
    npm.add("sg-fresh", days_old=1)
    pypi.add_established("sg-beta").add("sg-beta", "1.3", days_old=99, yanked=True)
    slopguard.write("home/.npmrc", f"registry={npm.url}\n")
    slopguard.write("home/.config/pip/pip.conf", f"[global]\nindex-url = {pypi.url}\n")
    return slopguard


@pytest.fixture
def slopguard(tmp_path: Path) -> Program:
    return Program(tmp_path)


def backups(box: Program) -> list[Path]:
    return sorted((box.root / "data" / "backups").glob("*"))


def reasons(ended: Ended) -> dict[str, str]:
    """Why servers were left alone."""
    rows = (line.partition(": ") for line in ended.err.splitlines() if line.startswith("left alone"))
    return {head.split()[-1]: why for head, _, why in rows}


def test_only_the_words_that_name_a_package_change(box: Program) -> None:
    path = box.write("home/.cursor/mcp.json", JSONC)
    path.chmod(0o640)
    ended = box(*PIN, "--yes", env=CI)
    after = path.read_text()
    assert ended.rc == 0, ended.err
    found = json.loads(box("mcp", "inventory", "--format", "json").out)["servers"]
    assert {server["name"]: server["pinned"] for server in found if server["name"] != "far"} == dict.fromkeys(
        [*WANTED, "line"], "yes"
    )
    expected = JSONC
    for old, new in (
        ('["-y", "sg-alpha", "--t', '["-y", "sg-alpha@1.2.0", "--t'),
        ('["sg-alpha@latest", "sg-alpha"]', '["sg-alpha@1.2.0", "sg-alpha"]'),
        ("sg-alpha@^1.0", "sg-alpha@1.2.0"),
        ("--package=sg-alpha", "--package=sg-alpha@1.2.0"),
        ('"npx", "-y", "sg-alpha"]', '"npx", "-y", "sg-alpha@1.2.0"]'),
        ("npx -y sg-alpha --x", "npx -y sg-alpha@1.2.0 --x"),
        ('npx -y sg-alpha"', 'npx -y sg-alpha@1.2.0"'),
        ('["sg-beta", "--x"]', '["sg-beta@1.2", "--x"]'),
        ("sg-beta@latest", "sg-beta@1.2"),
        ("sg-beta[http]>=1", "sg-beta[http]==1.2"),
        ('["run", "sg-beta"]', '["run", "sg-beta==1.2"]'),
    ):
        assert expected.count(old) == 1, old
        expected = expected.replace(old, new)
    assert after == expected
    assert path.stat().st_mode & 0o777 == 0o640


def test_a_copy_is_kept_for_its_owner_alone(box: Program) -> None:
    path = box.write("home/.cursor/mcp.json", JSONC)
    ended = box(*PIN, "--yes", env=CI)
    (kept,) = backups(box)
    assert (kept.read_text(), kept.stat().st_mode & 0o777) == (JSONC, 0o600)
    assert kept.parent.stat().st_mode & 0o777 == 0o700
    assert f"The file as it was: {kept}. Back: cp {kept} {path}" in ended.err
    assert "mcp" in box("log", "--format", "json").out


def test_no_secret_is_shown_with_what_changes(box: Program) -> None:
    box.write("home/.cursor/mcp.json", JSONC)
    ended = box(*PIN, "--yes", env=CI)
    assert "tok_0123456789abcdef" not in ended.out + ended.err
    assert "    - sg-alpha\n    + sg-alpha@1.2.0\n" in ended.err


def test_a_second_time_there_is_nothing_to_do(box: Program) -> None:
    path = box.write("home/.cursor/mcp.json", JSONC)
    box(*PIN, "--yes", env=CI)
    before = path.read_bytes()
    ended = box(*PIN, "--yes", env=CI)
    assert "there is nothing that could be pinned" in ended.err
    assert (path.read_bytes(), len(backups(box))) == (before, 1)


def test_what_is_not_certain_is_left_alone_and_told(box: Program) -> None:
    path = box.write("project/.cursor/mcp.json", LEFT)
    (box.cwd / "node_modules" / "sg-gamma").mkdir(parents=True)
    ended = box(*PIN, "--yes", env=CI)
    assert reasons(ended) == {
        "fresh": "the package itself is refused",
        "no-such": "the package itself is refused",
        "git": "it comes from no index of yours",
        "next": "it follows a tag other than latest",
        "extras": "it is asked for with extras; name the version by hand",
        "escaped": "the file's own text does not hold it plainly",
        "installed": "a copy in node_modules is what runs",
    }
    assert (path.read_text(), backups(box), ended.rc) == (LEFT, [], 1)


@pytest.mark.parametrize(
    ("where", "text", "why"),
    [
        ("home/.config/crush/crushrc", "mcp add near --command npx --args sg-alpha\n", "the file is a script"),
        (
            "home/.gemini/extensions/x/gemini-extension.json",
            '{"mcpServers": {"near": {"command": "npx", "args": ["sg-alpha"]}}}',
            "the file is a plugin's own",
        ),
        (
            "home/.continue/config.yaml",
            "x: &a {command: npx, args: [sg-alpha]}\nmcpServers:\n  near: *a\n  far: *a\n",
            "the file's own text does not hold it plainly",
        ),
    ],
)
def test_files_that_are_not_ours_to_change(box: Program, where: str, text: str, why: str) -> None:
    path = box.write(where, text)
    ended = box(*PIN, "--yes", env=CI)
    assert reasons(ended)["near"].startswith(why)
    assert path.read_text() == text


@pytest.mark.parametrize(
    ("where", "text"),
    [
        (
            "home/.codex/config.toml",
            '# mine\r\n[mcp_servers.near] # here\r\ncommand = "npx"\r\nargs = [ "-y", "sg-alpha", ]\r\n',
        ),
        (
            "home/.continue/config.yaml",
            "mcpServers:\n  - name: near # sg-alpha\n    command: npx\n    args: [-y, sg-alpha]\n",
        ),
        (
            "project/.github/agents/x.md",
            "---\nmcp-servers:\n  near:\n    command: npx\n    args: ['sg-alpha']\n---\nUse sg-alpha.\n",
        ),
        (
            "home/.augment/settings.json",
            '\ufeff{"mcpServers": {"near": {"command": ["npx", "-y", "sg-alpha"], "env": {"sg-alpha": "sg-alpha"}}}}',
        ),
    ],
)
def test_every_format_keeps_what_is_around_it(box: Program, where: str, text: str) -> None:
    path = box.root / where
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())
    box(*PIN, "--yes", env=CI)
    after = path.read_bytes().decode()
    assert after.count("sg-alpha@1.2.0") == 1
    assert after.replace("sg-alpha@1.2.0", "sg-alpha") == text


def test_a_link_stays_a_link(box: Program) -> None:
    path = box.write("dotfiles/mcp.json", '{"mcpServers": {"near": {"command": "npx", "args": ["sg-alpha"]}}}')
    (box.root / "home" / ".cursor").mkdir()
    (box.root / "home" / ".cursor" / "mcp.json").symlink_to(path)
    box(*PIN, "--yes", env=CI)
    assert "sg-alpha@1.2.0" in path.read_text()
    assert (box.root / "home" / ".cursor" / "mcp.json").is_symlink()


@pytest.mark.parametrize(("answer", "changed"), [("yes", True), ("no", False)])
def test_a_person_is_asked(box: Program, answer: str, changed: bool) -> None:
    path = box.write("home/.cursor/mcp.json", JSONC)
    ended = at_a_terminal(box, *PIN, script=[("Write this? Type yes: ", answer)])
    assert (ended.rc, path.read_text() != JSONC) == (0 if changed else 2, changed)
    assert "    + sg-alpha@1.2.0" in ended.out


@pytest.mark.parametrize("env", [{"CLAUDECODE": "1"}, {"CLAUDECODE": "1", **CI}])
def test_an_agent_may_not(box: Program, env: dict[str, str]) -> None:
    path = box.write("home/.cursor/mcp.json", JSONC)
    ended = box(*PIN, "--yes", env=env)
    assert (ended.rc, path.read_text()) == (2, JSONC)
    assert "only a person can pin servers" in ended.err
    assert "Ask the user to run: slopguard mcp inventory --pin" in ended.err


def test_a_job_that_does_not_say_yes_may_not_either(box: Program) -> None:
    assert box(*PIN, env=CI).rc == 2


def test_offline_no_version_can_be_chosen(box: Program) -> None:
    ended = box(*PIN, "--yes", "--offline", env=CI)
    assert (ended.rc, "versions cannot be chosen offline" in ended.err) == (2, True)


def test_a_file_that_changed_meanwhile_is_left_alone(box: Program) -> None:
    path = box.write("home/.cursor/mcp.json", JSONC)
    other = JSONC.replace("sg-alpha", "sg-other")

    def meanwhile() -> None:
        path.write_text(other)

    code, shown = typed([sys.executable, "-m", "slopguard", *PIN], box.env, box.cwd, meanwhile=meanwhile)
    assert (code, path.read_text()) == (2, other)
    assert "changed while you read" in shown


def test_a_file_that_may_not_be_written_is_left_alone(box: Program) -> None:
    path = box.write("home/.cursor/mcp.json", JSONC)
    path.chmod(0o444)
    ended = box(*PIN, "--yes", env=CI)
    assert (ended.rc, path.read_text(), backups(box)) == (2, JSONC, [])
    assert "is read-only, so nothing was changed" in ended.err
