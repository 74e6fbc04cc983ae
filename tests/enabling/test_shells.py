"""Once enabled, a plain `pip install` is guarded in every kind of shell."""

from __future__ import annotations

import os
import subprocess

import pytest

from tests.enabling.account import Account, need
from tests.simulators import clients
from tests.simulators.pypi import PyPI

pytestmark = pytest.mark.clients

STARTS = (
    "bash -lc",
    "bash -ic",
    "dash -lc",
    "zsh -c",
    "zsh -ic",
    "fish -c",
    *(pytest.param(start, marks=pytest.mark.matrix) for start in ("sh -lc", "zsh -lc", "fish -lc", "fish -ic")),
)
REFUSED = "slopguard: BLOCKED pypi 'sg-ghost' (not-found): "


@pytest.mark.parametrize("start", STARTS)
def test_an_invented_name_is_refused_and_a_verified_one_installs_without_one_line_more(
    account: Account, start: str
) -> None:
    need(start.split()[0])
    assert account.enable().rc == 0
    ran = account.shell(start, "pip install sg-ghost")
    assert ran.rc == 1, ran
    assert REFUSED in ran.err
    assert account.box.installed == {}
    ran = account.shell(start, "pip install --quiet --disable-pip-version-check --root-user-action ignore sg-alpha")
    assert ran.rc == 0, ran
    assert "sg-alpha" in account.box.installed
    assert ran.lines == []


@pytest.mark.parametrize(
    "line",
    [
        "python3 -m pip install sg-ghost",
        "python3 -Im pip install sg-ghost",
        "bash -c 'pip install sg-ghost'",
        "sh -c 'exec pip install sg-ghost'",
        "env pip install sg-ghost",
        "echo sg-ghost | xargs pip install",
        "printf '#!/bin/sh\\npip install sg-ghost\\n' >s; chmod +x s; ./s",
    ],
)
def test_however_a_shell_comes_to_call_pip(account: Account, line: str) -> None:
    assert account.enable().rc == 0
    ran = account.shell("bash -lc", f"PATH={account.box.venv}/bin:$PATH; . {account.shims}/env.sh; {line}")
    assert ran.rc != 0, ran
    assert REFUSED in ran.err


def test_before_it_is_enabled_nothing_is_guarded(account: Account) -> None:
    ran = account.shell("bash -lc", "pip install sg-ghost")
    assert ran.rc != 0
    assert ran.lines == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_at_a_prompt_an_activated_environment_does_not_shadow_the_shims(
    account: Account, pypi: PyPI, shell: str
) -> None:
    need(shell)
    venv = clients.fresh_venv(account.box.root / "second", account.box.client)
    assert account.enable().rc == 0
    ending = ".fish" if shell == "fish" else ""
    typed = f"source '{venv}/bin/activate{ending}'\npip install sg-ghost\npip install sg-alpha\nexit\n"
    shown = interactive(account, shell, typed)
    assert REFUSED in shown
    assert list((venv / "lib").glob("*/site-packages/sg_alpha-*.dist-info")), shown
    assert account.box.installed == {}


def interactive(account: Account, shell: str, typed: str) -> str:
    """What an interactive shell shows that reads commands from a pipe."""
    measured = {key: value for key, value in os.environ.items() if key.startswith("COV")}
    done = subprocess.run(
        [shell, "-i"],
        cwd=account.box.project,
        env={**measured, **account.box.env},
        input=typed,
        capture_output=True,
        text=True,
        timeout=120,
        start_new_session=True,
    )
    return done.stdout + done.stderr
