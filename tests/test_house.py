"""The house rules, each checked: lint, types, floors, sizes, imports at start-up, and documents that tell the truth."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from slopguard.cli.app import COMMANDS, root
from slopguard.rules import RULES

HERE = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
LONGEST_MODULE = 350
SKIPPED = {".git", ".venv", "__pycache__", "node_modules", "build", "dist"}
HEAVY = {"aiohttp", "rich", "packaging", "rapidfuzz", "asyncio", "cryptography", "keyring"}


def files() -> Iterator[Path]:
    """Every file of the repository that is text and ours."""
    for folder, folders, names in os.walk(HERE):
        folders[:] = [
            name for name in folders if name not in SKIPPED and not name.startswith((".mypy", ".ruff", ".hyp"))
        ]
        yield from (Path(folder) / name for name in names if not name.startswith(".coverage"))


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


def passes(*command: str) -> None:
    done = subprocess.run(command, cwd=HERE, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]


def test_lint() -> None:
    passes(str(BIN / "ruff"), "check", "--no-cache", ".")


def test_format() -> None:
    passes(str(BIN / "ruff"), "format", "--no-cache", "--check", ".")


def test_types() -> None:
    passes(sys.executable, "-m", "mypy", "-p", "slopguard")


def test_imports_point_down() -> None:
    passes(str(BIN / "lint-imports"), "--no-cache")


def test_modules_are_short() -> None:
    long = {
        path.relative_to(HERE): count
        for path in files()
        if path.suffix == ".py" and (count := text_of(path).count("\n")) > LONGEST_MODULE
    }
    assert long == {}


def test_public_functions_and_classes_are_documented() -> None:
    missing = []
    for path in (HERE / "slopguard").rglob("*.py"):
        tree = ast.parse(text_of(path))
        nodes = [node for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)]
        missing += [f"{path.name}:{n.name}" for n in nodes if not n.name.startswith("_") and not ast.get_docstring(n)]
        missing += [] if ast.get_docstring(tree) else [path.name]
    assert missing == []


def test_no_registry_is_named_anywhere(tmp_path: Path) -> None:
    """The hosts are asked of pip and npm here and now, as the product does; they stand nowhere in this repository."""
    hosts = set(default_hosts(tmp_path))
    assert hosts
    found = [f"{path}" for path in files() for host in hosts if host in text_of(path)]
    assert found == []


def default_hosts(home: Path) -> Iterator[str]:
    env = {"PATH": os.environ["PATH"], "HOME": str(home), "PIP_CONFIG_FILE": os.devnull, "COLUMNS": "400"}
    command = [sys.executable, "-m", "pip", "install", "--help"]
    shown = subprocess.run(command, env=env, capture_output=True, text=True).stdout
    address = re.search(r"default\s+https://([a-z0-9.]+)", shown)
    assert address, "pip does not say which index it uses"
    yield address[1]
    npm = shutil.which("npm")
    if npm:
        env |= {"npm_config_userconfig": os.devnull, "npm_config_globalconfig": f"{os.devnull}-global"}
        asked = subprocess.run([npm, "config", "get", "registry"], env=env, cwd="/", capture_output=True, text=True)
        address = re.search(r"https://([a-z0-9.]+)", asked.stdout)
        assert address, "npm does not say which registry it uses"
        yield address[1]


def test_no_path_of_a_machine_is_written_anywhere() -> None:
    home = str(Path.home())
    paths = [str(HERE), *([home] if len(home) > len("/root") else [])]
    assert [path for path in files() if any(place in text_of(path) for place in paths)] == []


README = text_of(HERE / "README.md")


def test_the_readme_says_what_ci_runs() -> None:
    """`.ci/run` takes its command out of the README, with this very expression."""
    script = text_of(HERE / ".ci" / "run")
    expression = re.search(r"sed -n '([^']+)' README\.md", script)
    assert expression
    command = subprocess.run(
        ["sed", "-n", expression[1], str(HERE / "README.md")], capture_output=True, text=True
    ).stdout.strip()
    assert command == ".venv/bin/pip install -q '.[test]' && .venv/bin/python -m pytest -q -n auto"
    assert os.access(HERE / ".ci" / "run", os.X_OK)


def test_the_readme_knows_every_rule_with_its_verdict() -> None:
    rows = dict(re.findall(r"^\| `([a-z-]+)` \| (allow|warn|quarantine|block|unchecked) \|", README, re.MULTILINE))
    assert rows == {rule.id: rule.outcome.value for rule in RULES.values()}


def test_the_readme_knows_every_command_and_variable() -> None:
    for name in COMMANDS:
        assert f"`slopguard {name}" in README or f"`{name} " in README, name
    known = set(re.findall(r"SLOPGUARD_[A-Z]+", README))
    used = set()
    for room in ("config", "cli"):
        for path in (HERE / "slopguard" / room).rglob("*.py"):
            used |= set(re.findall(r"SLOPGUARD_[A-Z]+", text_of(path)))
    assert known == used


def test_every_settings_key_is_in_the_readme() -> None:
    from slopguard.config.grammar import KEYS

    last = {key.rpartition(".")[2] for key in KEYS}
    later = {"sources", "teams", "paths"}  # commands that use them are not part of this version
    assert {word for word in last - later if not re.search(rf"^(# )?{word} = ", README, re.MULTILINE)} == set()


def test_links_between_documents_lead_somewhere() -> None:
    for path in files():
        if path.suffix == ".md":
            for target in re.findall(r"\]\(([^)#:]+)\)", text_of(path)):
                assert (path.parent / target).exists(), f"{path}: {target}"


def commands() -> Iterator[tuple[str, click.Command]]:
    context = click.Context(root)
    for name in root.list_commands(context):
        command = root.get_command(context, name)
        assert command is not None
        yield name, command
        if isinstance(command, click.Group):
            yield from ((f"{name} {sub}", command.commands[sub]) for sub in command.commands)


@pytest.mark.parametrize(("name", "command"), list(commands()))
def test_every_help_has_an_example(name: str, command: click.Command) -> None:
    assert (command.epilog or "").startswith(f"Example: slopguard {name.split()[0]}")
    assert command.help


def imported(*argv: str) -> set[str]:
    """The top-level modules that one run of the command imports."""
    script = "import sys; from slopguard.cli import main; main(sys.argv[1:]); print(*sys.modules, file=sys.stderr)"
    env = {
        "PATH": os.environ["PATH"],
        "SLOPGUARD_HOME": os.environ["SLOPGUARD_HOME"],
        "HOME": os.environ["SLOPGUARD_HOME"],
    }
    done = subprocess.run([sys.executable, "-c", script, *argv], env=env, capture_output=True, text=True, cwd="/")
    return {name.partition(".")[0] for name in done.stderr.split()}


@pytest.mark.parametrize("name", ["pypi:flask", "pypi:flask-auth-magic", "npm:reactt"])
def test_asking_for_one_name_offline_imports_nothing_heavy(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLOPGUARD_HOME", str(tmp_path))
    modules = imported("ask", name, "--offline")
    assert "cedarpy" in modules
    assert modules & (HEAVY | {"click"}) == set()


def test_listing_the_commands_imports_none_of_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLOPGUARD_HOME", str(tmp_path))
    script = "import sys; from slopguard.cli import main; main(['--help']); print(*sys.modules)"
    shown = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True).stdout.split()
    assert not {"slopguard.cli.ask", "slopguard.cli.log", "slopguard.judge", "slopguard.store"} & set(shown)


def test_the_way_to_a_guarded_client_imports_no_click() -> None:
    script = "import sys, slopguard.cli, slopguard.guard.run; print(*sys.modules)"
    shown = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True).stdout.split()
    assert not (HEAVY | {"click"}) & set(shown)


def test_the_distribution_holds_the_policy_and_the_lists() -> None:
    import tomllib

    wheel = tomllib.loads(text_of(HERE / "pyproject.toml"))["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert wheel["packages"] == ["slopguard"]
    assert wheel["force-include"] == {"allowlists/shipped": "slopguard/_shipped"}
