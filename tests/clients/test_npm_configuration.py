"""npm's registries and credentials as we read them are what npm itself reports."""

from __future__ import annotations

import base64
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from slopguard.clients import npm_config
from slopguard.clients.interface import GateAddress
from slopguard.clients.npm import Npm
from slopguard.indexes import Credentials, Index
from slopguard.model import Layer

MAIN, ACME = "https://registry.example/npm/", "https://acme.example/"


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "package.json").write_text("{}")
    return {"HOME": str(tmp_path), "PATH": os.environ["PATH"]}


def indexes(npm_command: tuple[str, ...], env: Mapping[str, str], *argv: str) -> tuple[Index, ...]:
    call = Npm().parse("npm", ("install", *argv, "x"), Path(env["HOME"]) / "project", env)
    return Npm().indexes(call, npm_command, env)


CONFIGURATIONS = [
    ("", "", {}),
    (f"registry={MAIN}", "", {}),
    (f"registry = {MAIN}\n; a comment\n# another", f"@acme:registry={ACME}", {}),
    (f"registry={MAIN}", f"registry={ACME} ; mine", {}),
    (f"registry={MAIN}", f"registry={ACME}", {"npm_config_registry": "https://third.example/"}),
    (f"registry={MAIN}", "", {"NPM_CONFIG_REGISTRY": ACME, "npm_config_@acme:registry": MAIN}),
    ('registry="https://${HOST}/"', "", {"HOST": "filled.example"}),
    ("registry=https://a.example/${UNSET?}", "", {}),
    ("registry='https://quoted.example/'\n", "", {}),
]


@pytest.mark.parametrize(("user", "project", "variables"), CONFIGURATIONS)
def test_registries_are_what_npm_config_get_reports(
    npm_command: tuple[str, ...], env: dict[str, str], user: str, project: str, variables: dict[str, str]
) -> None:
    Path(env["HOME"], ".npmrc").write_text(user)
    Path(env["HOME"], "project", ".npmrc").write_text(project)
    env |= variables
    found = {index.name or "registry": index.url for index in indexes(npm_command, env)}
    for name, url in found.items():
        key = "registry" if name == "registry" else f"{name}:registry"
        shown = subprocess.run(
            [*npm_command, "config", "get", key],
            env=env,
            cwd=Path(env["HOME"], "project"),
            capture_output=True,
            text=True,
        )
        assert shown.stdout.strip().rstrip("/") == url.rstrip("/")
    assert ("@acme" in found) == ("@acme" in f"{project}{user}{variables}")


def test_layers_decide_on_trust(npm_command: tuple[str, ...], env: dict[str, str]) -> None:
    Path(env["HOME"], ".npmrc").write_text(f"registry={MAIN}\n")
    Path(env["HOME"], "project", ".npmrc").write_text(f"@acme:registry={ACME}\n@main:registry={MAIN}\n")
    found = indexes(npm_command, env, "--@flag:registry=https://f.example/")
    assert {(i.name, i.layer, i.trusted) for i in found} == {
        (None, Layer.USER, True),
        ("@acme", Layer.PROJECT, False),
        ("@main", Layer.USER, True),
        ("@flag", Layer.FLAG, False),
    }


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("line", "credentials"),
    [
        ("//registry.example/npm/:_authToken=t0", Credentials("", "t0", "bearer")),
        ("//registry.example/:_authToken=t1", Credentials("", "t1", "bearer")),
        ("//registry.example/npm/:_authToken=${TOKEN}", Credentials("", "t2", "bearer")),
        (f"//registry.example/npm/:_auth={encoded('joe:pw')}", Credentials("joe", "pw")),
        (
            f"//registry.example/npm/:username=joe\n//registry.example/npm/:_password={encoded('pw')}",
            Credentials("joe", "pw"),
        ),
        ("//other.example/:_authToken=t3", None),
        ("//registry.example/npm/deeper/:_authToken=t4", None),
        ("_authToken=t5", None),
    ],
)
def test_credentials_are_those_bound_to_the_registrys_own_address(
    npm_command: tuple[str, ...], env: dict[str, str], line: str, credentials: Credentials | None
) -> None:
    Path(env["HOME"], ".npmrc").write_text(f"registry={MAIN}\n{line}\n")
    (index,) = indexes(npm_command, env | {"TOKEN": "t2"})
    assert index.credentials == credentials


def test_npm_is_sent_to_the_gate_for_every_scope(npm_command: tuple[str, ...], env: dict[str, str]) -> None:
    Path(env["HOME"], ".npmrc").write_text(f"registry={MAIN}\n@acme:registry={ACME}\n")
    env |= {
        "NPM_CONFIG_REGISTRY": MAIN,
        "npm_config_@acme:registry": ACME,
        "npm_config_https_proxy": "http://p.example",
    }
    call = Npm().parse("npm", ("install", "x"), Path(env["HOME"]) / "project", env)
    found = Npm().indexes(call, npm_command, env)
    gate = GateAddress("http://127.0.0.1:9", "u", "s")
    launch = Npm().launch(call, npm_command, env, gate, found, Path(env["HOME"]))
    for name, index in zip(("registry", "@acme:registry"), found, strict=True):
        shown = subprocess.run(
            [*npm_command, "config", "get", name], env=dict(launch.env), cwd=call.cwd, capture_output=True, text=True
        )
        assert shown.stdout.strip() == gate.npm_url(index.key)
        assert launch.env[f"npm_config_//127.0.0.1:9/npm/{index.key}/:_authToken"] == "u.s"
    assert MAIN not in launch.env.values()
    assert "NPM_CONFIG_REGISTRY" not in launch.env


def test_workspaces_that_a_manifest_gets_wrong_are_none(tmp_path: Path) -> None:
    for text in ("[]", "{", '{"workspaces": 1}', '{"workspaces": {"packages": ["/"]}}'):
        (tmp_path / "package.json").write_text(text)
        assert npm_config.workspaces(tmp_path) == []
