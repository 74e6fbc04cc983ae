"""`pip uninstall slopguard` without `disable`: all but installs still works, and the message says how to undo it.

slopguard is installed as people install it, from a wheel into an environment of its own.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.enabling.account import Account, need
from tests.simulators import clients
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
def left_behind(account: Account, wheel: Path, tmp_path: Path) -> Account:
    """An account on which slopguard was enabled, and then uninstalled; what it needs comes from the tests' Python."""
    folder = clients.fresh_venv(tmp_path / "tool", account.box.client)
    python = folder / "bin" / "python"
    pip = [str(python), "-m", "pip", "--quiet", "--disable-pip-version-check"]
    subprocess.run(
        [*pip, "install", "--root-user-action=ignore", "--no-deps", "--no-index", str(wheel)], check=True, cwd=folder
    )
    places = [path for path in sys.path if path.endswith("site-packages")]
    site = next((folder / "lib").glob("python*/site-packages"))
    (site / "needed.pth").write_text("".join(f"{place}\n" for place in places))
    code, shown = typed([str(python), "-P", "-m", "slopguard", "enable"], account.box.env, account.box.project)
    assert code == 0, shown
    assert str(python) in (account.shims / "pip").read_text()
    guarded = account.shell("bash -lc", "pip install sg-ghost")
    assert "(not-found)" in guarded.err, guarded
    subprocess.run([*pip, "uninstall", "--root-user-action=ignore", "-y", "slopguard"], check=True, cwd=folder)
    assert not list(site.glob("slopguard*"))
    return account


LINES = (
    "pip --version",
    "pip list",
    "python3 -m pip list",
    "python3 -c 'print(1)'",
    "pip uninstall -y sg-alpha",
)


def test_only_installs_are_refused_the_message_names_the_way_back_and_that_works(left_behind: Account) -> None:
    for line in LINES:
        ran = left_behind.shell("bash -lc", line)
        assert (ran.rc, ran.lines) == (0, []), (line, ran)
    for line in ("pip install sg-alpha", "python3 -m pip install sg-alpha"):
        ran = left_behind.shell("bash -lc", line)
        assert ran.rc == 4, ran
        assert ran.lines == [
            "slopguard: UNCHECKED: slopguard is gone, so pip was not started and nothing was installed.",
            f"slopguard: undo the guard with: sh {left_behind.shims}/undo.sh",
        ]
    assert left_behind.box.installed == {}
    ran = left_behind.shell("dash -c", ran.lines[-1].partition("with: ")[2])
    assert ran.rc == 0, ran
    assert not left_behind.shims.exists()
    assert not (left_behind.box.home / ".bashrc").exists()
    assert "slopguard" not in (left_behind.box.home / ".profile").read_text()
    installed = left_behind.shell("bash -lc", "pip install --root-user-action ignore sg-alpha")
    assert installed.rc == 0, installed
    assert "sg-alpha" in left_behind.box.installed


@pytest.mark.parametrize("shell", ["bash", "busybox sh"])
def test_the_script_is_plain_enough_for_every_sh(account: Account, shell: str) -> None:
    need(shell.split()[0])
    before = account.snapshot()
    assert account.enable().rc == 0
    (account.box.home / ".bashrc").write_text(f"{(account.box.home / '.bashrc').read_text()}# mine\n")
    ran = account.box.direct(*shell.split(), f"{account.shims}/undo.sh", "--force")
    assert ran.rc == 0, ran
    assert (account.box.home / ".bashrc").read_text() == "# mine\n"
    (account.box.home / ".bashrc").unlink()
    assert account.snapshot() == before


def test_while_slopguard_is_there_the_script_says_what_to_run_instead(account: Account) -> None:
    assert account.enable().rc == 0
    ran = account.box.direct("sh", f"{account.shims}/undo.sh")
    assert (ran.rc, ran.err) == (2, 'slopguard is still there: run "slopguard disable", or add --force\n')
    assert (account.shims / "pip").exists()
