"""The command line itself: dispatch, unknown commands, exit codes of every kind of error."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from slopguard import cli, errors
from tests.cli.program import Program


def every_error() -> list[type[errors.SlopguardError]]:
    found = [errors.SlopguardError]
    for kind in found:
        found += kind.__subclasses__()
    return [kind for kind in found if kind.__module__ == "slopguard.errors"]


def failing(error: BaseException) -> Callable[[list[str]], int]:
    def dispatch(args: list[str]) -> int:
        raise error

    return dispatch


@pytest.mark.parametrize("kind", every_error())
def test_every_error_ends_in_its_code_with_one_line(
    kind: type[errors.SlopguardError], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cli, "_dispatch", failing(kind("something is wrong")))
    assert cli.main([]) == kind.exit_code
    end = "" if ": slopguard " in kind.default_hint else "."  # a command runs as printed
    assert capsys.readouterr().err == f"slopguard: something is wrong. {kind.default_hint}{end}\n"
    assert kind.exit_code in (2, 4, 5)


def test_the_unforeseen_is_5_and_never_shows_what_it_held(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("SLOPGUARD_DEBUG", raising=False)
    monkeypatch.setattr(cli, "_dispatch", failing(ValueError("hunter2")))
    assert cli.main([]) == 5
    shown = capsys.readouterr().err
    assert shown.startswith("slopguard: internal error (ValueError). ")
    assert shown.count("\n") == 1
    assert "hunter2" not in shown


def test_debugging_shows_where(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLOPGUARD_DEBUG", "1")
    monkeypatch.setattr(cli, "_dispatch", failing(ValueError()))
    with pytest.raises(ValueError, match=r"^$"):
        cli.main([])


def test_interrupted_is_130(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "_dispatch", failing(KeyboardInterrupt()))
    assert cli.main([]) == 130


def test_a_reader_that_leaves_is_no_fault(slopguard: Program) -> None:
    slopguard.write("names", "\n".join(f"name-{number}" for number in range(4000)))
    command = [sys.executable, "-m", "slopguard", "ask", "--offline", "-e", "pypi", "--from-file", "../names"]
    with subprocess.Popen(
        command, env=slopguard.env, cwd=slopguard.cwd, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 141


def test_an_unknown_command_names_the_nearest(slopguard: Program) -> None:
    done = slopguard("aks", "flask")
    assert (done.rc, done.err) == (2, "slopguard: there is no command 'aks'. The nearest is: slopguard ask\n")
    assert slopguard("xyzzyx").err == "slopguard: there is no command 'xyzzyx'. See slopguard --help.\n"


def test_usage_errors_are_one_line_and_code_2(slopguard: Program) -> None:
    for argv in (
        ("ask", "--unknown"),
        ("ask", "-e", "cargo", "x"),
        ("--unknown",),
        ("log", "nonsense"),
        ("run",),
        ("run", "--"),
    ):
        done = slopguard(*argv)
        assert done.rc == 2
        assert done.err.startswith("slopguard: ")
        assert done.err.count("\n") == 1


def test_nothing_to_do_shows_the_help(slopguard: Program) -> None:
    done = slopguard()
    assert (done.rc, done.out) == (2, "")
    assert "Commands:" in done.err


def test_the_version(slopguard: Program) -> None:
    from slopguard import __version__

    assert slopguard("--version").out == f"slopguard {__version__}\n"


@pytest.mark.parametrize("before", [["--config", "own.toml"], ["--config=own.toml"], []])
def test_a_clients_arguments_are_its_own(before: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[object] = []

    def guard(client: str, argv: list[str], config: Path | None, *, net: bool) -> int:
        seen.append((client, argv, config))
        return 7

    monkeypatch.setattr("slopguard.guard.run.main", guard)
    config = Path("own.toml") if before else None
    assert cli.main([*before, "pip", "--help", "--config", "x"]) == 7
    assert cli.main([*before, "run", "--", "make", "--help"]) == 7
    assert cli.main([*before, "run", "make"]) == 7
    assert seen == [
        ("pip", ["--help", "--config", "x"], config),
        ("run", ["make", "--help"], config),
        ("run", ["make"], config),
    ]


def test_a_named_settings_file_counts_before_and_after_the_command(slopguard: Program) -> None:
    slopguard.write("project/own.toml", 'mode = "observe"')
    for argv in (
        ("--config", "own.toml", "ask", "x"),
        ("ask", "x", "--config", "own.toml"),
        ("ask", "--config=own.toml", "x"),
    ):
        done = slopguard(*argv)
        assert (done.rc, "'mode' would loosen" in done.err) == (2, True)


def test_a_database_of_a_newer_version_is_refused(slopguard: Program) -> None:
    import sqlite3

    slopguard("log")
    with sqlite3.connect(slopguard.root / "data" / "slopguard.db") as database:
        database.execute("PRAGMA user_version = 999")
    database.close()
    assert slopguard("ask", "--offline", "pypi:flask").rc == 2
