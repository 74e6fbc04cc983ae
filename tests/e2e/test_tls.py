"""An index behind a private authority: the client's own CA settings decide, and https stays https."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import MakeSandbox
from tests.e2e.world import World
from tests.registries.indexes import Authority
from tests.simulators.npm import Npm
from tests.simulators.pypi import PyPI
from tests.simulators.server import Break

pytestmark = pytest.mark.clients

CLIENTS = [("pip", "newest"), ("uv", "newest"), ("npm", "newest")]


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("ca") / "ca.pem")


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """An authority that signed nothing here."""
    return Authority(tmp_path_factory.mktemp("other") / "other.pem")


@dataclass(slots=True)
class Secure(World):
    """A world whose registry is https, signed by an authority that no system knows."""

    bundle: Path

    @property
    def family(self) -> str:
        return self.box.client.family

    def configured(self, *lines: str) -> None:
        """The user's own settings: the registry, and lines of the client's own."""
        more = "\n".join(lines)
        url = self.registry.url
        if self.family == "npm":
            self.box.write("~/.npmrc", f"registry={url}\nupdate-notifier=false\nfund=false\n{more}\n")
        elif self.family == "uv":
            index = f'[[index]]\nurl = "{url}"\ndefault = true\n'
            self.box.write("~/.config/uv/uv.toml", f"python-downloads = 'never'\n{more}\n{index}")
        else:
            self.box.write("~/.config/pip/pip.conf", f"[global]\nindex-url = {url}\n{more}\n")

    def installs(self, name: str, env: Mapping[str, str] | None = None, *flags: str) -> None:
        """Claim: the guarded install of a new name works."""
        self.established(name)
        ran = self.install(*flags, name, env=env)
        assert ran.rc == 0, ran
        assert name in self.box.installed

    def is_not_believed(self, *flags: str, env: Mapping[str, str] | None = None) -> None:
        """Claim: the index is unchecked, in one clear line that says why, and nothing was fetched."""
        self.registry.forget()
        ran = self.install(*flags, "sg-alpha", env=env)
        self.refuses(ran, 4, "upstream-down", "sg-alpha")
        assert len(ran.lines) == 2, ran
        assert self.registry.requests == []


@pytest.fixture(params=CLIENTS, ids=[family for family, _ in CLIENTS])
def secure(request: pytest.FixtureRequest, make_sandbox: MakeSandbox, authority: Authority) -> Iterator[Secure]:
    box = make_sandbox(*request.param)
    kind = Npm if request.param[0] == "npm" else PyPI
    with kind(markers=box.markers, tls=authority.server()) as registry:
        world = Secure(box, registry, authority.bundle)
        world.established("sg-alpha")
        world.configured()
        yield world


def test_a_private_authority_counts_where_the_client_is_told_of_it(secure: Secure) -> None:
    places: dict[str, list[tuple[list[str], dict[str, str], list[str]]]] = {
        "pip": [
            ([f"cert = {secure.bundle}"], {}, []),
            ([], {"SSL_CERT_FILE": str(secure.bundle)}, []),
            ([], {"REQUESTS_CA_BUNDLE": str(secure.bundle)}, []),
        ],
        "uv": [
            (["system-certs = true"], {"SSL_CERT_FILE": str(secure.bundle)}, []),
        ],
        "npm": [
            ([f"cafile={secure.bundle}"], {}, []),
            ([f"ca={json.dumps(secure.bundle.read_text())}"], {}, []),
            ([], {"NODE_EXTRA_CA_CERTS": str(secure.bundle)}, []),
        ],
    }
    for number, (lines, env, flags) in enumerate(places[secure.family]):
        secure.configured(*lines)
        secure.installs(f"sg-told-{number}", env, *flags)


def test_without_it_or_with_another_the_index_is_not_believed(secure: Secure, stranger: Authority) -> None:
    secure.is_not_believed()
    own = {"pip": f"cert = {stranger.bundle}", "uv": "", "npm": f"cafile={stranger.bundle}"}
    variable = {"pip": "PIP_CERT", "uv": "SSL_CERT_FILE", "npm": "NODE_EXTRA_CA_CERTS"}
    secure.configured(own[secure.family])
    secure.is_not_believed(env={variable[secure.family]: str(stranger.bundle)})


@pytest.mark.parametrize("secure", CLIENTS[2:], indirect=True, ids=["npm"])
def test_one_extra_authority_takes_no_other_away(secure: Secure, stranger: Authority) -> None:
    """`NODE_EXTRA_CA_CERTS` adds to what counts; here the rest comes from the machine's own bundle."""
    secure.installs("sg-told", {"NODE_EXTRA_CA_CERTS": str(stranger.bundle), "SSL_CERT_FILE": str(secure.bundle)})


@pytest.mark.parametrize(("secure", "adds"), [(("pip", "newest"), True), (("pip", "24.0"), False)], indirect=["secure"])
def test_a_bundle_adds_to_the_systems_in_new_pips_and_replaces_it_in_old_ones(
    secure: Secure, stranger: Authority, adds: bool
) -> None:
    env = {"PIP_CERT": str(stranger.bundle), "SSL_CERT_FILE": str(secure.bundle), "PIP_RETRIES": "0"}
    bare = secure.box.direct("pip", "download", "--no-deps", "sg-alpha", env=env)
    assert (bare.rc == 0) is adds, bare
    if adds:
        secure.installs("sg-told", env)
    else:
        secure.is_not_believed(env=env)


def test_verification_is_switched_off_by_a_trusted_layer_only(secure: Secure) -> None:
    host = secure.registry.server.origin.removeprefix("https://")
    flags = {"pip": ["--trusted-host", host], "uv": ["--allow-insecure-host", host], "npm": ["--no-strict-ssl"]}
    variables = {
        "pip": {"PIP_TRUSTED_HOST": host},
        "uv": {"UV_INSECURE_HOST": host},
        "npm": {"npm_config_strict_ssl": "false", "NODE_TLS_REJECT_UNAUTHORIZED": "0"},
    }
    own = {"pip": f"trusted-host = {host}", "uv": f'allow-insecure-host = ["{host}"]', "npm": "strict-ssl=false"}
    secure.is_not_believed(*flags[secure.family])
    secure.is_not_believed(env=variables[secure.family])
    project_says(secure, own[secure.family])
    secure.is_not_believed()
    secure.configured(own[secure.family])
    secure.installs("sg-told")


@pytest.mark.parametrize("secure", [CLIENTS[0], CLIENTS[2]], indirect=True, ids=["pip", "npm"])
def test_a_project_cannot_name_the_authority_of_a_trusted_index(secure: Secure) -> None:
    lines = {"pip": f"cert = {secure.bundle}", "npm": f"cafile={secure.bundle}"}
    project_says(secure, lines[secure.family])
    secure.is_not_believed()


def project_says(secure: Secure, line: str) -> None:
    """Write a line where the client reads the settings of a project: .npmrc, uv.toml, the environment's pip.conf."""
    if secure.family == "npm":
        secure.box.write("package.json", '{"name": "mine", "version": "0.0.0"}')
        secure.box.write(".npmrc", f"{line}\n")
    elif secure.family == "uv":
        secure.box.write("uv.toml", f"{line}\n")
    else:
        (secure.box.venv / "pip.conf").write_text(f"[global]\n{line}\n", encoding="utf-8")


def test_an_index_that_asks_for_a_certificate_is_shown_the_clients_own(secure: Secure, authority: Authority) -> None:
    context = authority.server()
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(str(authority.bundle))
    own = authority.client(secure.box.home / "own.pem")
    trust = {"SSL_CERT_FILE": str(secure.bundle), "NODE_EXTRA_CA_CERTS": str(secure.bundle)}
    with type(secure.registry)(markers=secure.box.markers, tls=context) as closed:
        world = Secure(secure.box, closed, secure.bundle)
        world.configured()
        world.is_not_believed(env=trust)
        bound = closed.url.removeprefix("https:")
        lines = {"pip": [f"client-cert = {own}"], "npm": [f"{bound}:certfile={own}", f"{bound}:keyfile={own}"]}
        world.configured(*lines.get(secure.family, []))
        world.installs("sg-told", {**trust, "SSL_CLIENT_CERT": str(own)} if secure.family == "uv" else trust)


def test_https_never_becomes_http(secure: Secure) -> None:
    """Not for a page and not for a file, although the very same bytes are offered in the open."""
    trust = {"SSL_CERT_FILE": str(secure.bundle), "NODE_EXTRA_CA_CERTS": str(secure.bundle)}
    with type(secure.registry)(markers=secure.box.markers) as plain:
        World(secure.box, plain).established("sg-alpha")
        page = "/sg-alpha" if secure.family == "npm" else "/simple/sg-alpha/"
        file = "/sg-alpha/-/sg-alpha-1.2.0.tgz" if secure.family == "npm" else FILE
        for path in (page, file):
            secure.registry.fail(path, Break.REDIRECT, to=plain.server.origin + path)
            ran = secure.install("sg-alpha", env=trust)
            secure.refuses(ran, 4, "upstream-down", "sg-alpha")
            assert secure.box.installed == {}
            secure.registry.mend()
        assert plain.requests == []


FILE = "/files/sg-alpha/sg_alpha-1.2.0-py3-none-any.whl"
