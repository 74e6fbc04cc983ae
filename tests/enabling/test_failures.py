"""What fails in the middle is put back, and what cannot be put back is said and can be tried again."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from slopguard.errors import ConfigError, StoreError
from slopguard.guard import find
from slopguard.guard.enabling import files, plan, record, switch, venvs
from slopguard.guard.enabling.plan import Plan


def tool(folder: Path, name: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\necho {name}\n")
    (folder / name).chmod(0o755)
    return folder


@pytest.fixture
def account(tmp_path: Path) -> Path:
    tool(tmp_path / "bin", "npm")
    tool(tmp_path / "bin", "zsh")
    (tmp_path / ".bashrc").write_text("# mine\n")
    return tmp_path


def planned(account: Path, *bins: Path) -> Plan:
    env = {"HOME": str(account), "PATH": str(account / "bin")}
    before = record.read(account / "sg")
    return plan.make(
        account / "sg", env, plan.names(env, (), before.clients), bins, before, "2026-01-01T00:00:00+00:00"
    )


def tree(account: Path) -> dict[str, bytes]:
    paths = (path for path in account.rglob("*") if path.is_file() and path.name != "enabled.lock")
    return {str(path.relative_to(account)): path.read_bytes() for path in paths}


@pytest.mark.parametrize("at", range(9))
def test_a_disk_that_fails_at_any_file_leaves_everything_as_it_was(
    account: Path, at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, put, calls = tree(account), files.put, iter(range(100))

    def failing(path: Path, data: bytes, **more: int) -> None:
        if next(calls) == at:
            raise OSError(28, "no space", str(path))
        put(path, data, **more)

    made = planned(account)
    assert len(made.fresh) + len(made.edits) == 9
    monkeypatch.setattr(files, "put", failing)
    with pytest.raises(ConfigError, match="cannot be changed"):
        switch.carry_out(made)
    assert tree(account) == before
    assert not record.read(account / "sg").on


def test_a_file_system_without_hard_links_moves_pips_all_the_same(
    account: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unsupported(*_: object, **__: object) -> None:
        raise OSError(95, "not supported")

    folder = tool(account / "venv" / "bin", "pip")
    before = tree(account)
    monkeypatch.setattr(os, "link", unsupported)
    switch.carry_out(planned(account, folder))
    assert find.is_shim(folder / "pip")
    assert (folder / find.MOVED / "pip").read_text() == "#!/bin/sh\necho pip\n"
    switch.put_back(account / "sg", record.read(account / "sg"))
    assert tree(account) == before


def test_an_environment_that_is_read_only_is_said_before_anything_changes(account: Path) -> None:
    folder = tool(account / "venv" / "bin", "pip")
    folder.chmod(0o555)
    with pytest.raises(ConfigError, match="is read-only, so nothing was changed"):
        planned(account, folder)
    folder.chmod(0o755)


def test_what_cannot_be_put_back_stays_on_the_record(account: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = tree(account)
    switch.carry_out(planned(account))

    def failing(*_: object, **__: object) -> None:
        raise PermissionError(13, "not permitted")

    with monkeypatch.context() as patch:
        patch.setattr(files, "put", failing)
        with pytest.raises(ConfigError, match=r"\.bashrc: cannot be put back"):
            switch.put_back(account / "sg", record.read(account / "sg"))
    assert record.read(account / "sg").on
    switch.put_back(account / "sg", record.read(account / "sg"))
    assert tree(account) == before


def test_a_pip_that_cannot_be_put_back_is_said(account: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tool(account / "venv" / "bin", "pip")
    switch.carry_out(planned(account, folder))

    def failing(*_: object) -> None:
        raise PermissionError(13, "not permitted")

    monkeypatch.setattr(Path, "replace", failing)
    with pytest.raises(ConfigError, match="pip: cannot be put back"):
        venvs.put_back(folder, "pip")


def test_a_shim_of_another_slopguard_is_renewed_in_an_environment(account: Path) -> None:
    folder = tool(account / "venv" / "bin", "pip")
    switch.carry_out(planned(account, folder))
    (folder / "pip").write_text(f"#!/bin/sh\n{find.SHIM_MARK}\nexec /nowhere\n")
    made = planned(account, folder)
    assert [one.name for one in made.rewritten] == ["pip"]
    switch.carry_out(made)
    assert "/nowhere" not in (folder / "pip").read_text()
    assert planned(account, folder).empty


def test_a_shim_that_no_longer_belongs_goes(account: Path) -> None:
    switch.carry_out(planned(account))
    tool(account / "sg" / "shims", "old").joinpath("old").write_text(f"#!/bin/sh\n{find.SHIM_MARK}\n")
    (account / "sg" / "shims" / "mine").write_text("not a shim\n")
    made = planned(account)
    assert made.stale == ("old",)
    switch.carry_out(made)
    assert not (account / "sg" / "shims" / "old").exists()
    switch.put_back(account / "sg", record.read(account / "sg"))
    assert [path.name for path in (account / "sg" / "shims").iterdir()] == ["mine"]


def test_a_home_that_cannot_be_written_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*_: object, **__: object) -> None:
        raise PermissionError(13, "not permitted")

    monkeypatch.setattr(Path, "mkdir", failing)
    with pytest.raises(StoreError, match="SLOPGUARD_HOME cannot be written to"), switch.alone(tmp_path / "sg"):
        pass


def test_another_enable_that_does_not_end_is_not_waited_for_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(switch, "PATIENCE", 0)
    with (
        switch.alone(tmp_path),
        pytest.raises(StoreError, match="another slopguard enable or disable is at work"),
        switch.alone(tmp_path),
    ):
        pass
