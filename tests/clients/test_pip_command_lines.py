"""What a pip command line means, in every spelling that pip accepts."""

from __future__ import annotations

from pathlib import Path

import pytest

from slopguard.clients.interface import GateAddress, Invocation
from slopguard.clients.pip import Pip
from slopguard.errors import UsageError

HERE = Path("/project")
GATE = GateAddress("http://127.0.0.1:9", "u", "s")


def parse(*argv: str, **env: str) -> Invocation:
    return Pip().parse("pip", argv, HERE, {"HOME": "/nowhere", "XDG_CONFIG_DIRS": "/nowhere", **env})


NAMED = [
    ("install flask", ["flask"]),
    ("install flask==3.0 click>=8", ["flask", "click"]),
    ("-q install flask", ["flask"]),
    ("--proxy http://p.example install flask", ["flask"]),
    ("--log file.txt -v install flask", ["flask"]),
    ("--timeout 5 --retries=2 install flask", ["flask"]),
    ("install -U flask", ["flask"]),
    ("install --upgrade --pre flask", ["flask"]),
    ("install -t folder flask", ["flask"]),
    ("install --target=folder flask", ["flask"]),
    ("install -tfolder flask", ["flask"]),
    ("install -qU flask", ["flask"]),
    ("install -qUt folder flask", ["flask"]),
    ("install --no-binary :all: flask", ["flask"]),
    ("install -C key=value flask", ["flask"]),
    ("install --only-binary=:none: flask", ["flask"]),
    ("install -i https://registry.example/simple flask", ["flask"]),
    ("install -ihttps://registry.example/simple flask", ["flask"]),
    ("install --pypi-url https://registry.example/simple flask", ["flask"]),
    ("install --extra-index=https://registry.example/simple flask", ["flask"]),
    ("install --extra https://registry.example/simple flask", ["flask"]),
    ("install flask -f links", ["flask"]),
    ("install -- flask -q", ["flask", "-q"]),
    ("install --dry-run flask", ["flask"]),
    ("download -d folder flask", ["flask"]),
    ("wheel -w folder flask", ["flask"]),
    ("lock -o pylock.toml flask", ["flask"]),
    ("install --report r.json flask", ["flask"]),
    ("install --uploaded-prior-to 2025-01-01 flask", ["flask"]),
    ("install --python-version 3.11 --platform any flask", ["flask"]),
    ("--python other install flask", ["flask"]),
    ("install -r requirements.txt", []),
]


@pytest.mark.parametrize(("line", "names"), NAMED)
def test_packages_named_on_the_command_line(line: str, names: list[str]) -> None:
    call = parse(*line.split())
    assert call.installs
    assert [sighting.raw for sighting in call.typed] == names


@pytest.mark.parametrize(
    "line",
    [
        "",
        "--version",
        "-V",
        "--help",
        "list",
        "list --outdated",
        "freeze",
        "show flask",
        "check",
        "config list",
        "cache dir",
        "index versions flask",
        "uninstall -y flask",
        "hash file.whl",
        "help install",
        "debug",
        "inspect",
        "search flask",
        "install --help",
        "no-such-command flask",
    ],
)
def test_what_installs_nothing_goes_straight_to_pip(line: str) -> None:
    assert not parse(*line.split()).installs


@pytest.mark.parametrize(
    ("line", "files"),
    [
        ("install -r a.txt", ["a.txt"]),
        ("install -ra.txt", ["a.txt"]),
        ("install --requirement=a.txt --req b.txt", None),
        ("install --requirement a.txt -r b.txt", ["a.txt", "b.txt"]),
        ("install -qr a.txt", ["a.txt"]),
        ("install --requirements-from-script s.py", ["s.py"]),
        ("install --group dev", ["pyproject.toml"]),
        ("install --group sub/pyproject.toml:dev", ["sub/pyproject.toml"]),
        ("download -r a.txt -d out", ["a.txt"]),
    ],
)
def test_files_that_pip_will_install_from(line: str, files: list[str] | None) -> None:
    if files is None:
        with pytest.raises(UsageError, match="short for more than one"):
            parse(*line.split())
        return
    assert parse(*line.split()).files == tuple(HERE / name for name in files)


def test_requirement_files_named_by_the_environment_count() -> None:
    assert parse("install", "six", PIP_REQUIREMENT="hidden.txt").files == (HERE / "hidden.txt",)


def test_constraints_are_told_apart_from_requirements() -> None:
    call = parse("install", "-r", "a.txt", "-c", "c.txt", "--build-constraint", "b.txt")
    assert call.files == (HERE / "a.txt",)
    assert call.constraints == (HERE / "c.txt", HERE / "b.txt")


@pytest.mark.parametrize(
    ("line", "kinds"),
    [
        ("install -i https://a.example/simple x", ["default"]),
        ("install --index https://a.example/simple x", ["default"]),
        ("install --extra-index-url https://a.example/s --extra-index-url https://b.example/s x", ["extra", "extra"]),
        ("install -f https://a.example/links x", ["find-links"]),
        ("install --find-links=wheels x", ["find-links"]),
        ("install x", []),
    ],
)
def test_indexes_named_by_flags_are_the_flags_word(line: str, kinds: list[str]) -> None:
    found = parse(*line.split()).indexes
    assert [index.kind for index in found] == kinds
    assert not any(index.trusted for index in found)


@pytest.mark.parametrize(
    "spec", ["git+https://git.example/x", "https://files.example/x-1.0.tar.gz", "x @ https://f.example/x.whl"]
)
def test_urls_are_typed_packages_that_no_index_vouches_for(spec: str) -> None:
    (sighting,) = parse("install", spec).typed
    assert sighting.source.kind in ("vcs", "url")
    assert not sighting.source.trusted


@pytest.mark.parametrize(
    "line",
    [
        "install -i https://a.example/s x",
        "install --extra-index=https://a.example/s x",
        "install -fhttps://a.example/l x",
        "install --no-index x",
        "--isolated install x",
        "install --proxy http://p.example x",
        "--proxy=http://p.example install --no-proxy-env x",
        "install --trusted-host a.example x",
    ],
)
def test_options_that_lead_past_the_gate_leave_the_command_line(line: str, pip_command: tuple[str, ...]) -> None:
    call = parse(*line.split())
    launch = Pip().launch(call, pip_command, {"HOME": "/nowhere"}, GATE, call.indexes, HERE)
    assert launch.argv[len(pip_command) :] == ("install", "x")


def test_other_options_stay_as_they_are(pip_command: tuple[str, ...]) -> None:
    call = parse("-q", "install", "-U", "--pre", "-t", "folder", "--cache-dir", "c", "x==1")
    launch = Pip().launch(call, pip_command, {"HOME": "/nowhere"}, GATE, call.indexes, HERE)
    assert launch.argv[len(pip_command) :] == (
        "-q", "install", "-U", "--pre", "-t", "folder", "--cache-dir", "c", "x==1",
    )  # fmt: skip


def test_pip_with_no_index_at_all_is_given_none(pip_command: tuple[str, ...]) -> None:
    launch = Pip().launch(parse("install", "--no-index", "x"), pip_command, {"HOME": "/nowhere"}, GATE, (), HERE)
    assert launch.env["PIP_NO_INDEX"] == "1"
    assert "PIP_INDEX_URL" not in launch.env
