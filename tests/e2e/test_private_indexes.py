"""Credentials stay where the client keeps them: found there, sent to that one origin, and written down nowhere."""

from __future__ import annotations

import base64
import json
import stat
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from tests.conftest import MakeSandbox
from tests.e2e.world import World
from tests.simulators.npm import Npm
from tests.simulators.pypi import PyPI
from tests.simulators.sandbox import Sandbox
from tests.simulators.server import Break, basic

pytestmark = pytest.mark.clients

USER, SECRET = "ann", "s3cret-Zx9@/:"
QUOTED = "s3cret-Zx9%40%2F%3A"
CODED = base64.b64encode(SECRET.encode()).decode()
PAIR = base64.b64encode(f"{USER}:{SECRET}".encode()).decode()
TOKEN = "npm_T0kenQ7"
FORMS = [text.encode() for text in (SECRET, QUOTED, CODED, PAIR, TOKEN)]
BELOW = "/api/main"
"""Private registries are seldom alone on their server."""
PIP, UV, NPM = ("pip", "newest"), ("uv", "newest"), ("npm", "newest")
Configure = Callable[[Sandbox, str], Mapping[str, str]]
"""Tells a client its credentials for the registry at a URL, as a user would; returns variables to set."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A client, and the place in which its user keeps the credentials."""

    client: tuple[str, str]
    place: str
    configure: Configure
    header: str = basic(USER, SECRET)


def with_user(url: str, user: str = f"{USER}:{QUOTED}") -> str:
    return url.replace("http://", f"http://{user}@")


def pip_conf(box: Sandbox, url: str, more: str = "") -> None:
    box.write("~/.config/pip/pip.conf", f"[global]\nindex-url = {url}\n{more}")


def uv_toml(box: Sandbox, url: str, more: str = "") -> None:
    index = f'[[index]]\nname = "my-index"\nurl = "{url}"\ndefault = true\n'
    box.write("~/.config/uv/uv.toml", f"python-downloads = 'never'\n{more}{index}")


def npmrc(box: Sandbox, url: str, *bound: str) -> None:
    lines = [f"{url.removeprefix('http:')}:{line}" for line in bound]
    box.write("~/.npmrc", "\n".join([f"registry={url}", "update-notifier=false", *lines, ""]))


def netrc(box: Sandbox, place: str = "~/.netrc") -> Path:
    return box.write(place, f"machine 127.0.0.1 login {USER} password {SECRET}\n")


def keyring(box: Sandbox) -> None:
    """A `keyring` command on PATH, with the options of the real one that pip and uv use; it knows one user."""
    place = box.root / "bin" / "keyring"
    place.write_text(KEYRING, encoding="utf-8")
    place.chmod(place.stat().st_mode | stat.S_IXUSR)


KEYRING = f"""#!/usr/bin/env python3
import argparse, json, sys
read = argparse.ArgumentParser()
read.add_argument("--mode", default="password")
read.add_argument("--output", default="plain")
read.add_argument("operation")
read.add_argument("service")
read.add_argument("username", nargs="?")
asked = read.parse_args()
if "127.0.0.1" not in asked.service or asked.username not in ({USER!r}, None if asked.mode == "creds" else {USER!r}):
    sys.exit(1)
if asked.mode == "password":
    print({SECRET!r})
elif asked.output == "json":
    print(json.dumps({{"username": {USER!r}, "password": {SECRET!r}}}))
else:
    print({USER!r}, {SECRET!r}, sep="\\n")
"""


def pip_address(box: Sandbox, url: str) -> Mapping[str, str]:
    pip_conf(box, with_user(url))
    return {}


def pip_variable(box: Sandbox, url: str) -> Mapping[str, str]:
    pip_conf(box, url)
    return {"PIP_INDEX_URL": with_user(url)}


def pip_netrc(box: Sandbox, url: str) -> Mapping[str, str]:
    pip_conf(box, url)
    netrc(box)
    return {}


def pip_named_netrc(box: Sandbox, url: str) -> Mapping[str, str]:
    pip_conf(box, with_user(url, USER))
    return {"NETRC": str(netrc(box, "~/secrets/netrc"))}


def pip_keyring(box: Sandbox, url: str) -> Mapping[str, str]:
    pip_conf(box, with_user(url, USER), "keyring-provider = subprocess\n")
    keyring(box)
    return {}


def pip_keyring_variable(box: Sandbox, url: str) -> Mapping[str, str]:
    pip_conf(box, url)
    keyring(box)
    return {"PIP_KEYRING_PROVIDER": "subprocess"}


def pip_keyring_unasked(box: Sandbox, url: str) -> Mapping[str, str]:
    """Left alone, pip asks the keyring once the index wants credentials."""
    pip_conf(box, url)
    keyring(box)
    return {}


def uv_address(box: Sandbox, url: str) -> Mapping[str, str]:
    uv_toml(box, with_user(url))
    return {}


def uv_variables(box: Sandbox, url: str) -> Mapping[str, str]:
    uv_toml(box, url)
    return {"UV_INDEX_MY_INDEX_USERNAME": USER, "UV_INDEX_MY_INDEX_PASSWORD": SECRET}


def uv_netrc(box: Sandbox, url: str) -> Mapping[str, str]:
    uv_toml(box, url)
    netrc(box)
    return {}


def uv_login(box: Sandbox, url: str) -> Mapping[str, str]:
    """What `uv auth login` did: its service has no `/simple/` at its end."""
    uv_toml(box, url)
    login = box.direct("uv", "auth", "login", url, "--username", USER, "--password", SECRET)
    assert login.rc == 0, login
    return {}


def uv_keyring(box: Sandbox, url: str) -> Mapping[str, str]:
    uv_toml(box, with_user(url, USER), 'keyring-provider = "subprocess"\n')
    keyring(box)
    return {}


def npm_token(box: Sandbox, url: str) -> Mapping[str, str]:
    npmrc(box, url, f"_authToken={TOKEN}")
    return {}


def npm_token_of_the_environment(box: Sandbox, url: str) -> Mapping[str, str]:
    npmrc(box, url, "_authToken=${SG_TOKEN}")
    return {"SG_TOKEN": TOKEN}


def npm_token_of_the_project(box: Sandbox, url: str) -> Mapping[str, str]:
    npmrc(box, url)
    box.write("package.json", '{"name": "mine", "version": "0.0.0"}')
    box.write(".npmrc", f"{url.removeprefix('http:')}:_authToken=${{SG_TOKEN}}\n")
    return {"SG_TOKEN": TOKEN}


def npm_auth(box: Sandbox, url: str) -> Mapping[str, str]:
    npmrc(box, url, f"_auth={PAIR}")
    return {}


def npm_user_and_password(box: Sandbox, url: str) -> Mapping[str, str]:
    npmrc(box, url, f"username={USER}", f"_password={CODED}")
    return {}


BEARER = f"Bearer {TOKEN}"
PLACES = [
    Kept(PIP, "pip.conf", pip_address),
    Kept(PIP, "PIP_INDEX_URL", pip_variable),
    Kept(PIP, "netrc", pip_netrc),
    Kept(PIP, "NETRC", pip_named_netrc),
    Kept(PIP, "keyring", pip_keyring),
    Kept(PIP, "PIP_KEYRING_PROVIDER", pip_keyring_variable),
    Kept(PIP, "keyring-unasked", pip_keyring_unasked),
    Kept(UV, "uv.toml", uv_address),
    Kept(UV, "UV_INDEX_NAME", uv_variables),
    Kept(UV, "netrc", uv_netrc),
    Kept(UV, "login", uv_login),
    Kept(UV, "keyring", uv_keyring),
    Kept(NPM, "authToken", npm_token, BEARER),
    Kept(NPM, "authToken-variable", npm_token_of_the_environment, BEARER),
    Kept(NPM, "authToken-project", npm_token_of_the_project, BEARER),
    Kept(NPM, "auth", npm_auth),
    Kept(NPM, "username", npm_user_and_password),
]


@dataclass(slots=True)
class Private(World):
    """A world whose registry is behind credentials; `files` is a second, open origin."""

    files: PyPI | Npm
    env: Mapping[str, str]


@pytest.fixture
def private(request: pytest.FixtureRequest, make_sandbox: MakeSandbox) -> Iterator[Private]:
    kept: Kept = request.param
    box = make_sandbox(*kept.client)
    kind = Npm if kept.client[0] == "npm" else PyPI
    inside = partial(kind, markers=box.markers, below=BELOW)
    with inside(credentials=kept.header) as registry, inside() as files:
        yield Private(box, registry, files, kept.configure(box, registry.url))


def kept_in(places: list[Kept]) -> pytest.MarkDecorator:
    names = [f"{kept.client[0]}-{kept.place}" for kept in places]
    return pytest.mark.parametrize("private", places, indirect=True, ids=names)


SOME = [kept for kept in PLACES if kept.place in ("pip.conf", "uv.toml", "authToken")]


def written(box: Sandbox) -> list[str]:
    """The files of the sandbox that hold the secret in any form, those of the client's own settings left out."""
    own = {".netrc", "netrc", ".npmrc", "pip.conf", "uv.toml", "keyring", "credentials.toml"}
    files = [path for path in box.root.rglob("*") if path.is_file() and not path.is_symlink()]
    return [str(path) for path in files if path.name not in own and any(form in content(path) for form in FORMS)]


def content(path: Path) -> bytes:
    """The bytes of a file; none of one that a daemon has just taken away."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""


@kept_in(PLACES)
def test_credentials_are_found_where_the_client_keeps_them_and_stay_there(private: Private) -> None:
    private.established("sg-alpha")
    ran = private.install("sg-alpha", env=private.env)
    assert ran.rc == 0, ran
    assert private.box.installed == {"sg-alpha": "1.2.0"}
    assert private.registry.downloads != []
    assert not any(form.decode() in ran.text for form in FORMS), ran
    assert written(private.box) == []


@kept_in(SOME)
def test_credentials_are_dropped_where_a_redirect_leaves_the_origin(private: Private) -> None:
    other = private.files
    private.established("sg-alpha")
    World(private.box, other).established("sg-alpha")
    file = BELOW + ("/sg-alpha/-/sg-alpha-1.2.0.tgz" if private.ecosystem == "npm" else FILE)
    private.registry.fail(file, Break.REDIRECT, to=other.server.origin + file)
    ran = private.install("sg-alpha", env=private.env)
    assert ran.rc == 0, ran
    assert private.box.installed == {"sg-alpha": "1.2.0"}
    assert other.downloads != []
    assert [seen for seen in other.requests if "authorization" in seen.headers] == []


@kept_in(SOME)
def test_credentials_that_the_index_refuses_are_unchecked_in_one_clear_line(private: Private) -> None:
    private.established("sg-alpha")
    private.registry.server.credentials = basic(USER, "changed since")
    ran = private.install("sg-alpha", env=private.env)
    private.refuses_all(ran, 4, "upstream-auth", "sg-alpha")
    assert len(ran.lines) == 2, ran
    assert not any(form.decode() in ran.text for form in FORMS), ran
    assert written(private.box) == []


@kept_in(SOME)
def test_code_that_an_install_runs_sees_no_secret_in_its_environment(private: Private) -> None:
    """pip and uv build a project of the user's own; npm runs its script. Bare, they see none either."""
    private.established("sg-alpha")
    seen = private.box.root / "seen"
    if private.ecosystem == "npm":
        dump = f"require('fs').writeFileSync('{seen}', JSON.stringify(process.env))"
        scripts = json.dumps({"postinstall": f'node -e "{dump}"'})
        private.box.write(
            "package.json",
            f'{{"name": "mine", "version": "0.0.0", "dependencies": {{"sg-alpha": "*"}}, "scripts": {scripts}}}',
        )
        command = ["npm", "install"]
    else:
        private.box.write("mine/pyproject.toml", MANIFEST)
        private.box.write("mine/backend.py", BACKEND.replace("SEEN", str(seen)))
        command = private.box.install("./mine")
    ran = private.guarded(*command, env=private.env)
    assert ran.rc == 0, ran
    environment = seen.read_bytes()
    assert b"PATH" in environment
    assert not any(form in environment for form in FORMS)


@kept_in([kept for kept in SOME if kept.client == UV])
def test_a_project_locked_from_a_private_index_holds_no_secret(private: Private) -> None:
    private.established("sg-alpha")
    private.box.write("pyproject.toml", '[project]\nname = "mine"\nversion = "0"\nrequires-python = ">=3.11"\n')
    ran = private.guarded("uv", "add", "sg-alpha", env=private.env)
    assert ran.rc == 0, ran
    assert f'registry = "{private.registry.url}"' in (private.box.project / "uv.lock").read_text()
    assert written(private.box) == []


FILE = "/files/sg-alpha/sg_alpha-1.2.0-py3-none-any.whl"
MANIFEST = """[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
[project]
name = "mine"
version = "1.0.0"
dependencies = ["sg-alpha"]
"""
BACKEND = """import json, os, pathlib, zipfile
ABOUT = "Metadata-Version: 2.1\\nName: mine\\nVersion: 1.0.0\\nRequires-Dist: sg-alpha\\n"
FILES = {"METADATA": ABOUT, "WHEEL": "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n", "RECORD": ""}

def build_wheel(folder, config_settings=None, metadata_directory=None):
    pathlib.Path("SEEN").write_text(json.dumps(dict(os.environ)))
    with zipfile.ZipFile(pathlib.Path(folder) / "mine-1.0.0-py3-none-any.whl", "w") as archive:
        for name, text in FILES.items():
            archive.writestr("mine-1.0.0.dist-info/" + name, text)
    return "mine-1.0.0-py3-none-any.whl"
"""
