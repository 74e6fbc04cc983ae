"""What a pdm command line means: the packages it names, its project and files, and what installs nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from slopguard.clients import pdm_options
from slopguard.clients.interface import Invocation
from slopguard.clients.pdm import Pdm
from slopguard.clients.pdm_line import understand
from slopguard.clients.pdm_split import split
from slopguard.errors import UsageError
from slopguard.model import SourceKind
from tests.simulators.drivers.pdm import DRIVER

SCRIPT = '# /// script\n# dependencies = ["flask"]\n# ///\n'


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "mine"\nversion = "1"\n')
    return tmp_path


def parse(cwd: Path, line: str, **env: str) -> Invocation:
    return Pdm().parse("pdm", line.split(), cwd, {"HOME": str(cwd / "home"), **env})


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("add flask", ["flask"]),
        ("add -dG test flask[async]>=3 click", ["flask", "click"]),
        ("-v add --group test --no-sync flask", ["flask"]),
        ("-c settings.toml add flask", ["flask"]),
        ("add --venv=x flask -k post_install", ["flask"]),
        ("add -e ./part --dev", ["part"]),
        ("add -C a=b flask -L pdm.dev.lock", ["flask"]),
        ("add git+https://git.example/tool.git", ["tool"]),
        ("install", []),
        ("sync --clean", []),
        ("update flask", []),
        ("remove flask", []),
        ("lock -S static_urls --python ==3.12.*", []),
        ("build -d out", []),
        ("publish -r main -u ann -P x", []),
        ("self add pdm-more", ["pdm-more"]),
        ("plugin add --pip-args=--pre pdm-more pdm-less", ["pdm-more", "pdm-less"]),
        ("self update", ["pdm"]),
    ],
)
def test_packages_named_on_the_command_line(project: Path, line: str, names: list[str]) -> None:
    call = parse(project, line)
    assert call.installs
    assert [sighting.raw for sighting in call.typed] == names


@pytest.mark.parametrize(
    "line",
    [
        *("", "--version", "-h", "add --help", "list", "show flask", "config pypi.url", "export -o x", "venv create"),
        *("run pytest", "pytest", "run -l", "python install 3.13", "self list", "self remove x", "publish --no-build"),
        *("use -f 3.12", "outdated", "search flask", "cache clear", "info"),
    ],
)
def test_command_lines_that_install_nothing(project: Path, line: str) -> None:
    assert not parse(project, line).installs


def test_without_a_project_nothing_is_installed(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    assert not parse(tmp_path, "install").installs


def test_the_files_of_the_project_are_read(project: Path) -> None:
    below = project / "a" / "b"
    below.mkdir(parents=True)
    assert parse(below, "install").files == (project / "pyproject.toml",)
    (project / "pdm.lock").write_text("")
    assert parse(project, "sync").files == (project / "pyproject.toml", project / "pdm.lock")
    (project / "pyproject.toml").write_text('[tool.pdm.workspace]\nmembers = ["parts/*"]\n')
    (project / "parts" / "one").mkdir(parents=True)
    (project / "parts" / "one" / "pyproject.toml").write_text("")
    assert project / "parts" / "one" / "pyproject.toml" in parse(project, "lock").files


@pytest.mark.parametrize(
    ("line", "env", "root"),
    [
        ("install -p other", {}, "other"),
        ("install --project=other", {}, "other"),
        ("install", {"PDM_PROJECT": "other"}, "other"),
        ("install -g", {}, "home/.config/pdm/global-project"),
        ("install", {}, ""),
    ],
)
def test_the_project_that_a_command_is_about(project: Path, line: str, env: dict[str, str], root: str) -> None:
    (project / root).mkdir(parents=True, exist_ok=True)
    (project / root / "pyproject.toml").write_text("")
    assert parse(project, line, **env).files == (project / root / "pyproject.toml",)


def test_the_global_project_is_where_the_settings_say(project: Path) -> None:
    (project / "far").mkdir()
    (project / "far" / "pyproject.toml").write_text("")
    (project / "x.toml").write_text(f'[global_project]\npath = "{project / "far"}"\n')
    assert parse(project, "-c x.toml install -g").cwd == project / "far"


@pytest.mark.parametrize(
    ("line", "env", "name"),
    [
        ("lock", {}, "pdm.lock"),
        ("lock -L pdm.dev.lock", {}, "pdm.dev.lock"),
        ("lock", {"PDM_LOCKFILE": "pdm.x.lock"}, "pdm.x.lock"),
        ("lock", {"PDM_LOCK_FORMAT": "pylock"}, "pylock.toml"),
    ],
)
def test_the_lock_file_is_named(project: Path, line: str, env: dict[str, str], name: str) -> None:
    call = parse(project, line, **env)
    assert Pdm().lock_files(call, {"HOME": str(project / "home"), **env}) == (project / name,)


@pytest.mark.parametrize("name", ["lock.txt", "requirements.txt", "other.lock", "uv.lock"])
def test_a_lock_file_by_another_name_would_not_be_read(project: Path, name: str) -> None:
    with pytest.raises(UsageError):
        parse(project, f"lock -L {name}")


def test_scripts_with_inline_metadata_install(project: Path) -> None:
    (project / "s.py").write_text(SCRIPT)
    (project / "plain.py").write_text("print()\n")
    scripts = (
        'a = "s.py x"\nb = {cmd = ["s.py"]}\nc = {composite = ["true", "a"]}\nd = {composite = ["c"]}\ne = "true"\n'
    )
    (project / "pyproject.toml").write_text(f"[tool.pdm.scripts]\n{scripts}")
    for line in ("run s.py", "s.py", "run a", "a", "b", "c", "d"):
        call = parse(project, line)
        assert (call.installs, call.files, call.runs) == (True, (project / "s.py",), True), line
    for line in ("run plain.py", "e", "run python s.py"):
        assert not parse(project, line).installs, line


def test_what_the_project_adds_to_a_command_counts(project: Path) -> None:
    (project / "pyproject.toml").write_text('[tool.pdm.options]\nadd = ["--no-sync", "evil"]\nlock = ["x"]\n')
    assert [s.raw for s in parse(project, "add flask").typed] == ["evil", "flask"]


def test_files_that_limit_versions_are_read_unless_they_are_urls(project: Path) -> None:
    call = parse(project, "lock --override limits.txt")
    assert call.constraints == (project / "limits.txt",)
    assert parse(project, "lock", PDM_OVERRIDE="limits.txt").constraints == (project / "limits.txt",)
    assert [p.code for p in parse(project, "lock --override https://r.example/x").problems] == ["unread"]


def test_an_environment_s_name_may_not_be_an_option(project: Path) -> None:
    with pytest.raises(UsageError):
        parse(project, "install --venv -p other")


def test_uv_beneath_pdm_with_settings_of_its_own_is_refused(project: Path) -> None:
    assert parse(project, "install", PDM_USE_UV="1").installs
    for table in ('[tool.uv.sources]\nx = {git = "y"}\n', '[[tool.uv.index]]\nurl = "y"\n'):
        (project / "pyproject.toml").write_text(table)
        assert parse(project, "install").installs
        with pytest.raises(UsageError):
            parse(project, "install", PDM_USE_UV="1")
    with pytest.raises(UsageError):
        parse(project, "self add x", PDM_USE_UV="1")


def test_a_url_is_no_package_of_an_index(project: Path) -> None:
    kinds = [s.source.kind for s in parse(project, "add git+https://git.example/x https://h.example/y.whl").typed]
    assert kinds == [SourceKind.VCS, SourceKind.URL]


@pytest.mark.parametrize("version", DRIVER.versions)
def test_every_option_of_pdm_is_known(version: str, tmp_path: Path) -> None:
    ask = (
        "import argparse, json; from pdm.core import Core; out = {}\n"
        "def walk(name, parser):\n"
        "    out.setdefault(name, []).extend((o, a.nargs == 0) for a in parser._actions for o in a.option_strings)\n"
        "    for a in parser._actions:\n"
        "        for r in (a.choices.values() if isinstance(a, argparse._SubParsersAction) else ()): walk(name, r)\n"
        "[walk(n, p) for n, p in Core().subparsers.choices.items()]; print(json.dumps(out))"
    )
    env = {"PYTHONPATH": str(DRIVER.fetch(version)), "HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", ask], env=env, cwd=tmp_path, capture_output=True, text=True, check=True
    )
    known = json.loads(done.stdout)
    assert known.keys() - {"py"} <= pdm_options.INSTALLING | pdm_options.OTHERS | {"py"}
    for command, options in known.items():
        grammar = pdm_options.grammar(command)
        for option, flag in options if command in pdm_options.INSTALLING else ():
            assert (option in grammar.values) is not flag, (command, option)


def test_publishing_builds_under_the_gate_and_uploads_without_it(project: Path) -> None:
    call = parse(project, "-v publish -r main -u ann -P x -d out --skip :all")
    assert split(call) == (
        ("-v", "build", "-d", "out", "--skip", ":all"),
        ("-v", "publish", "-r", "main", "-u", "ann", "-P", "x", "-d", "out", "--skip", ":all", "--no-build"),
    )
    assert split(parse(project, "build")) is None
    assert parse(project, "publish --no-build").writes


def test_the_command_is_found_behind_options(tmp_path: Path) -> None:
    for argv, command in ((["-q", "--no-cache", "-c", "x", "add", "y"], "add"), (["-cx", "run", "y"], "run")):
        assert understand(argv, tmp_path, {}).command == command
