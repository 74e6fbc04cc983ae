"""A virtual environment's own pip is guarded too, by its path and in a shell that only sources `activate`."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from tests.enabling.account import Account
from tests.simulators import clients

pytestmark = pytest.mark.clients

REFUSED = "slopguard: BLOCKED pypi 'sg-ghost' (not-found): "


@pytest.fixture
def own(account: Account) -> Path:
    """The project's `.venv`, with a `pip3` beside its `pip` as `python -m venv` makes it."""
    folder = clients.fresh_venv(account.box.project / ".venv", account.box.client)
    shutil.copy2(folder / "bin" / "pip", folder / "bin" / "pip3")
    return folder


def files(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Name to mode and content of everything in an environment's `bin`."""
    return {
        str(path.relative_to(folder)): (path.lstat().st_mode, path.read_bytes())
        for path in sorted((folder / "bin").rglob("*"))
        if path.is_file()
    }


LINES = (
    ".venv/bin/pip install sg-ghost",
    ".venv/bin/pip3 install sg-ghost",
    ". .venv/bin/activate && pip install sg-ghost",
    ". .venv/bin/activate && python -m pip install sg-ghost",
    ". .venv/bin/activate && python3 -Im pip install sg-ghost",
)


def test_every_way_to_its_pip_is_guarded(account: Account, own: Path) -> None:
    assert account.enable("--venv", ".venv").rc == 0
    for line in LINES:
        ran = account.shell("bash -c", line)
        assert ran.rc == 1, (line, ran)
        assert REFUSED in ran.err, (line, ran)


def test_what_is_verified_goes_into_that_environment(account: Account, own: Path) -> None:
    assert account.enable("--venv", ".venv").rc == 0
    ran = account.shell("bash -c", ".venv/bin/pip install --disable-pip-version-check sg-alpha")
    assert ran.rc == 0, ran
    assert list(own.glob("lib/*/site-packages/sg_alpha-*.dist-info"))
    listed = account.shell("bash -lc", ". .venv/bin/activate; pip list --format freeze; deactivate; command -v pip")
    assert "sg-alpha==" in listed.out, listed
    assert listed.out.rstrip().endswith(f"{account.shims}/pip")
    assert account.box.installed == {}


def test_the_active_one_needs_no_name(account: Account, own: Path) -> None:
    assert account.enable("--venv", env={"VIRTUAL_ENV": str(own)}).rc == 0
    assert REFUSED in account.shell("bash -c", ".venv/bin/pip install sg-ghost").err


@pytest.mark.parametrize("way", ["disable", "undo.sh"])
def test_it_comes_back_as_it_was(account: Account, own: Path, way: str) -> None:
    before, home = files(own), account.snapshot()
    assert account.enable("--venv", ".venv").rc == 0
    assert files(own) != before
    ended = account.disable() if way == "disable" else account.box.direct("sh", f"{account.shims}/undo.sh", "--force")
    assert ended.rc == 0, ended
    assert files(own) == before
    assert not (own / "bin" / ".slopguard").exists()
    assert account.snapshot() == home


def test_it_alone_can_be_let_go(account: Account, own: Path) -> None:
    before = files(own)
    assert account.enable("--venv", ".venv").rc == 0
    ended = account.disable("--venv", ".venv")
    assert ended.rc == 0, ended
    assert files(own) == before
    assert REFUSED in account.shell("bash -lc", "pip install sg-ghost").err
    assert account.disable().rc == 0
    assert files(own) == before


def test_a_pip_that_replaced_the_shim_stays(account: Account, own: Path) -> None:
    assert account.enable("--venv", ".venv").rc == 0
    newer = own / "bin" / "pip"
    newer.unlink()
    newer.write_text("#!/bin/sh\necho newer\n")
    newer.chmod(0o755)
    assert account.disable().rc == 0
    assert newer.read_text() == "#!/bin/sh\necho newer\n"
    assert not (own / "bin" / ".slopguard").exists()


def test_an_environment_that_is_gone_hinders_nothing(account: Account, own: Path) -> None:
    home = account.snapshot()
    assert account.enable("--venv", ".venv").rc == 0
    shutil.rmtree(own)
    assert account.enable().rc == 0
    assert account.disable().rc == 0
    assert account.snapshot() == home


def test_an_environment_whose_slopguard_is_gone_still_lists(account: Account, own: Path) -> None:
    assert account.enable("--venv", ".venv").rc == 0
    shim = own / "bin" / "pip"
    shim.write_text(shim.read_text().replace(sys.executable, "/nowhere/python"))
    assert account.box.direct(str(shim), "list").rc == 0
    refused = account.box.direct(str(shim), "install", "sg-alpha")
    assert refused.rc == 4
    assert refused.lines[-1] == f"slopguard: undo the guard with: sh {account.shims}/undo.sh"


def test_a_folder_that_is_none_is_refused(account: Account) -> None:
    ran = account.enable("--venv", "nowhere")
    assert ran.rc == 2
    assert ran.lines == [
        "slopguard: nowhere: there is no virtual environment. Name its folder: slopguard enable --venv .venv"
    ]
