"""Proxies: the way to an index leads through the client's own proxy, the way to the gate never does."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.e2e.walled import DEAD, HOST, Walled, configured, setting
from tests.e2e.world import World
from tests.registries.indexes import Authority
from tests.simulators.npm import Npm
from tests.simulators.server import basic

pytestmark = pytest.mark.clients


def came_through(world: Walled, env: Mapping[str, str] | None = None) -> None:
    """Claim: a guarded install works, all of it through the proxy, none of the gate's traffic."""
    ran = world.install("sg-alpha", env=env)
    assert ran.rc == 0, ran
    assert world.box.installed == {"sg-alpha": "1.2.0"}
    assert world.registry.downloads != []
    assert {line.rpartition(" ")[2] for line in world.proxy.asked} == {f"{HOST}:80"}


def test_the_environments_proxy_is_used(walled: Walled) -> None:
    came_through(walled, {"HTTP_PROXY": walled.proxy.url})


def test_the_clients_own_proxy_setting_is_used_and_beats_the_environments(walled: Walled) -> None:
    configured(walled.box, walled.address, setting(walled.box, walled.proxy.url.replace("//", "//bob:pr0xy@")))
    came_through(walled, {"HTTP_PROXY": DEAD, "HTTPS_PROXY": DEAD})
    assert walled.proxy.authorizations == {basic("bob", "pr0xy")}
    assert [seen for seen in walled.registry.requests if "proxy-authorization" in seen.headers] == []


def test_a_dead_proxy_is_unchecked_in_one_clear_line(walled: Walled) -> None:
    for more, env in (("", {"HTTP_PROXY": DEAD}), (setting(walled.box, DEAD), {})):
        configured(walled.box, walled.address, more)
        ran = walled.install("sg-alpha", env=env)
        walled.refuses_all(ran, 4, "upstream-down", "sg-alpha")
        assert len(ran.lines) == 2, ran


def test_a_host_that_needs_no_proxy_is_asked_directly(walled: Walled) -> None:
    """It has no address here, so that nothing answers; what counts is that the proxy was left alone."""
    for more, env in (
        ("", {"HTTP_PROXY": walled.proxy.url, "NO_PROXY": f"other.example,{HOST}"}),
        (setting(walled.box, walled.proxy.url, HOST), {"NO_PROXY": HOST}),
    ):
        if more and walled.box.client.family == "pip":
            continue  # its own setting has no exceptions
        configured(walled.box, walled.address, more)
        walled.refuses_all(walled.install("sg-alpha", env=env), 4, "upstream-down", "sg-alpha")
        assert walled.proxy.asked == []


def test_a_project_cannot_lead_the_way_to_a_trusted_index_through_its_own_proxy(walled: Walled) -> None:
    family = walled.box.client.family
    line = setting(walled.box, walled.proxy.url)
    env = {"HTTP_PROXY": DEAD}
    if family == "npm":
        walled.box.write("package.json", '{"name": "mine", "version": "0.0.0"}')
        walled.box.write(".npmrc", f"{line}\n")
    elif family == "uv":
        walled.box.write("uv.toml", f"{line}\n")
    else:
        (walled.box.venv / "pip.conf").write_text(f"[global]\n{line}\n", encoding="utf-8")
    walled.refuses_all(walled.install("sg-alpha", env=env), 4, "upstream-down", "sg-alpha")
    assert walled.proxy.asked == []


def test_https_goes_through_a_tunnel_and_keeps_its_identity(walled: Walled, tmp_path: Path) -> None:
    authority = Authority(tmp_path / "ca.pem")
    kind = type(walled.registry)
    with kind(markers=walled.box.markers, tls=authority.server(HOST)) as secure:
        World(walled.box, secure).established("sg-alpha")
        if isinstance(secure, Npm):
            secure.named = f"https://{HOST}"
        walled.proxy.serve(HOST, secure.server.origin)
        configured(walled.box, walled.address.replace("http:", "https:"))
        env = {"HTTPS_PROXY": walled.proxy.url}
        walled.refuses_all(walled.install("sg-alpha", env=env), 4, "upstream-down", "sg-alpha")
        bundle = {"pip": "PIP_CERT", "uv": "SSL_CERT_FILE", "npm": "NODE_EXTRA_CA_CERTS"}[walled.box.client.family]
        ran = walled.install("sg-alpha", env={**env, bundle: str(authority.bundle)})
        assert ran.rc == 0, ran
        assert walled.box.installed == {"sg-alpha": "1.2.0"}
        assert set(walled.proxy.asked) == {f"CONNECT {HOST}:443"}
