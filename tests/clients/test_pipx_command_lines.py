"""What a pipx command line means: the packages it names or stands for, and the backend that will be at work."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from slopguard.clients import pipx_options
from slopguard.clients.interface import Invocation
from slopguard.clients.pipx import Pipx
from slopguard.clients.pipx_backend import Asked, backends
from slopguard.clients.pipx_line import guarded, understand
from slopguard.errors import InputError, UsageError
from tests.simulators import python_tools
from tests.simulators.drivers.pipx import package, spec_file

SCRIPT = '# /// script\n# dependencies = ["flask"]\n# ///\n'
PIP, UV = Asked("pip", ""), Asked("uv", "/bin/uv")


def parse(cwd: Path, *argv: str, **env: str) -> Invocation:
    return Pipx().parse("pipx", argv, cwd, {"HOME": str(cwd), "PATH": str(cwd), **env})


def keep(cwd: Path, name: str, spec: str, *options: str, backend: str = "pip", injected: str = "") -> None:
    """An environment as pipx leaves it."""
    folder = cwd / ".local" / "share" / "pipx" / "venvs" / name
    folder.mkdir(parents=True)
    more = {injected: package(injected, injected)} if injected else {}
    about = {"main_package": package(name, spec, options), "injected_packages": more, "backend": backend}
    (folder / "pipx_metadata.json").write_text(json.dumps(about))


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("install ruff", ["ruff"]),
        ("install ruff black>=24 --force --suffix _x", ["ruff", "black"]),
        ("install --preinstall ansible ansible-core", ["ansible", "ansible-core"]),
        ("install --python 3.12 --backend uv ruff", ["ruff"]),
        ("install --pip ruff==1 ruff", ["ruff", "ruff"]),
        ("install --upgrade ruff", ["ruff"]),
        ("inject ruff rich click", ["rich", "click"]),
        ("run ruff check flask", ["ruff"]),
        ("run --spec ruff==1 ruff check", ["ruff"]),
        ("run --with rich --with click,flask[async]>=2,<3 ruff", ["rich", "click", "flask", "ruff"]),
        ("run --spec git+https://git.example/x tool", ["x"]),
        ("run https://files.example/x.py", ["https://files.example/x.py"]),
        ("upgrade ruff", ["ruff"]),
        ("upgrade-shared", ["pip"]),
        ("runpip ruff install rich", ["rich"]),
        ("runpip ruff -q install -U rich click", ["rich", "click"]),
    ],
)
def test_packages_named_on_the_command_line(tmp_path: Path, line: str, names: list[str]) -> None:
    call = parse(tmp_path, *line.split())
    assert call.installs
    assert [sighting.raw.rpartition("/")[2] for sighting in call.typed] == [name.rpartition("/")[2] for name in names]
    assert call.runs is (call.command == "run")


@pytest.mark.parametrize(
    "line",
    [
        *(
            "",
            "--version",
            "--help",
            "list",
            "list --outdated",
            "uninstall ruff",
            "uninject ruff rich",
            "install --help",
        ),
        *("runpip ruff list", "runpip ruff uninstall rich", "run --pypackages ruff"),
        *("interpreter list", "ensurepath"),
    ],
)
def test_command_lines_that_install_nothing(tmp_path: Path, line: str) -> None:
    assert not parse(tmp_path, *line.split()).installs


def test_a_url_or_repository_is_no_package_of_an_index(tmp_path: Path) -> None:
    for spec, kind in (("https://files.example/x.py", "url"), ("git+https://git.example/x", "vcs")):
        for argv in (("install", spec), ("run", spec), ("inject", "ruff", spec), ("run", "--with", spec, "ruff")):
            assert parse(tmp_path, *argv).typed[0].source.kind == kind


def test_options_for_pip_are_read_as_pip_reads_them(tmp_path: Path) -> None:
    (tmp_path / "limits.txt").write_text("")
    call = parse(tmp_path, "install", "--pip-args=-c limits.txt --extra-index-url https://r.example/s", "ruff")
    assert tmp_path / "limits.txt" in call.constraints
    assert [index.url for index in call.indexes] == ["https://r.example/s"]
    assert [index.url for index in parse(tmp_path, "install", "-i", "https://r.example/s", "ruff").indexes] == [
        "https://r.example/s"
    ]


@pytest.mark.parametrize(
    ("line", "left"),
    [
        ("install -i https://r.example/s ruff", ["install", "ruff"]),
        ("install --index-url=https://r.example/s -f ruff", ["install", "-f", "ruff"]),
        ("install --pip-args=--pre -v ruff", ["install", "--pip-args=--pre", "-v", "ruff"]),
        ("upgrade-all --skip a b --force", ["upgrade-all", "--skip", "a", "b", "--force"]),
        ("run -i https://r.example/s ruff -i x", ["run", "ruff", "-i", "x"]),
    ],
)
def test_what_names_an_index_leaves_the_command_line(line: str, left: list[str]) -> None:
    assert list(guarded(understand(line.split()), ["pip"], [])) == left


def test_what_names_an_index_leaves_the_options_for_pip() -> None:
    line = understand(["install", "--pip-args", "--pre -i https://r.example/s --proxy http://p.example", "ruff"])
    assert list(guarded(line, ["pip"], [])) == ["install", "--pip-args=--pre", "ruff"]
    with pytest.raises(UsageError):
        list(guarded(understand(["install", "--pip-args", "'open", "ruff"]), ["pip"], []))


def test_what_is_installed_again_is_what_pipx_wrote_down(tmp_path: Path) -> None:
    keep(tmp_path, "ruff", "ruff==1", injected="rich")
    keep(tmp_path, "tool", "git+https://git.example/tool")
    for argv in (["upgrade", "ruff"], ["reinstall", "Ruff"], ["upgrade-all", "--skip", "tool"]):
        assert [sighting.raw for sighting in parse(tmp_path, *argv).typed] == ["ruff", "rich"]
    every = parse(tmp_path, "reinstall-all").typed
    assert [(s.raw, str(s.source.kind)) for s in every] == [("ruff", "registry"), ("rich", "registry"), ("tool", "vcs")]


@pytest.mark.parametrize("option", ["--index-url=https://r.example/s", "-fhttps://r.example/", "--trusted-host=x"])
def test_an_index_that_pipx_remembers_would_be_asked_past_the_gate(tmp_path: Path, option: str) -> None:
    keep(tmp_path, "ruff", "ruff", option)
    keep(tmp_path, "black", "black", "--pre")
    for argv in (["upgrade", "ruff"], ["inject", "ruff", "rich"], ["reinstall", "ruff"], ["upgrade-all"]):
        with pytest.raises(UsageError):
            parse(tmp_path, *argv)
    assert parse(tmp_path, "upgrade", "black").installs


def test_a_list_of_tools_is_read(tmp_path: Path) -> None:
    (tmp_path / "tools.json").write_text(spec_file({"ruff": "ruff==1", "x": "git+https://git.example/x"}))
    assert [sighting.raw for sighting in parse(tmp_path, "install-all", "tools.json").typed] == ["ruff", "x"]
    for text in ("", "[]", '{"venvs": 1}', '{"venvs": []}', "{"):
        (tmp_path / "tools.json").write_text(text)
        with pytest.raises(InputError):
            parse(tmp_path, "install-all", "tools.json")


def test_a_script_is_read_for_what_it_requires(tmp_path: Path) -> None:
    (tmp_path / "s.py").write_text(SCRIPT)
    (tmp_path / "plain.py").write_text("print()\n")
    (tmp_path / "nameless").write_text(SCRIPT)
    for argv in (["run", "s.py", "x"], ["run", "--path", "./s.py"], ["install", "s.py"]):
        assert [sighting.raw for sighting in parse(tmp_path, *argv).typed] == ["flask"]
    assert parse(tmp_path, "run", "plain.py").typed == ()
    with pytest.raises(UsageError):
        parse(tmp_path, "run", "nameless")


def test_a_script_that_uv_runs_names_its_own_sources(tmp_path: Path) -> None:
    source = '# [tool.uv.sources]\n# flask = {git = "https://git.example/flask"}\n# ///\n'
    (tmp_path / "s.py").write_text('# /// script\n# dependencies = ["flask"]\n' + source)
    assert [str(s.source.kind) for s in parse(tmp_path, "run", "s.py").typed][:1] == ["vcs"]


@pytest.mark.parametrize(
    "line", ["install --lock pylock.toml ruff", "manifest sync tools.toml", "manifest lock x.toml"]
)
def test_lock_files_that_pipx_installs_from_are_refused(tmp_path: Path, line: str) -> None:
    with pytest.raises(UsageError):
        parse(tmp_path, *line.split())


@pytest.mark.parametrize(
    ("line", "asked", "expected"),
    [
        ("install ruff", PIP, ("pip",)),
        ("install ruff", UV, ("uv",)),
        ("install --backend pip ruff", UV, ("pip",)),
        ("run --backend uv ruff", PIP, ("uv",)),
        ("upgrade by-uv", PIP, ("uv",)),
        ("upgrade by-pip by-uv", PIP, ("pip", "uv")),
        ("upgrade --backend uv by-pip", UV, ("pip",)),
        ("upgrade --install by-pip ruff", UV, ("pip", "uv")),
        ("upgrade-all", PIP, ("pip", "uv")),
        ("reinstall --backend uv by-pip", PIP, ("uv",)),
        ("upgrade-shared", UV, ("pip",)),
        ("runpip by-uv install rich", PIP, ("uv",)),
    ],
)
def test_the_backend_at_work(tmp_path: Path, line: str, asked: Asked, expected: tuple[str, ...]) -> None:
    keep(tmp_path, "by-pip", "by-pip")
    keep(tmp_path, "by-uv", "by-uv", backend="uv")
    assert backends(understand(line.split()), asked, {"HOME": str(tmp_path)}, tmp_path) == expected


def test_every_option_of_the_newest_pipx_is_known() -> None:
    ask = (
        "import argparse; from pipx.main import get_command_parser as p; "
        "subs = next(a for a in p()[0]._actions if isinstance(a, argparse._SubParsersAction)).choices; "
        "wanted = {n: [(o, a.nargs == 0) for a in s._actions for o in a.option_strings] for n, s in subs.items()}; "
        "import json; print(json.dumps(wanted))"
    )
    env = {"PYTHONPATH": str(python_tools.folder("pipx", "newest")), "HOME": "/nowhere"}
    done = subprocess.run([sys.executable, "-c", ask], env=env, capture_output=True, text=True, check=True)
    for command, options in json.loads(done.stdout).items():
        for option, flag in options if command in pipx_options.INSTALLING else ():
            assert (option in pipx_options.AFTER.values) is not flag, (command, option)
