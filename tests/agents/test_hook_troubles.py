"""Our own troubles stop what could be refused, and nothing else; the ledger keeps an agent's passwords out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.agents.machine import Machine, machine_in
from tests.agents.spoken import ALL

LOOSER = "established_days = 1\n"
"""What a project may not say before a person accepted it."""


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    with machine_in(tmp_path / "machine") as found:
        yield found


def database_is_garbage(machine: Machine) -> None:
    machine.data.mkdir(parents=True)
    (machine.data / "slopguard.db").write_bytes(b"garbage" * 1_000)


@pytest.mark.parametrize("agent", ALL)
@pytest.mark.parametrize(
    ("name", "content"),
    [("README.md", "Run `pip install zz-ghost`\n"), ("a.py", "import zz_ghost\n"), ("a.ts", 'import x from "zz-g"\n')],
)
def test_what_is_never_refused_is_not_refused_for_settings_that_loosen(
    machine: Machine, agent: str, name: str, content: str
) -> None:
    machine.settings(LOOSER)
    assert machine.write(agent, name, content)[0] == "none"


@pytest.mark.parametrize("agent", ALL)
def test_nor_for_a_database_that_cannot_be_read(machine: Machine, agent: str) -> None:
    database_is_garbage(machine)
    assert machine.write(agent, "a.py", "import zz_ghost\n")[0] == "none"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("requirements.txt", "zz-ghost\n"),
        ("a.sh", "pip install zz-ghost\n"),
        ("s.py", '# /// script\n# dependencies = ["zz-ghost"]\n# ///\n'),
        ("setup.py", 'from setuptools import setup\nsetup(install_requires=["zz-ghost"])\n'),
    ],
)
def test_what_may_be_refused_is_for_the_user(machine: Machine, name: str, content: str) -> None:
    machine.settings(LOOSER)
    assert machine.write("claude-code", name, content)[0] == "ask"


@pytest.mark.parametrize("command", ["rm -rf $BUILD", "for d in */; do echo $d; done", "echo $HOME"])
def test_a_command_that_names_no_package_asks_for_no_settings(machine: Machine, command: str) -> None:
    machine.settings(LOOSER)
    assert machine.run("claude-code", command)[0] == "none"
    assert machine.run("claude-code", f"{command}; pip install flask")[0] == "ask"


@pytest.mark.parametrize(
    "beside",
    [
        "docker login -u x -p hunter2",
        "mysql -phunter2 -u root",
        "curl -u me:hunter2 http://localhost",
        "echo 'the password: hunter2' | mail me",
        "twine upload -p pypi-hunter2 dist/x",
        "cat > .env <<'EOF'\nPIN=hunter2\nEOF\nls",
    ],
)
def test_a_password_beside_an_install_is_not_written_down(machine: Machine, beside: str) -> None:
    assert machine.run("claude-code", f"{beside}; pip install zz-ghost")[0] == "deny"
    written = b"".join(path.read_bytes() for path in machine.data.rglob("*") if path.is_file())
    assert b"pip install zz-ghost" in written
    assert b"hunter2" not in written


def test_a_long_word_takes_no_time(machine: Machine) -> None:
    """An image in base64, say; the filter of the answer's last line took time by the square of its length."""
    assert machine.run("claude-code", f"echo {'a' * 150_000} > x; pip install zz-ghost")[0] == "deny"
