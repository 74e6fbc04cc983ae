"""Once enabled, `slopguard` is a command in every new shell: each of our messages ends with one to type."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.enabling.account import Account

pytestmark = pytest.mark.clients


def test_it_is_there_although_nothing_on_path_has_it(account: Account) -> None:
    assert account.shell("bash -lc", "slopguard status").rc == 127
    assert account.enable().rc == 0
    ran = account.shell("bash -lc", "slopguard status")
    assert (ran.rc, ran.out[:8]) == (0, "on since"), ran
    assert account.disable().rc == 0
    assert account.shell("bash -lc", "slopguard status").rc == 127


def test_another_one_on_path_is_the_one_that_is_meant(account: Account) -> None:
    other = account.box.venv / "bin" / "slopguard"
    other.write_text("#!/bin/sh\nprintf 'the other: %s\\n' \"$*\"\n")
    other.chmod(0o755)
    assert account.enable().rc == 0
    assert account.shell("bash -lc", "slopguard ask 'a  b'").out == "the other: ask a  b\n"


def test_where_it_is_gone_that_is_said_with_the_way_out(account: Account) -> None:
    assert account.enable().rc == 0
    script = account.shims / "slopguard"
    script.write_text(script.read_text().replace("/__main__.py", "/gone.py"))
    ran = account.shell("bash -lc", "slopguard disable")
    assert (ran.rc, ran.out) == (127, "")
    assert ran.err.splitlines() == [
        "slopguard: it is no longer installed",
        f"slopguard: undo the guard with: sh {account.shims}/undo.sh",
    ]


def test_python_of_an_environment_that_was_activated_in_a_script_is_guarded(account: Account, tmp_path: Path) -> None:
    """Where the machine has a `python3` only, `python` is still a command that an environment brings."""
    from tests.simulators import clients

    venv = clients.fresh_venv(account.box.project / ".venv", account.box.client)
    (tmp_path / "only").mkdir()
    (tmp_path / "only" / "python3").symlink_to(venv / "bin" / "python3")
    path = f"{tmp_path / 'only'}:/bin"
    account.box.write("~/.profile", f"PATH='{path}'\nexport PATH\n")
    assert account.enable("--venv", ".venv", env={"PATH": path}).rc == 0
    ran = account.shell("bash -lc", ". .venv/bin/activate; python -m pip install sg-ghost")
    assert (ran.rc, "BLOCKED pypi 'sg-ghost'" in ran.err) == (1, True), ran
