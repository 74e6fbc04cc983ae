"""Where pnpm's registries come from, compared with what each pnpm itself says; and what is trusted of them."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from slopguard.clients.interface import GateAddress
from slopguard.clients.pnpm import Pnpm, environment
from slopguard.indexes import Index, IndexKind
from slopguard.model import Layer
from tests.simulators.clients import client
from tests.simulators.drivers import driver

VERSIONS = driver("pnpm").versions
A, B, C, D = (f"http://{name}.registry.example/" for name in "abcd")


@pytest.fixture(params=VERSIONS)
def version(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "package.json").write_text("{}")
    return tmp_path


def environment_of(home: Path, version: str, **more: str) -> dict[str, str]:
    return {"HOME": str(home), "PATH": f"{client('pnpm', version).folder}{os.pathsep}{os.defpath}", **more}


def indexes(home: Path, version: str, *argv: str, **more: str) -> tuple[Index, ...]:
    env = environment_of(home, version, **more)
    call = Pnpm().parse("pnpm", (*argv, "add", "x"), home / "project", env)
    return Pnpm().indexes(call, (str(client("pnpm", version).folder / "pnpm"),), env)


def registry(found: tuple[Index, ...], scope: str | None = None) -> Index:
    return next(i for i in found if i.name == scope and (scope or i.kind is IndexKind.DEFAULT))


def said(home: Path, version: str, *argv: str, **more: str) -> str:
    """The default registry, as pnpm itself says it."""
    command = [str(client("pnpm", version).folder / "pnpm"), *argv, "config", "get", "registry"]
    env = environment_of(home, version, **more)
    done = subprocess.run(command, cwd=home / "project", env=env, capture_output=True, text=True, check=True)
    return done.stdout.strip()


PLACES = {
    "nothing": {},
    "the user's npmrc": {".npmrc": f"registry={A}\n"},
    "the project's npmrc": {".npmrc": f"registry={A}\n", "project/.npmrc": f"registry={B}\n"},
    "auth.ini": {".npmrc": f"registry={A}\n", ".config/pnpm/auth.ini": f"registry={B}\n"},
    "config.yaml": {".npmrc": f"registry={A}\n", ".config/pnpm/config.yaml": f"registries:\n  default: {B}\n"},
    "another npmrc": {".npmrc": f"registry={A}\n", "other": f"registry={B}\n"},
}


@pytest.mark.parametrize("place", PLACES)
def test_the_default_registry_is_the_one_that_pnpm_says(home: Path, version: str, place: str) -> None:
    for name, text in PLACES[place].items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(text)
    more = {"npm_config_userconfig": str(home / "other")} if place == "another npmrc" else {}
    found = registry(indexes(home, version, **more))
    assert found.url.rstrip("/") == said(home, version, **more).rstrip("/")
    assert found.trusted == (place not in ("the project's npmrc", "another npmrc"))


def test_pnpm_10_has_a_file_of_its_own_of_which_config_get_says_nothing(home: Path) -> None:
    (home / ".config/pnpm").mkdir(parents=True)
    (home / ".config/pnpm/rc").write_text(f"registry={A}\n")
    found = registry(indexes(home, "10"))
    assert (found.url, found.trusted) == (A, True)


@pytest.mark.parametrize("variable", ["npm_config_registry", "pnpm_config_registry", "PNPM_CONFIG_REGISTRY"])
def test_so_is_one_that_a_variable_names_which_is_not_trusted(home: Path, version: str, variable: str) -> None:
    (home / ".npmrc").write_text(f"registry={A}\n")
    found = registry(indexes(home, version, **{variable: B}))
    assert found.url == said(home, version, **{variable: B})
    assert found.trusted == (found.url == A)


def test_the_registry_it_is_built_for_is_trusted_and_those_it_knows_for_scopes_are_not(
    home: Path, version: str
) -> None:
    found = indexes(home, version)
    assert registry(found).layer is Layer.BUILTIN
    assert not registry(found, "@jsr").trusted


def test_scopes_and_tokens(home: Path, version: str) -> None:
    (home / ".npmrc").write_text(f"registry={A}\n@acme:registry={B}npm/\n//b.registry.example/:_authToken=t0ken\n")
    found = registry(indexes(home, version), "@acme")
    assert (found.url, found.trusted) == (f"{B}npm/", True)
    assert found.credentials is not None
    assert (found.credentials.secret, found.credentials.scheme) == ("t0ken", "bearer")


@pytest.mark.parametrize("key", ["registry", "@acme:registry"])
def test_a_flag_beats_every_file_but_the_workspaces_of_pnpm_10(home: Path, version: str, key: str) -> None:
    scope = "@acme" if key.startswith("@") else None
    (home / ".npmrc").write_text(f"{key}={A}\n")
    (home / "project/pnpm-workspace.yaml").write_text(f"registries:\n  '{scope or 'default'}': {B}\n")
    found = registry(indexes(home, version, f"--{key}={C}"), scope)
    assert (found.url, found.trusted) == (B if version == "10" else C, False)


@pytest.mark.parametrize("version", [v for v in VERSIONS if v != "10"])
def test_the_users_structured_auth_names_registries_and_tokens(home: Path, version: str) -> None:
    file = home / ".config/pnpm/config.yaml"
    file.parent.mkdir(parents=True)
    file.write_text(f'_auth:\n  "{A}":\n    "@": {{authToken: one}}\n  "{B}":\n    "@acme": {{authToken: two}}\n')
    found = indexes(home, version)
    assert [(registry(found, s).url, registry(found, s).trusted) for s in (None, "@acme")] == [(A, True), (B, True)]
    named = json.dumps({D: {"@": {"authToken": "three"}}})
    assert not registry(indexes(home, version, pnpm_config__auth=named)).trusted


def test_the_gates_secret_is_in_no_address_and_every_index_has_a_route() -> None:
    gate = GateAddress("http://127.0.0.1:9", "user", "s3cret")
    made = (
        Index(Pnpm.ecosystem, "aaa", A, IndexKind.DEFAULT, Layer.USER),
        Index(Pnpm.ecosystem, "bbb", B, IndexKind.SCOPE, Layer.USER, name="@acme"),
    )
    found = environment(gate, made)
    assert found["pnpm_config_registry"] == found["npm_config_registry"] == "http://127.0.0.1:9/npm/aaa/"
    assert found["npm_config_@acme:registry"] == "http://127.0.0.1:9/npm/bbb/"
    assert json.loads(found["pnpm_config__auth"]) == {
        "http://127.0.0.1:9/npm/aaa/": {"@": {"authToken": "user.s3cret"}},
        "http://127.0.0.1:9/npm/bbb/": {"@acme": {"authToken": "user.s3cret"}},
    }
