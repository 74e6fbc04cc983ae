"""yarn's registries and credentials as we read them are what yarn itself reports; which yarn it is, is found out."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from slopguard.clients import yarn_which
from slopguard.clients.interface import GateAddress
from slopguard.clients.yarn import Yarn
from slopguard.errors import ConfigError
from slopguard.indexes import Credentials, Index, IndexKind
from slopguard.model import Layer
from tests.simulators.clients import client

MAIN, ACME = "https://registry.example/npm", "https://acme.example"
MODERN, CLASSIC = "newest", "1.22.22"


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "package.json").write_text("{}")
    (tmp_path / "project" / "yarn.lock").write_text("")
    return {"HOME": str(tmp_path), "YARN_CACHE_FOLDER": str(tmp_path / "cache")}


def command(version: str) -> tuple[str, ...]:
    return (str(client("yarn", version).folder / "yarn"),)


def indexes(version: str, env: dict[str, str]) -> tuple[Index, ...]:
    env["PATH"] = f"{client('yarn', version).folder}:{os.environ['PATH']}"
    call = Yarn().parse("yarn", ("add", "x"), Path(env["HOME"]) / "project", env)
    return Yarn().indexes(call, command(version), env)


def said(version: str, env: Mapping[str, str], *argv: str) -> str:
    """What yarn itself says in the project."""
    done = subprocess.run(
        [*command(version), *argv], env=env, cwd=Path(env["HOME"]) / "project", capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip()


SCOPES = "npmScopes:\n  acme:\n    npmRegistryServer: {}\n"
MODERNS = [
    ("", "", {}),
    (f"npmRegistryServer: {MAIN}\n", "", {}),
    (f"npmRegistryServer: {MAIN}\n", f'npmRegistryServer: "{ACME}"\n', {}),
    (f"npmRegistryServer: {MAIN}\n", f"npmRegistryServer: {ACME}\n", {"YARN_NPM_REGISTRY_SERVER": "https://v.example"}),
    ("npmRegistryServer: 'https://${NAME:-x.example}'\n", "", {"NAME": "filled.example"}),
    ("npmRegistryServer: 'https://${UNSET:-else.example}'\n", "", {}),
    (SCOPES.format(MAIN), "", {}),
    (SCOPES.format(MAIN), SCOPES.format(ACME), {}),
]


@pytest.mark.parametrize(("user", "project", "variables"), MODERNS)
def test_registries_are_what_yarn_4_reports(
    env: dict[str, str], user: str, project: str, variables: dict[str, str]
) -> None:
    home = Path(env["HOME"])
    (home / ".yarnrc.yml").write_text(user)
    (home / "project" / ".yarnrc.yml").write_text(project)
    env |= variables
    found = indexes(MODERN, env)
    assert found[0].url == said(MODERN, env, "config", "get", "npmRegistryServer")
    scopes = json.loads(said(MODERN, env, "config", "get", "npmScopes", "--json")) if SCOPES[:9] in user else {}
    assert {i.name: i.url for i in found[1:]} == {f"@{name}": v["npmRegistryServer"] for name, v in scopes.items()}


CLASSICS = [
    ("", "", "", "", {}),
    (f"registry={MAIN}/", "", "", "", {}),
    ("", "", f'registry "{MAIN}"', "", {}),
    (f"registry={MAIN}/", f"registry={ACME}/", "", "", {}),
    ("", "", f'registry "{MAIN}"', f'registry "{ACME}"', {}),
    (f"registry={MAIN}/", "", "", f'registry "{ACME}"', {}),
    (f"registry={MAIN}/", "", "", "", {"npm_config_registry": f"{ACME}/"}),
    ("", "", f'registry "{MAIN}"', "", {"YARN_REGISTRY": ACME}),
]


@pytest.mark.parametrize(("npm_user", "npm_project", "user", "project", "variables"), CLASSICS)
def test_the_registry_is_where_yarn_1_looks(
    env: dict[str, str], npm_user: str, npm_project: str, user: str, project: str, variables: dict[str, str]
) -> None:
    """Where yarn 1 looks is seen from the request that it would make, past a proxy that is not there."""
    home = Path(env["HOME"])
    (home / ".npmrc").write_text(npm_user)
    (home / "project" / ".npmrc").write_text(npm_project)
    (home / ".yarnrc").write_text(user)
    (home / "project" / ".yarnrc").write_text(project)
    env |= variables
    (found,) = indexes(CLASSIC, env)
    if found.layer is Layer.BUILTIN:
        assert found.url == said(CLASSIC, env, "config", "get", "registry")
        return
    place = f'Performing "GET" request to "{found.url.rstrip("/")}/sg-nothing"'
    with subprocess.Popen(
        [*command(CLASSIC), "info", "sg-nothing", "--verbose"],
        env=env | {"YARN_PROXY": "http://127.0.0.1:9", "YARN_HTTPS_PROXY": "http://127.0.0.1:9"},
        cwd=home / "project",
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        asked = next((line for line in process.stdout if "Performing" in line), "")
        process.terminate()
    assert place in asked


def test_a_project_does_not_say_which_registry_is_trusted(env: dict[str, str]) -> None:
    home = Path(env["HOME"])
    (home / "project" / ".yarnrc.yml").write_text(f"npmRegistryServer: {MAIN}\n{SCOPES.format(ACME)}")
    assert [index.trusted for index in indexes(MODERN, env)] == [False, False]
    (home / ".yarnrc.yml").write_text(f"npmRegistryServer: {MAIN}/\n")
    assert [index.trusted for index in indexes(MODERN, env)] == [True, False]


@pytest.mark.parametrize("version", [MODERN, CLASSIC])
def test_the_built_in_registry_is_trusted_and_known(env: dict[str, str], version: str) -> None:
    (found,) = indexes(version, env)
    assert found.trusted
    assert found.url.startswith("https://")


@pytest.mark.parametrize("default", [MAIN, None])
def test_a_yarn_that_the_project_brings_along_says_nothing_about_trust(
    env: dict[str, str], default: str | None
) -> None:
    project = Path(env["HOME"]) / "project"
    own = 'x={npmRegistryServer:{description:"",type:"STRING",default:"' + (default or "") + '"}}'
    real = command(MODERN)[0]
    (project / ".yarnrc.yml").write_text("yarnPath: .yarn/releases/yarn-4.0.0.cjs\n")
    release = project / ".yarn" / "releases" / "yarn-4.0.0.cjs"
    release.parent.mkdir(parents=True)
    release.write_text(own if default else Path(real).resolve().read_text(encoding="utf-8"))
    (found,) = indexes(CLASSIC, env)
    assert found.trusted is (default is None)
    assert default in (None, found.url)


def test_tokens_go_with_their_registry(env: dict[str, str]) -> None:
    scopes = f"{SCOPES.format(ACME)}    npmAuthToken: scoped\n"
    text = f"npmRegistryServer: {MAIN}\nnpmAuthIdent: me:secret\n{scopes}"
    (Path(env["HOME"]) / ".yarnrc.yml").write_text(text)
    main, acme = indexes(MODERN, env)
    assert main.credentials == Credentials("me", "secret")
    assert acme.credentials == Credentials("", "scoped", "bearer")
    (Path(env["HOME"]) / ".yarnrc.yml").write_text(
        f"npmRegistryServer: {MAIN}\nnpmRegistries:\n  //registry.example/npm:\n    npmAuthToken: t\n"
    )
    assert indexes(MODERN, env)[0].credentials == Credentials("", "t", "bearer")


def test_a_general_token_is_not_sent_to_a_scopes_registry(env: dict[str, str]) -> None:
    (Path(env["HOME"]) / ".yarnrc.yml").write_text(f"npmAuthToken: general\n{SCOPES.format(ACME)}")
    main, acme = indexes(MODERN, env)
    assert main.credentials == Credentials("", "general", "bearer")
    assert acme.credentials is None


def test_the_secret_is_in_private_files_only(env: dict[str, str], tmp_path: Path) -> None:
    gate = GateAddress("http://127.0.0.1:9", "user", "secret")
    found = indexes(CLASSIC, env)
    for version, file in ((MODERN, "yarn/gate.json"), (CLASSIC, "yarn-npmrc")):
        call = Yarn().parse("yarn", ("add", "x"), Path(env["HOME"]) / "project", env)
        launch = Yarn().launch(call, command(version), env, gate, found, tmp_path)
        assert "user.secret" not in " ".join([*launch.argv, *launch.env.values()])
        assert (tmp_path / file).stat().st_mode & 0o077 == 0


def test_yarn_1_is_not_pointed_past_a_scope_it_would_not_recognise(env: dict[str, str], tmp_path: Path) -> None:
    gate = GateAddress("http://127.0.0.1:9", "user", "secret")
    call = Yarn().parse("yarn", ("add", "x"), Path(env["HOME"]) / "project", env)
    odd = [*indexes(CLASSIC, env)]
    odd.append(Index(odd[0].ecosystem, "abc", ACME, IndexKind.SCOPE, Layer.USER, name="@my_org"))
    with pytest.raises(ConfigError, match="scope"):
        Yarn().launch(call, command(CLASSIC), env, gate, odd, tmp_path)


@pytest.mark.parametrize(("version", "classic"), [(MODERN, False), (CLASSIC, True)])
def test_which_yarn_it_is(env: dict[str, str], version: str, classic: bool) -> None:
    place = Path(env["HOME"]) / "project"
    assert yarn_which.which(Path(command(version)[0]), place, env).classic is classic
    (place / ".yarnrc.yml").write_text("yarnPath: .yarn/releases/yarn-1.22.19.cjs\n")
    assert yarn_which.which(Path(command(version)[0]), place, env).classic
    assert yarn_which.which(Path(command(version)[0]), place, {**env, "YARN_IGNORE_PATH": "1"}).classic is classic
