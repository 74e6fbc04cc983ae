"""bun's registries and tokens as we read them are those that bun itself reports."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from slopguard.clients import asking, bun_config, bun_default
from slopguard.clients.bun import Bun
from slopguard.clients.sources import canonical
from slopguard.errors import ConfigError
from slopguard.indexes import Credentials, Index, IndexKind
from slopguard.model import Layer
from tests.simulators.clients import client
from tests.simulators.drivers import driver

pytestmark = pytest.mark.clients

ONE, TWO, THREE, FOUR, FIVE = (f"https://{word}.example/npm/" for word in ("one", "two", "three", "four", "five"))
VERSIONS = driver("bun").versions


@pytest.fixture(params=VERSIONS)
def bun(request: pytest.FixtureRequest) -> tuple[str, ...]:
    return (str(client("bun", request.param).folder / "bun"),)


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "package.json").write_text('{"name": "mine", "version": "1.0.0"}')
    return {"HOME": str(tmp_path), "PATH": os.environ["PATH"]}


def write(env: Mapping[str, str], files: Mapping[str, str]) -> None:
    for name, text in files.items():
        place = Path(env["HOME"]) / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)


def ours(bun: tuple[str, ...], env: Mapping[str, str], *argv: str) -> tuple[Index, ...]:
    call = Bun().parse("bun", ("add", *argv, "x"), Path(env["HOME"]) / "project", env)
    return Bun().indexes(call, bun, env)


def reported(bun: tuple[str, ...], env: Mapping[str, str], *argv: str) -> str:
    """The registry that bun itself would publish to."""
    done = subprocess.run(
        [*bun, "publish", "--dry-run", *argv],
        env={**env, "NPM_CONFIG_TOKEN": "none"},
        cwd=Path(env["HOME"]) / "project",
        capture_output=True,
        text=True,
        check=False,
    )
    found = re.search(r"^Registry: (\S+)$", done.stdout, re.MULTILINE)
    assert found, done
    return found[1]


def install(url: str) -> str:
    return f'[install]\nregistry = "{url}"\n'


CONFIGURATIONS: list[tuple[dict[str, str], dict[str, str], tuple[str, ...]]] = [
    ({}, {}, ()),
    ({".npmrc": f"registry={ONE}"}, {}, ()),
    ({".bunfig.toml": install(ONE)}, {}, ()),
    ({".npmrc": f"registry={ONE}", ".bunfig.toml": install(TWO)}, {}, ()),
    ({"project/.npmrc": f"registry={ONE}", ".bunfig.toml": install(TWO)}, {}, ()),
    ({"project/.npmrc": f"registry={ONE}", "project/bunfig.toml": install(TWO), ".npmrc": f"registry={THREE}"}, {}, ()),
    ({"project/bunfig.toml": f'[install.registry]\nurl = "{ONE}"\ntoken = "$TOKEN"\n'}, {"TOKEN": "t"}, ()),
    ({"project/bunfig.toml": 'install.registry = "$PLACE"\n'}, {"PLACE": ONE}, ()),
    ({".npmrc": f"registry={ONE}", "project/.env": f"BUN_CONFIG_REGISTRY={TWO}\n"}, {}, ()),
    ({".npmrc": f"registry={ONE}", "project/.env": f"BUN_CONFIG_REGISTRY={TWO}\n"}, {"BUN_CONFIG_REGISTRY": THREE}, ()),
    ({".npmrc": f"registry={ONE}"}, {"npm_config_registry": TWO}, ()),
    ({".npmrc": f"registry={ONE}"}, {"npm_config_registry": TWO, "BUN_CONFIG_REGISTRY": THREE}, ()),
    ({".npmrc": f"registry={ONE}"}, {"BUN_CONFIG_REGISTRY": TWO}, (f"--registry={THREE}",)),
    ({"own.toml": install(ONE), "project/bunfig.toml": install(TWO)}, {}, ("--config=../own.toml",)),
    ({"own.toml": install(ONE), "project/bunfig.toml": install(TWO)}, {}, ("-c=../own.toml",)),
    ({".npmrc": f"registry={ONE}", "config/.npmrc": f"registry={TWO}"}, {"XDG_CONFIG_HOME": "config"}, ()),
    ({".bunfig.toml": install(ONE), "config/.bunfig.toml": install(TWO)}, {"XDG_CONFIG_HOME": "config"}, ()),
]


@pytest.mark.parametrize(("files", "more", "argv"), CONFIGURATIONS)
def test_the_default_registry_is_the_one_that_bun_reports(
    bun: tuple[str, ...],
    env: dict[str, str],
    files: dict[str, str],
    more: dict[str, str],
    argv: tuple[str, ...],
) -> None:
    write(env, files)
    env |= {key: str(Path(env["HOME"]) / value) if key.startswith("XDG") else value for key, value in more.items()}
    default = next(index for index in ours(bun, env, *argv) if index.kind is IndexKind.DEFAULT)
    assert canonical(default.url) == canonical(reported(bun, env, *argv))


def test_the_built_in_registry_is_npms_own_whatever_anybody_says(
    bun: tuple[str, ...], env: dict[str, str], npm_command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    write(
        env, {"project/.npmrc": f"registry={ONE}", "project/bunfig.toml": install(TWO), ".npmrc": f"registry={THREE}"}
    )
    monkeypatch.chdir(Path(env["HOME"]) / "project")
    monkeypatch.setenv("BUN_CONFIG_REGISTRY", FOUR)
    asked = bun_default.registry(bun, {**env, "BUN_CONFIG_REGISTRY": FIVE, "BUN_OPTIONS": f"--registry={FIVE}"})
    assert canonical(asked) == canonical(asking.npm(npm_command, env)[0])


def test_bunx_is_asked_through_the_bun_beside_it(bun: tuple[str, ...], env: dict[str, str]) -> None:
    bunx = (bun[0] + "x",)
    assert bun_default.version(bunx, env) == bun_default.version(bun, env)


def test_what_is_no_bun_does_not_say_and_that_is_an_error(env: dict[str, str]) -> None:
    true = shutil.which("true")
    assert true
    with pytest.raises(ConfigError):
        bun_default.registry((true,), env)


@pytest.mark.parametrize(
    ("files", "more", "expected"),
    [
        ({".npmrc": f"registry={ONE}\n//one.example/npm/:_authToken=t"}, {}, Credentials("", "t", "bearer")),
        ({".bunfig.toml": f'[install]\nregistry = {{url = "{ONE}", token = "t"}}'}, {}, Credentials("", "t", "bearer")),
        (
            {".bunfig.toml": f'[install]\nregistry = {{url = "{ONE}", username = "u", password = "p"}}'},
            {},
            Credentials("u", "p"),
        ),
        ({".bunfig.toml": '[install]\nregistry = "https://u:p@one.example/npm/"'}, {}, Credentials("u", "p")),
        ({".npmrc": f"registry={ONE}"}, {"BUN_CONFIG_TOKEN": "t"}, Credentials("", "t", "bearer")),
        ({"project/.npmrc": f"registry={ONE}"}, {"BUN_CONFIG_TOKEN": "t"}, None),
    ],
)
def test_credentials_wherever_they_are_kept(
    bun: tuple[str, ...],
    env: dict[str, str],
    files: dict[str, str],
    more: dict[str, str],
    expected: Credentials | None,
) -> None:
    write(env, files)
    (index,) = ours(bun, {**env, **more})
    assert index.credentials == expected
    assert "@" not in index.url


@pytest.mark.parametrize(
    ("files", "layer", "named"),
    [
        ({".bunfig.toml": f'[install.scopes]\nacme = "{ONE}"\n'}, Layer.USER, ""),
        ({"project/bunfig.toml": f'[install.scopes]\n"@acme" = "{ONE}"\n'}, Layer.PROJECT, "bunfig.toml:2"),
        (
            {"project/bunfig.toml": f'[install.scopes]\nacme = "{ONE}"\n', ".bunfig.toml": install(ONE)},
            Layer.USER,
            "",
        ),
    ],
)
def test_scopes_and_where_they_are_named(
    bun: tuple[str, ...], env: dict[str, str], files: dict[str, str], layer: Layer, named: str
) -> None:
    write(env, files)
    scope = next(index for index in ours(bun, env) if index.kind is IndexKind.SCOPE)
    assert (scope.name, scope.url, scope.layer) == ("@acme", ONE, layer)
    assert scope.named.endswith(named)


def test_a_settings_file_that_is_no_toml_is_an_error(bun: tuple[str, ...], env: dict[str, str]) -> None:
    write(env, {"project/bunfig.toml": "[install\n"})
    with pytest.raises(ConfigError):
        ours(bun, env)


def test_what_we_write_as_toml_every_reader_reads_as_it_was() -> None:
    import tomllib

    document = {"a": 'x"\\\n\u00fc', "b": [1, 2.5, True, ["y"]], "c": {"d e": {"f": "g"}}, "h": {}}
    assert tomllib.loads(bun_config.dumped(document)) == document
    assert json.loads(json.dumps(document)) == document
