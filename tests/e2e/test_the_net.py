"""The egress net under real clients: what an install starts does not reach a registry past the gate."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from slopguard.egress import landlock
from tests.conftest import MakeSandbox
from tests.e2e.walled import HOST, Walled, configured
from tests.e2e.world import World
from tests.simulators.npm import Npm
from tests.simulators.proxy import Proxy
from tests.simulators.pypi import PyPI

pytestmark = pytest.mark.clients

FETCH = """
import os, sys, urllib.request
handlers = [] if "--obeying" in sys.argv else [urllib.request.ProxyHandler({})]
if "--through" in sys.argv:
    os.environ.update(no_proxy="", NO_PROXY="")
    handlers = [urllib.request.ProxyHandler({"http": os.environ["HTTP_PROXY"]})]
try:
    print(urllib.request.build_opener(*handlers).open(sys.argv[1], timeout=10).status)
except Exception as error:
    print("failed:", error)
    sys.exit(9)
"""
DAEMON = """
import json, os, pathlib
port = json.loads(pathlib.Path(os.environ["SLOPGUARD_HOME"], "daemon", "address").read_text())["port"]
print(f"http://127.0.0.1:{port}/ --through")
"""
KILLER = """
import json, os, pathlib, signal, time
address = json.loads(pathlib.Path(os.environ["SLOPGUARD_HOME"], "daemon", "address").read_text())
os.kill(address["pid"], signal.SIGKILL)
time.sleep(0.5)
raise SystemExit(1)
"""


@pytest.fixture
def npm_world(make_sandbox: MakeSandbox, markers: Path) -> Iterator[World]:
    with Npm(markers=markers) as registry:
        yield World(make_sandbox("npm", "newest").use(registry), registry)


def armed(world: World, words: str) -> None:
    """A package whose install script runs our fetcher."""
    assert isinstance(world.registry, Npm)
    script = world.box.write("~/fetch.py", FETCH)
    world.box.write("~/.npmrc", (world.box.home / ".npmrc").read_text() + "dangerously-allow-all-scripts=true\n")
    for version, days in (("1.0.0", 900), ("1.1.0", 600), ("1.2.0", 300)):
        run = f"{sys.executable} {script} {words}"
        world.registry.add("sg-alpha", version, days_old=days, scripts={"postinstall": run})


@pytest.mark.skipif(not landlock.available(), reason="this kernel has no Landlock rule for TCP")
def test_an_install_script_that_ignores_proxies_does_not_reach_the_registry(npm_world: World) -> None:
    armed(npm_world, f"{npm_world.registry.url}sg-ghost")
    npm_world.registry.forget()
    ran = npm_world.install("sg-alpha", env={"NO_PROXY": "*"})
    assert ran.rc not in (0, 3, 4, 5), ran
    assert "/sg-ghost" not in [seen.path for seen in npm_world.registry.requests]
    assert npm_world.box.installed == {}


def test_an_install_script_that_obeys_them_is_refused_by_name_and_the_ledger_says_so(npm_world: World) -> None:
    armed(npm_world, "http://github.com/x/y --obeying")
    ran = npm_world.install("sg-alpha", env={"NO_PROXY": "*"})
    assert ran.rc == 1, ran
    assert any("github.com:80" in line and "[net] allow" in line for line in ran.lines), ran
    assert [row["package"] for row in npm_world.box.ledger() if row["rule"] == "net"] == ["host:github.com:80"]


def test_an_install_script_does_not_reach_the_daemon_through_the_net(npm_world: World) -> None:
    """A session that it opened there would be judged by settings of its own; no `[net] allow` changes that."""
    npm_world.box.settings('[net]\nallow = ["*", "localhost"]')
    npm_world.box.write("~/daemon.py", DAEMON)
    armed(npm_world, f"$({sys.executable} {npm_world.box.home / 'daemon.py'})")
    ran = npm_world.install("sg-alpha")
    assert ran.rc == 1, ran
    (place,) = [row["package"] for row in npm_world.box.ledger() if row["rule"] == "net"]
    assert place.startswith("host:localhost:"), place


def test_what_was_refused_is_in_the_ledger_though_the_daemon_was_killed_by_it(npm_world: World) -> None:
    npm_world.box.write("~/killer.py", KILLER)
    killer = f"{sys.executable} {npm_world.box.home / 'killer.py'}"
    armed(npm_world, f"http://github.com/x/y --obeying || {killer}")
    fetching = f"{sys.executable} {npm_world.box.home / 'fetch.py'} http://github.com/x/y --obeying"
    for command in (("npm", "install", "sg-alpha"), ("run", "--net", "--", "sh", "-c", f"{fetching} || {killer}")):
        ran = npm_world.guarded(*command, env={"NO_PROXY": "*"})
        assert ran.rc == 4, ran
        assert any("was kept from github.com:80" in line for line in ran.lines), ran
    assert [row["package"] for row in npm_world.box.ledger() if row["rule"] == "net"] == ["host:github.com:80"] * 2


def test_an_install_script_reaches_what_is_no_registry_through_the_users_own_proxy(npm_world: World) -> None:
    with PyPI() as other, Proxy({"files.example": other.server.origin}) as proxy:
        other.add("sg-file")
        armed(npm_world, "http://files.example/simple/ --obeying")
        ran = npm_world.install("sg-alpha", env={"HTTP_PROXY": proxy.url, "NO_PROXY": "127.0.0.1"})
        assert ran.rc == 0, ran
        assert ran.lines == []
        assert [seen.path for seen in other.requests] == ["/simple/"]


def test_a_client_that_forgot_its_environment_is_stopped_under_run_net(walled: Walled) -> None:
    """The variables that point it at the gate are gone, so it goes to the index: only the net is left."""
    if walled.box.client.family == "pip":
        configured(walled.box, walled.address, f"trusted-host = {HOST}")
    client, *words = walled.box.install("sg-alpha")
    real = walled.box.driver.places(walled.box)[0] / client
    unset = "for v in $(env | sed -n 's/^\\(\\(PIP\\|UV\\|npm_config\\)_[A-Za-z_]*\\)=.*/\\1/p'); do unset $v; done"
    for net, code in ((("--net",), 1), ((), 0)):
        script = f"{unset}; {real} {' '.join(words)}"
        ran = walled.guarded("run", *net, "--", "bash", "-c", script, env={"HTTP_PROXY": walled.proxy.url})
        assert ran.rc == code, ran
        if net:
            assert any(f"was kept from {HOST}:80" in line for line in ran.lines), ran
        else:
            assert walled.box.installed == {"sg-alpha": "1.2.0"}


def test_a_projects_own_script_may_start_a_guard_of_its_own(npm_world: World) -> None:
    npm_world.established("sg-alpha", "sg-beta")
    guard = f"{sys.executable} -m slopguard npm install --prefix sub"
    for name, code in (("sg-beta", 0), ("sg-ghost-helper", 1)):
        npm_world.box.write("sub/package.json", '{"name": "sub", "version": "0.0.0"}')
        npm_world.box.write(
            "package.json",
            f'{{"name": "mine", "version": "0.0.0", "scripts": {{"postinstall": "{guard} {name}"}}, '
            '"dependencies": {"sg-alpha": "^1.0.0"}}',
        )
        ran = npm_world.guarded("npm", "install")
        assert ran.rc == code, ran
        inside = npm_world.box.project / "sub" / "node_modules" / name
        assert inside.exists() == (code == 0), ran
    assert "127.0.0.1" not in (npm_world.box.project / "sub" / "package-lock.json").read_text().replace(
        npm_world.registry.url, ""
    )


def test_a_guard_below_another_asks_the_index_in_the_users_own_way(walled: Walled) -> None:
    """The index is reached by the user's proxy alone: the one that leads a client to the gate above refuses it."""
    if walled.box.client.family != "npm":
        pytest.skip("of these clients only npm runs scripts of the project's own")
    walled.box.write("sub/package.json", '{"name": "sub", "version": "0.0.0"}')
    guard = f"{sys.executable} -m slopguard"
    script = f"{guard} ask npm:sg-alpha && {guard} npm install --prefix sub sg-alpha"
    walled.box.write(
        "package.json", f'{{"name": "mine", "version": "0.0.0", "scripts": {{"postinstall": "{script}"}}}}'
    )
    ran = walled.guarded("npm", "install", env={"HTTP_PROXY": walled.proxy.url})
    assert ran.rc == 0, ran
    assert (walled.box.project / "sub" / "node_modules" / "sg-alpha").is_dir(), ran


def test_a_question_under_run_is_asked_of_the_users_own_index(walled: Walled) -> None:
    if walled.box.client.family == "uv":
        pytest.skip("`ask` asks pip's index where a pip is there too")
    ask = f"{sys.executable} -m slopguard ask {walled.ecosystem}:sg-alpha"
    for net in ((), ("--net",)):
        ran = walled.guarded("run", *net, "--", "sh", "-c", ask, env={"HTTP_PROXY": walled.proxy.url})
        assert ran.rc == 0, ran
