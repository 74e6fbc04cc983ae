"""The shim of a Python: `-m pip` and its like go to slopguard, with that Python and its options; all else is Python."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from slopguard.errors import UsageError
from slopguard.guard import find
from slopguard.guard.enabling import shims
from tests.simulators import clients

NAMES = ("pip", "uv", "python", "python3")
SPY = '#!/bin/sh\nprintf "<%s>" "$SLOPGUARD_VIA" "$@"\n'


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder `shims` with the shims, and `real` with a Python that says how it was called."""
    folder = tmp_path_factory.mktemp("py thon's")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "executable", str(folder / "slopguard"))
        texts = shims.scripts(NAMES, folder / "shims")
    for path, text in [
        *((folder / "shims" / name, text) for name, text in texts.items()),
        (folder / "slopguard", SPY),
        (folder / "real" / "python3", '#!/bin/sh\nprintf "real"\nprintf "<%s>" "$@"\n'),
        (folder / "real" / "pip", '#!/bin/sh\nprintf "real"\nprintf "<%s>" "$@"\n'),
    ]:
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        path.chmod(0o755)
    return folder


def called(place: Path, name: str, *argv: str) -> str:
    """Who was called, and how."""
    done = subprocess.run(
        [str(place / "shims" / name), *argv],
        env={"PATH": f"{place}/shims:{place}/real"},
        capture_output=True,
    )
    assert (done.returncode, done.stderr) == (0, b""), done
    return done.stdout.decode()


@pytest.mark.parametrize(
    ("argv", "options", "rest"),
    [
        ("-m pip install x", "", "pip install x"),
        ("-mpip install x", "", "pip install x"),
        ("-m pip", "", "pip"),
        ("-I -m pip install x", "-I", "pip install x"),
        ("-Im pip install x", "-I", "pip install x"),
        ("-Isu -B -m pip install x", "-Isu -B", "pip install x"),
        ("-W ignore -X utf8 -m pip install x", "-W ignore -X utf8", "pip install x"),
        ("-Wignore -Xutf8 -bm pip install x", "-Wignore -Xutf8 -b", "pip install x"),
        ("-IW ignore -mpip install x", "-IW ignore", "pip install x"),
        ("--check-hash-based-pycs always -m pip install x", "--check-hash-based-pycs always", "pip install x"),
        ("-m pip.__main__ install x", "", "pip install x"),
        ("-m pip -q install x", "", "pip -q install x"),
        ("-m uv pip install x", "", "uv pip install x"),
    ],
)
def test_what_may_install_goes_to_slopguard(place: Path, argv: str, options: str, rest: str) -> None:
    via = "\n".join([f"{place}/real/python3", *options.split()])
    words = "".join(f"<{word}>" for word in ["-E", "-P", "-m", "slopguard", *rest.split()])
    assert called(place, "python3", *argv.split()) == f"<{via}>{words}"
    assert find.command(rest.split()[0], {}, via)[-2:] == ("-m", rest.split()[0])


@pytest.mark.parametrize(
    "argv",
    [
        (),
        ("-m",),
        ("-",),
        ("-c", "import pip", "-m", "pip", "install", "x"),
        ("-cpass", "-m", "pip"),
        ("script.py", "-m", "pip", "install", "x"),
        ("-m", "json.tool", "-m", "pip"),
        ("-m", "pip", "list"),
        ("-m", "pip", "--version"),
        ("-m", "uv", "pip", "list"),
        ("-m", "pipx", "install", "x"),
        ("-W", "-m", "pip"),
        ("-X",),
        ("--version", "-m", "pip"),
        ("-V", "-m", "pip"),
        ("-?", "-m", "pip"),
        ("-m", "pipsqueak", "install"),
        ("", "-m", "pip"),
        ("-c", "print(' a  b ')", "*", "$x", "two\nlines"),
    ],
)
def test_all_else_is_python_itself_with_the_very_arguments(place: Path, argv: tuple[str, ...]) -> None:
    assert called(place, "python3", *argv) == "real" + "".join(f"<{word}>" for word in argv) + (
        "<>" if not argv else ""
    )


def test_python_is_python3_where_only_an_environment_has_a_python(place: Path) -> None:
    assert called(place, "python", "-c", "pass") == "real<-c><pass>"
    assert called(place, "python", "-m", "pip", "install", "x").startswith(f"<{place}/real/python3><-E>")


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])), min_size=1, max_size=5))
def test_arguments_pass_a_shim_untouched(place: Path, words: list[str]) -> None:
    line = ["-c", *words]
    assert called(place, "python3", *line) == "real" + "".join(f"<{word}>" for word in line)
    assert called(place, "pip", "install", *words).endswith("<install>" + "".join(f"<{word}>" for word in words))


@pytest.mark.parametrize("name", ["python3", "pip"])
def test_options_that_the_users_shell_passes_on_change_nothing(place: Path, name: str) -> None:
    """As `SHELLOPTS` does where `/bin/sh` is bash, and `sh -e` in front of a path does everywhere."""
    env = {"PATH": f"{place}/shims:{place}/real", "IFS": "/x"}
    for shell in ("/bin/bash", "/bin/dash"):
        line = [shell, "-e", "-u", "-C", str(place / "shims" / name), "--version"]
        done = subprocess.run(line, env=env, capture_output=True, text=True)
        assert (done.returncode, done.stdout, done.stderr) == (0, "real<--version>", ""), done


def test_no_variable_of_the_users_is_touched(place: Path) -> None:
    (place / "real" / "pip").write_text("#!/bin/sh\n/usr/bin/env\n")
    names = ("file", "first", "name", "folder", "PATH")
    env = {name: f"mine-{name}" for name in names} | {"PATH": f"{place}/shims:{place}/real"}
    shown = subprocess.run([str(place / "shims" / "pip"), "list"], env=env, capture_output=True, text=True).stdout
    assert env.items() <= dict(line.split("=", 1) for line in shown.splitlines()).items()


@pytest.mark.parametrize(
    "via",
    [
        "/bin/sh",
        "/usr/bin/python3\n-c\nevil",
        "/usr/bin/python3\n-mevil",
        "/usr/bin/python3\nscript.py",
        "/x/python\n-W",
    ],
)
def test_the_variable_can_only_name_a_python_and_its_options(via: str) -> None:
    with pytest.raises(UsageError):
        find.command("pip", {}, via)


def test_a_python_that_is_gone_is_said_so(place: Path) -> None:
    done = subprocess.run([str(place / "shims" / "python3")], env={"PATH": "/nowhere"}, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (127, "python3: not found\n")


def test_a_python_without_that_module_is_said_so(tmp_path: Path) -> None:
    clients.fresh_venv(tmp_path / "venv")
    with pytest.raises(UsageError, match="that Python has no pip"):
        find.command("pip", {}, str(tmp_path / "venv" / "bin" / "python"))
    with pytest.raises(UsageError, match="that Python has no pip"):
        find.command("pip", {}, str(tmp_path / "venv" / "bin" / "python9"))


def test_the_working_directory_is_not_where_a_module_is_looked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clients.fresh_venv(tmp_path / "venv")
    (tmp_path / "pip.py").write_text("")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match="that Python has no pip"):
        find.command("pip", {}, str(tmp_path / "venv" / "bin" / "python"))
