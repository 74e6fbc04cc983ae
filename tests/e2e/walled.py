"""A registry that has a name which only a proxy knows: `walled`, a world behind it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.conftest import MakeSandbox
from tests.e2e.world import World
from tests.simulators.npm import Npm
from tests.simulators.proxy import Proxy
from tests.simulators.pypi import PyPI
from tests.simulators.sandbox import Sandbox

HOST = "registry.example"
CLIENTS = [("pip", "newest"), ("uv", "newest"), ("npm", "newest")]
DEAD = "http://127.0.0.1:9"


@dataclass(slots=True)
class Walled(World):
    """A world whose registry has a name that only the proxy knows."""

    proxy: Proxy
    address: str


def configured(box: Sandbox, url: str, more: str = "") -> None:
    """The user's own settings: the registry, and lines of the client's own."""
    family = box.client.family
    if family == "npm":
        box.write("~/.npmrc", f"registry={url}\nupdate-notifier=false\nfund=false\nfetch-retries=0\n{more}\n")
    elif family == "uv":
        index = f'[[index]]\nurl = "{url}"\ndefault = true\n'
        box.write("~/.config/uv/uv.toml", f"python-downloads = 'never'\n{more}\n{index}")
    else:
        box.write("~/.config/pip/pip.conf", f"[global]\nindex-url = {url}\n{more}\n")


def setting(box: Sandbox, proxy: str, spared: str = "") -> str:
    """The client's own proxy setting, in its own file."""
    lines = {
        "pip": f"proxy = {proxy}",
        "uv": f'http-proxy = "{proxy}"' + (f'\nno-proxy = ["{spared}"]' if spared else ""),
        "npm": f"proxy={proxy}" + (f"\nnoproxy={spared}" if spared else ""),
    }
    return lines[box.client.family]


@pytest.fixture(params=CLIENTS, ids=[family for family, _ in CLIENTS])
def walled(request: pytest.FixtureRequest, make_sandbox: MakeSandbox) -> Iterator[Walled]:
    box = make_sandbox(*request.param)
    kind = Npm if request.param[0] == "npm" else PyPI
    with kind(markers=box.markers) as registry, Proxy({HOST: registry.server.origin}) as proxy:
        address = registry.url.replace(registry.server.origin, f"http://{HOST}")
        if isinstance(registry, Npm):
            registry.named = f"http://{HOST}"
        world = Walled(box, registry, proxy, address)
        world.established("sg-alpha")
        configured(box, address)
        yield world
