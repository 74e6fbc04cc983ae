"""Files that shell text writes are judged as edits are: what they add to what is there, whatever kind of file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.agents.machine import Machine, machine_in

MANIFEST = json.dumps({"name": "x", "dependencies": {"react": "^18.2.0", "zz-ghost": "1.0.0"}}, indent=2)
ADDING = {
    "package.json": MANIFEST,
    ".mcp.json": json.dumps({"mcpServers": {"a": {"command": "npx", "args": ["-y", "zz-ghost"]}}}, indent=2),
    ".github/workflows/a.yml": "on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - run: pip install zz-ghost\n",
    ".gitlab-ci.yml": "a:\n  script:\n    - pip install zz-ghost\n",
    "docker-compose.yml": "services:\n  a:\n    image: x\n    command: pip install zz-ghost\n",
    "Makefile": "a:\n\tpip install zz-ghost\n",
    "Dockerfile": "FROM python\nRUN pip install zz-ghost\n",
    "setup.py": "from setuptools import setup\nsetup(install_requires=['zz-ghost'])\n",
    "setup.cfg": "[options]\ninstall_requires =\n  zz-ghost\n",
    "tox.ini": "[testenv]\ndeps = zz-ghost\n",
    "environment.yml": "dependencies:\n  - pip:\n    - zz-ghost\n",
    "requirements.txt": "# all\nzz-ghost\n",
    "pyproject.toml": '[project]\nname = "x"\ndependencies = [\n  "zz-ghost",\n]\n',
    "a.sh": "pip install zz-ghost\n",
}
NOTED = {"app.py": "import zz_ghost  # pip install\n", "NOTES.md": "Run `pip install zz-ghost`.\n"}


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    with machine_in(tmp_path / "machine") as found:
        yield found


def put(name: str, text: str, how: str = "cat > {}") -> str:
    """Shell text that writes a file."""
    end = "" if text.endswith("\n") else "\n"
    return f"{how.format(name)} <<'EOF'\n{text}{end}EOF"


@pytest.mark.parametrize("name", ADDING)
@pytest.mark.parametrize("how", ["cat > {}", "tee {} > /dev/null", "cat >> {}", "cd . && cat > ./{}"])
def test_what_it_adds_is_refused(machine: Machine, name: str, how: str) -> None:
    decision, reason = machine.run("claude-code", put(name, ADDING[name], how))
    assert (decision, "zz-ghost" in reason) == ("deny", True)
    assert "Your command was not run." in reason


@pytest.mark.parametrize("name", [name for name in ADDING if name != "a.sh"])
def test_what_stands_there_already_is_not(machine: Machine, name: str) -> None:
    path = machine.project / name
    if name == "Dockerfile":
        pytest.skip("a Dockerfile in a command is read as the commands in it")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(ADDING[name])
    assert machine.run("claude-code", put(name, ADDING[name]))[0] == "none"


@pytest.mark.parametrize("name", NOTED)
def test_source_code_and_documents_are_noted(machine: Machine, name: str) -> None:
    decision, reason = machine.run("claude-code", put(name, NOTED[name]))
    assert (decision, "NOTE pypi 'zz-ghost'" in reason) == ("none", True)


def test_a_line_is_added_to_what_is_there(machine: Machine) -> None:
    (machine.project / "Makefile").write_text("a:\n\tpip install zz-old\n")
    assert machine.run("claude-code", put("Makefile", "b:\n\tpip install flask\n", "cat >> {}"))[0] == "none"
    assert machine.run("claude-code", put("Makefile", "b:\n\tpip install zz-new\n", "cat >> {}"))[0] == "deny"


def test_projects_of_the_tree_are_its_own(machine: Machine) -> None:
    (machine.project / "packages/ui").mkdir(parents=True)
    (machine.project / "packages/ui/package.json").write_text('{"name": "zz-ui", "version": "1.0.0"}')
    (machine.project / "package.json").write_text('{"name": "x", "workspaces": ["packages/*"]}')
    text = json.dumps({"name": "x", "workspaces": ["packages/*"], "dependencies": {"zz-ui": "*"}}, indent=2)
    assert machine.run("claude-code", put("package.json", text))[0] == "none"


def test_a_file_that_is_installed_from_at_once_is_read(machine: Machine) -> None:
    for name in ("requirements.txt", "deps.txt"):
        assert machine.run("claude-code", f"{put(name, 'zz-ghost')}\npip install -r {name}")[0] == "deny", name


@pytest.mark.parametrize("text", ['echo "$X" >> requirements.txt', "cat > requirements.txt <<EOF\n$X\nEOF"])
def test_what_nobody_can_know_of_it_is_for_the_user(machine: Machine, text: str) -> None:
    assert machine.run("claude-code", text)[0] == "ask"
