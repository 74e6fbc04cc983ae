"""What is guarded, what another file shadows, and what was installed since: as `plan.coverage` tells it."""

from __future__ import annotations

from pathlib import Path

import pytest

from slopguard.guard.enabling import plan, record, switch


def tool(folder: Path, name: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text("#!/bin/sh\n")
    (folder / name).chmod(0o755)


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "home").mkdir()
    tool(tmp_path / "bin", "npm")
    tool(tmp_path / "bin", "uv")
    return {"HOME": str(tmp_path / "home"), "PATH": f"{tmp_path}/sg/shims:{tmp_path}/bin"}


def enable(home: Path, env: dict[str, str], *venvs: Path) -> None:
    before = record.read(home)
    switch.carry_out(
        plan.make(home, env, plan.names(env, (), before.clients), venvs, before, "2026-01-01T00:00:00+00:00")
    )


def test_clients_are_guarded_once_it_is_on(tmp_path: Path, env: dict[str, str]) -> None:
    home = tmp_path / "sg"
    assert plan.coverage(home, env) == plan.Coverage((), (), ("npm", "uv"), {}, intact=True)
    enable(home, env)
    assert plan.coverage(home, env) == plan.Coverage(("npm", "uv"), (), (), {}, intact=True)


def test_what_comes_before_the_shims_shadows_them(tmp_path: Path, env: dict[str, str]) -> None:
    home = tmp_path / "sg"
    enable(home, env)
    tool(tmp_path / "venv", "uv")
    shadowed = {**env, "PATH": f"{tmp_path}/venv:{env['PATH']}"}
    assert plan.coverage(home, shadowed).guarded == ("npm",)
    assert plan.coverage(home, shadowed).shadowed == ("uv",)
    assert plan.coverage(home, {**env, "PATH": f"{tmp_path}/bin"}).shadowed == ("npm", "uv")


def test_a_client_installed_since_is_missing(tmp_path: Path, env: dict[str, str]) -> None:
    enable(tmp_path / "sg", env)
    tool(tmp_path / "bin", "bun")
    assert plan.coverage(tmp_path / "sg", env).missing == ("bun",)


def test_a_shim_that_was_changed_is_noticed(tmp_path: Path, env: dict[str, str]) -> None:
    enable(tmp_path / "sg", env)
    (tmp_path / "sg" / "shims" / "npm").write_text("#!/bin/sh\nexec /usr/bin/npm\n")
    assert not plan.coverage(tmp_path / "sg", env).intact
    enable(tmp_path / "sg", env)
    assert plan.coverage(tmp_path / "sg", env).intact


def test_a_pip_that_came_over_a_shim_in_an_environment_is_noticed(tmp_path: Path, env: dict[str, str]) -> None:
    folder = tmp_path / "venv"
    tool(folder, "pip")
    enable(tmp_path / "sg", env, folder)
    assert plan.coverage(tmp_path / "sg", env).venvs == {str(folder): True}
    (folder / "pip").unlink()
    tool(folder, "pip")
    assert plan.coverage(tmp_path / "sg", env).venvs == {str(folder): False}
    enable(tmp_path / "sg", env, folder)
    assert plan.coverage(tmp_path / "sg", env).venvs == {str(folder): True}
