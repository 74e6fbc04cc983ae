"""What a uv or uvx command line means, and how one that runs the user's code is split."""

from __future__ import annotations

from pathlib import Path

import pytest

from slopguard.clients.interface import Invocation
from slopguard.clients.uv import Uv, comma_separated
from slopguard.clients.uv_split import split

SCRIPT = '# /// script\n# dependencies = ["flask"]\n# ///\n'


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "mine"\nversion = "1"\n')
    (tmp_path / "s.py").write_text(SCRIPT)
    (tmp_path / "plain.py").write_text("print()\n")
    return tmp_path


def parse(cwd: Path, line: str, client: str = "uv", **env: str) -> Invocation:
    return Uv().parse(client, line.split(), cwd, {"HOME": str(cwd), **env})


@pytest.mark.parametrize(
    ("line", "command", "names"),
    [
        ("pip install flask", "pip install", ["flask"]),
        ("pip install -U flask[async]>=3 click", "pip install", ["flask", "click"]),
        ("-q pip install flask", "pip install", ["flask"]),
        ("--directory . pip install flask", "pip install", ["flask"]),
        ("--color=never pip install -p 3.11 flask", "pip install", ["flask"]),
        ("pip install --python 3.11 --target t flask", "pip install", ["flask"]),
        ("pip install --no-binary :all: flask", "pip install", ["flask"]),
        ("pip install --index-url https://r.example/s flask", "pip install", ["flask"]),
        ("pip install -ihttps://r.example/s flask", "pip install", ["flask"]),
        ("pip install -i=https://r.example/s flask", "pip install", ["flask"]),
        ("pip sync requirements.txt", "pip sync", []),
        ("pip compile requirements.in -o requirements.txt", "pip compile", []),
        ("add flask", "add", ["flask"]),
        ("add --dev --group lint ruff", "add", ["ruff"]),
        ("add --optional web flask --no-binary click", "add", ["flask", "click"]),
        ("add --script s.py flask", "add", ["flask"]),
        ("sync", "sync", []),
        ("lock --upgrade-package flask", "lock", []),
        ("lock -P flask", "lock", []),
        ("remove flask", "remove", []),
        ("run --with flask,click>=8,<9 python x.py --with y", "run", ["flask", "click"]),
        ("run -w flask[a,b] pytest", "run", ["flask"]),
        ("run pytest -k x", "run", []),
        ("run https://files.example/x.py", "run", ["https://files.example/x.py"]),
        ("tool install ruff", "tool install", ["ruff"]),
        ("tool install --with flask ruff", "tool install", ["ruff", "flask"]),
        ("tool run ruff check flask", "tool run", ["ruff"]),
        ("tool run --from httpie http get", "tool run", ["httpie"]),
        ("tool upgrade ruff", "tool upgrade", ["ruff"]),
        ("venv --seed", "venv", []),
        ("build", "build", []),
    ],
)
def test_packages_named_on_the_command_line(project: Path, line: str, command: str, names: list[str]) -> None:
    call = parse(project, line)
    assert (call.command, call.installs) == (command, True)
    first = [sighting.raw.rpartition("/")[2] if "://" in sighting.raw else sighting.raw for sighting in call.typed]
    assert first == [name.rpartition("/")[2] if "://" in name else name for name in names]


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("ruff check", ["ruff"]),
        ("ruff@0.6.0 check", ["ruff"]),
        ("ruff@latest", ["ruff"]),
        ("--from ruff>=0.5 ruff check", ["ruff"]),
        ("--with rich,click ruff", ["ruff", "rich", "click"]),
        ("-p 3.11 -w rich ruff", ["ruff", "rich"]),
        ("-q ruff -w not-this", ["ruff"]),
        ("python", []),
        ("python@3.12 -c pass", []),
        ("--from git+https://git.example/x tool", ["x"]),
    ],
)
def test_packages_that_uvx_would_fetch(project: Path, line: str, names: list[str]) -> None:
    assert [sighting.raw for sighting in parse(project, line, "uvx").typed] == names


@pytest.mark.parametrize(
    "line",
    [
        "", "--version", "-V", "help", "pip list", "pip freeze", "pip show x", "pip uninstall x", "pip check",
        "pip tree", "python install 3.12", "venv", "init", "cache clean", "self update", "tool list",
        "tool uninstall ruff", "tool dir", "version", "export --frozen", "tree --frozen", "run --no-sync pytest",
        "run --no-project python x", "auth login x", "add --help",
    ],
)  # fmt: skip
def test_what_installs_nothing_goes_straight_to_uv(project: Path, line: str) -> None:
    assert not parse(project, line).installs


def test_publishing_is_a_write(project: Path) -> None:
    call = parse(project, "publish --token x")
    assert (call.installs, call.writes) == (False, True)


@pytest.mark.parametrize(
    ("line", "files"),
    [
        ("pip install -r a.txt", ["a.txt"]),
        ("pip install --requirement=a.txt -rb.txt", ["a.txt", "b.txt"]),
        ("pip install --group dev", ["pyproject.toml"]),
        ("pip sync a.txt b.txt", ["a.txt", "b.txt"]),
        ("pip compile pyproject.toml", ["pyproject.toml"]),
        ("add -r a.txt", ["a.txt", "pyproject.toml", "uv.lock"]),
        ("sync", ["pyproject.toml", "uv.lock"]),
        ("lock", ["pyproject.toml", "uv.lock"]),
        ("run pytest", ["pyproject.toml", "uv.lock"]),
        ("run s.py", ["s.py"]),
        ("run plain.py", ["pyproject.toml", "uv.lock"]),
        ("run -s s.py", ["s.py"]),
        ("sync --script s.py", ["s.py"]),
        ("lock --script s.py", ["s.py"]),
        ("run --with-requirements a.txt pytest", ["a.txt", "pyproject.toml", "uv.lock"]),
        ("remove flask", []),
        ("tool run ruff", []),
        ("build", ["pyproject.toml"]),
    ],
)
def test_files_that_uv_will_install_from(project: Path, line: str, files: list[str]) -> None:
    (project / "uv.lock").write_text("version = 1\n")
    assert parse(project, line).files == tuple(project / name for name in files)


def test_a_workspace_is_all_its_members(project: Path) -> None:
    text = '[project]\nname = "mine"\nversion = "1"\n[tool.uv.workspace]\n'
    text += 'members = ["packages/*"]\nexclude = ["packages/old"]\n'
    (project / "pyproject.toml").write_text(text)
    for name in ("a", "old"):
        (project / "packages" / name).mkdir(parents=True)
        (project / "packages" / name / "pyproject.toml").write_text(f'[project]\nname = "{name}"\nversion = "1"\n')
    inside = project / "packages" / "a"
    for cwd in (project, inside):
        assert parse(cwd, "sync").files == (project / "pyproject.toml", inside / "pyproject.toml")
    assert parse(project, "sync --directory packages/a").files == parse(project, "sync").files


@pytest.mark.parametrize(
    ("line", "first", "then"),
    [
        ("run pytest -q", "sync --inexact", "run --no-sync pytest -q"),
        ("-q run --extra web pytest", "-q sync --extra web --inexact", "-q run --no-sync --extra web pytest"),
        ("run --locked -m pytest", "sync --locked --inexact", "run --no-sync --locked -m pytest"),
        ("run s.py --port 1", "sync --script s.py", "run --offline s.py --port 1"),
        ("export -o r.txt", "lock", "export --frozen -o r.txt"),
        ("tree --outdated", "lock", "tree --frozen --outdated"),
        ("export --locked --no-dev", "lock --locked", "export --frozen --no-dev"),
        ("export --script s.py", "lock --script s.py", "export --frozen --script s.py"),
    ],
)
def test_what_runs_or_prints_is_split_from_what_installs(project: Path, line: str, first: str, then: str) -> None:
    parts = split(parse(project, line))
    assert parts is not None
    assert [word.removeprefix(f"{project}/") for word in parts[0]] == ["--quiet", *first.split()]
    assert list(parts[1]) == then.split()


@pytest.mark.parametrize(
    "line", ["run --with flask pytest", "run --isolated pytest", "sync", "add flask", "tool run ruff"]
)
def test_what_cannot_be_split_stays_whole(project: Path, line: str) -> None:
    assert split(parse(project, line)) is None


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("flask", ["flask"]),
        ("flask,click", ["flask", "click"]),
        ("flask>=3,<4,click", ["flask>=3,<4", "click"]),
        ("flask[async,dotenv]>=3, click", ["flask[async,dotenv]>=3", "click"]),
    ],
)
def test_requirements_in_one_option_are_told_apart(text: str, parts: list[str]) -> None:
    assert comma_separated(text) == parts


@pytest.mark.parametrize(
    ("line", "env", "frozen", "offline"),
    [
        ("sync --frozen", {}, True, False),
        ("sync --locked", {}, True, False),
        ("sync", {"UV_FROZEN": "1"}, True, False),
        ("sync --offline", {}, False, True),
        ("--offline sync", {}, False, True),
        ("sync", {"UV_OFFLINE": "true"}, False, True),
    ],
)
def test_frozen_and_offline_are_noticed(
    project: Path, line: str, env: dict[str, str], frozen: bool, offline: bool
) -> None:
    call = parse(project, line, **env)
    assert (call.frozen, call.offline) == (frozen, offline)
