"""`pip uninstall slopguard` without `disable`: everything but installs still works, and the message says how to undo it.

slopguard is installed as people install it, from a wheel into an environment of its own.
"""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.enabling.account import Account
from tests.simulators.person import typed

pytestmark = pytest.mark.clients

HERE = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this source tree, built once."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder), str(HERE)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder)
    assert done.returncode == 0, done.stderr
    return next(folder.glob("slopguard-*.whl"))


@pytest.fixture
def python(wheel: Path, tmp_path: Path) -> Path:
    """The Python of an environment that has slopguard; what slopguard needs comes from that of the tests."""
    folder = tmp_path / "tool"
    venv.EnvBuilder(with_pip=True, symlinks=True).create(folder)
    python = folder / "bin" / "python"
    subprocess.run(
        [python, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", wheel], check=True, cwd=folder
    )
    places = [path for path in sys.path if path.endswith("site-packages")]
    site = next((folder / "lib").glob("python*/site-packages"))
    (site / "needed.pth").write_text("".join(f"{place}\n" for place in places))
    return python


@pytest.fixture
def left_behind(account: Account, python: Path) -> Iterator[Account]:
    """An account on which slopguard was enabled, and then uninstalled."""
    env = dict(account.box.env)
    code, shown = typed([str(python), "-P", "-m", "slopguard", "enable"], env, account.box.project)
    assert code == 0, shown
    assert str(python) in (account.shims / "pip").read_text()
    guarded = account.shell("bash -lc", "pip install sg-ghost")
    assert "(not-found)" in guarded.err, guarded
    subprocess.run([python, "-m", "pip", "uninstall", "--quiet", "-y", "slopguard"], check=True, env=os.environ)
    yield account


def test_installs_are_refused_and_the_message_names_the_way_back(left_behind: Account) -> None:
    ran = left_behind.shell("bash -lc", "pip install sg-alpha")
    assert ran.rc == 4, ran
    assert ran.lines == [
        "slopguard: UNCHECKED: slopguard is gone, so pip was not started and nothing was installed.",
        f"slopguard: undo the guard with: sh {left_behind.shims}/undo.sh",
    ]
    assert left_behind.box.installed == {}


@pytest.mark.parametrize(
    "line", ["pip --version", "pip list", "python3 -m pip list", "python3 -c 'print(1)'", "pip uninstall -y sg-alpha"]
)
def test_what_installs_nothing_runs(left_behind: Account, line: str) -> None:
    ran = left_behind.shell("bash -lc", line)
    assert ran.rc == 0, ran
    assert ran.lines == []


def test_python_m_pip_install_is_refused_too(left_behind: Account) -> None:
    ran = left_behind.shell("bash -lc", "python3 -m pip install sg-alpha")
    assert ran.rc == 4, ran


@pytest.mark.parametrize("shell", ["sh", "bash", "dash", "busybox sh"])
def test_the_script_that_it_names_puts_everything_back(account: Account, left_behind: Account, shell: str) -> None:
    from tests.enabling.account import need

    need(shell.split()[0])
    ran = account.box.direct(*shell.split(), f"{account.shims}/undo.sh")
    assert ran.rc == 0, ran
    assert not account.shims.exists()
    assert not (account.box.home / ".bashrc").exists()
    assert "slopguard" not in (account.box.home / ".profile").read_text()
    installed = account.shell("bash -lc", "pip install --root-user-action ignore sg-alpha")
    assert installed.rc == 0, installed
    assert "sg-alpha" in account.box.installed


def test_while_slopguard_is_there_the_script_says_what_to_run_instead(account: Account) -> None:
    assert account.enable().rc == 0
    ran = account.box.direct("sh", f"{account.shims}/undo.sh")
    assert ran.rc == 2
    assert (
        ran.lines == ['slopguard is still there: run "slopguard disable", or add --force'] or "still there" in ran.err
    )
    assert (account.shims / "pip").exists()
