"""A version manager's `pip` that looks on PATH for the system's finds our shim, and still comes to the system's."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from slopguard.guard import circles
from tests.enabling.account import Account

pytestmark = pytest.mark.clients

MANAGER = """#!/bin/bash
rest=:$PATH:
rest=${rest//:$HOME\\/manager:/:}
found=$(PATH=$rest command -v "${0##*/}")
"""
WAYS = {"becomes it": 'exec "$found" "$@"\n', "starts it": '"$found" "$@"\nexit $?\n'}


@pytest.fixture(params=WAYS)
def managed(account: Account, request: pytest.FixtureRequest) -> Account:
    """An account with a manager of versions, whose version is "the system's", before everything else."""
    folder = account.box.home / "manager"
    folder.mkdir()
    for name in ("pip", "python3"):
        (folder / name).write_text(MANAGER + WAYS[request.param])
        (folder / name).chmod(0o755)
    path = f"{folder}:{account.box.env['PATH']}"
    account.box.write("~/.profile", f"PATH='{path}'\nexport PATH\n")
    assert account.enable(env={"PATH": path}).rc == 0
    return account


@pytest.mark.parametrize(
    ("line", "out"),
    [("pip --version", "pip "), ("python3 -c 'print(7)'", "7\n"), ("python3 -m pip --version", "pip ")],
)
def test_what_installs_nothing_ends(managed: Account, line: str, out: str) -> None:
    ran = managed.shell("bash -lc", f"timeout 60 {line}")
    assert (ran.rc, ran.out[: len(out)]) == (0, out), ran


@pytest.mark.parametrize("start", ["pip", "python3 -m pip"])
def test_an_install_is_guarded_and_ends(managed: Account, start: str) -> None:
    ran = managed.shell("bash -lc", f"timeout 60 {start} install sg-ghost")
    assert (ran.rc, "BLOCKED pypi 'sg-ghost'" in ran.err) == (1, True), ran
    ran = managed.shell("bash -lc", f"timeout 60 {start} install --quiet sg-alpha")
    assert ran.rc == 0, ran
    assert "sg-alpha" in managed.box.installed


def test_a_python_that_starts_itself_again_by_its_name_is_the_same_python(account: Account) -> None:
    assert account.enable().rc == 0
    code = (
        "import os, sys; n = int(sys.argv[1]); print(sys.executable, flush=True);"
        "n and os.execvp('python3', ['python3', '-c', sys.argv[2], str(n - 1), sys.argv[2]])"
    )
    ran = account.shell("bash -lc", f'python3 -c "{code}" 3 "{code}"')
    assert ran.rc == 0, ran
    assert len(ran.out.splitlines()) == 4
    assert len(set(ran.out.splitlines())) == 1


def test_the_variable_of_another_process_says_nothing(tmp_path: Path) -> None:
    script = tmp_path / "pip"
    script.write_text("#!/bin/sh\n")
    mine = circles.became({}, str(script))
    assert circles.led_back(script, "pip", mine)
    assert not circles.led_back(script, "pip", {circles.VARIABLE: f"1:{script}"})
    assert not circles.led_back(script, "pip", circles.above({}, str(script))), "it is for a child"
    assert mine[circles.VARIABLE].startswith(f"{os.getpid()}:")
