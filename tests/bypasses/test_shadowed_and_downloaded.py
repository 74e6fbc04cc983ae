"""Environments that shadow a shim, variables taken away, tools that clients download, and what nothing here stops."""

from __future__ import annotations

import pytest

from tests.bypasses.listed import BEFORE, ENVIRONMENT, NET, NOTHING, SHIM, stops
from tests.conftest import MakeSandbox
from tests.e2e.walled import HOST, Walled, configured
from tests.e2e.world import World, for_clients
from tests.enabling.account import Account
from tests.simulators import clients
from tests.simulators.npm import Npm
from tests.simulators.pypi import PyPI

GHOST = "sg-ghost-helper"
REFUSED = f"slopguard: BLOCKED pypi '{GHOST}' (not-found): "


@pytest.fixture
def account(make_sandbox: MakeSandbox, pypi: PyPI) -> Account:
    """An account that is enabled, with a project that has a virtual environment of its own."""
    box = make_sandbox("pip", "newest").use(pypi)
    pypi.add_established("sg-alpha")
    clients.fresh_venv(box.project / ".venv", box.client)
    made = Account(box)
    ran = made.enable()
    assert ran.rc == 0, ran
    return made


@stops("activated venv shadowing a PATH shim", SHIM)
def test_an_activated_environment_that_is_enabled_too(account: Account) -> None:
    ran = account.enable("--venv", ".venv")
    assert ran.rc == 0, ran
    ran = account.shell("bash -c", f". .venv/bin/activate && pip install {GHOST}")
    assert ran.rc == 1, ran
    assert REFUSED in ran.err


@stops("activated venv shadowing a PATH shim", ENVIRONMENT)
def test_an_activated_environment_under_run(account: Account) -> None:
    script = f". .venv/bin/activate && pip install {GHOST}"
    ran = account.box.guarded("run", "--", "bash", "-c", script)
    assert ran.rc == 1, ran
    assert REFUSED in ran.err


@stops("activated venv shadowing a PATH shim", NOTHING)
@stops("absolute path to the manager", NOTHING)
def test_an_environment_or_a_path_that_was_not_enabled(account: Account) -> None:
    """What shims alone do not see; `slopguard status` names the environment."""
    for line in (f". .venv/bin/activate && pip install {GHOST}", f"{account.box.venv}/bin/pip install {GHOST}"):
        ran = account.shell("bash -c", line)
        assert ran.rc == 1, ran
        assert ran.lines == []
        assert "No matching distribution found" in ran.err


@stops("NO_PROXY or unset proxy", NET)
def test_no_proxy_does_not_lead_around_the_net(walled: Walled) -> None:
    if walled.box.client.family == "pip":
        configured(walled.box, walled.address, f"trusted-host = {HOST}")
    client, *words = walled.box.install("sg-alpha")
    real = walled.box.driver.places(walled.box)[0] / client
    unset = "for v in $(env | sed -n 's/^\\(\\(PIP\\|UV\\|npm_config\\)_[A-Za-z_]*\\)=.*/\\1/p'); do unset $v; done"
    env = {"HTTP_PROXY": walled.proxy.url, "NO_PROXY": HOST, "no_proxy": HOST}
    ran = walled.guarded("run", "--net", "--", "bash", "-c", f"{unset}; {real} {' '.join(words)}", env=env)
    assert ran.rc == 1, ran
    assert walled.box.installed == {}


@stops("NO_PROXY or unset proxy", NOTHING)
@for_clients([("pip", "newest")])
def test_a_program_that_unsets_every_variable_is_on_its_own(world: World) -> None:
    """Under `run`, what no client starts is only advised; below a client the kernel holds (tests/e2e/test_the_net)."""
    world.established("sg-alpha")
    pip = world.box.venv / "bin" / "pip"
    script = f"env -i HOME=$HOME {pip} install sg-alpha"
    ran = world.guarded("run", "--net", "--", "sh", "-c", script)
    assert ran.rc == 0, ran
    assert world.box.installed == {"sg-alpha": "1.2.0"}


@stops("first-run tool downloads (corepack)", BEFORE)
@for_clients([("npm", "newest")])
def test_the_manager_that_corepack_would_download(world: World) -> None:
    """A project names a manager that does not exist; corepack's shim is not started."""
    assert isinstance(world.registry, Npm)
    folder = clients.node_tool("corepack", "newest")
    shims = ("enable", "--install-directory", str(world.box.root / "bin"))
    made = world.box.direct(str(folder / "node"), str(folder / "corepack"), *shims)
    assert made.rc == 0, made
    world.box.write("package.json", '{"name": "mine", "version": "0.0.0", "packageManager": "pnpm@10.99.99"}')
    ran = world.guarded("pnpm", "install")
    world.refuses(ran, 1, "not-found", "pnpm")
    assert world.registry.downloads == []


@stops("first-run tool downloads (uv python)", NET)
@for_clients([("uv", "newest")])
def test_an_interpreter_that_uv_would_download_while_it_installs(world: World) -> None:
    """uv fetches interpreters from a code host, which the net refuses; `uv python install` is the way to have one."""
    world.established("sg-alpha")
    settings = world.box.home / ".config" / "uv" / "uv.toml"
    settings.write_text(settings.read_text().replace("'never'", "'automatic'"))
    world.box.write("pyproject.toml", '[project]\nname = "mine"\nversion = "0"\nrequires-python = "==3.10.*"\n')
    ran = world.guarded("uv", "sync", "--python", "3.10.18", env={"PATH": f"{world.box.client.folder}:/bin"})
    assert ran.rc != 0, ran
    assert any("was kept from" in line for line in ran.lines), ran
