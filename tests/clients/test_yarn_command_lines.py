"""What a command line of yarn means, to yarn 1 and to later ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from slopguard.clients import yarn_line
from slopguard.clients.interface import GateAddress, Invocation
from slopguard.clients.yarn import Yarn
from slopguard.errors import ConfigError
from tests.simulators.clients import client

VERSIONS = ("newest", "1.22.22")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "package.json").write_text('{"name": "mine", "workspaces": ["packages/*"]}')
    (tmp_path / "yarn.lock").write_text("")
    (tmp_path / "packages" / "a").mkdir(parents=True)
    (tmp_path / "packages" / "a" / "package.json").write_text('{"name": "a"}')
    return tmp_path


def parse(cwd: Path, line: str, version: str = "newest", name: str = "yarn") -> Invocation:
    env = {"HOME": str(cwd / "home"), "PATH": str(client("yarn", version).folder)}
    return Yarn().parse(name, line.split(), cwd, env)


def typed(call: Invocation) -> list[str]:
    return [sighting.raw for sighting in call.typed]


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("add left-pad", ["left-pad"]),
        ("add -D left-pad @acme/x@^1", ["left-pad", "@acme/x"]),
        ("add left-pad -E", ["left-pad"]),
        ("add --mode skip-build left-pad", ["left-pad"]),
        ("add -- left-pad", ["left-pad"]),
        ("--cwd packages/a add left-pad", ["left-pad"]),
        ("workspace a add left-pad", ["left-pad"]),
        ("workspaces foreach -A --include a add left-pad", ["left-pad"]),
        ("./packages/a add left-pad", ["left-pad"]),
        ("up left-pad", ["left-pad"]),
        ("up *", []),
        ("upgrade left-pad", ["left-pad"]),
        ("add x@npm:left-pad@1.0.0", ["left-pad"]),
        ("add x@patch:left-pad@npm%3A1.0.0#./x.patch", ["left-pad"]),
        ("add x@npm:^1.0.0", ["x"]),
        ("add x@jsr:@acme/x@^1", ["@jsr/acme__x"]),
        ("dlx create-thing my-app", ["create-thing"]),
        ("dlx -p left-pad -p @acme/x cowsay hello", ["left-pad", "@acme/x"]),
        ("dlx -q create-thing --package not-yarns", ["create-thing"]),
        ("create thing my-app", ["create-thing"]),
        ("create @acme", ["@acme/create"]),
        ("create @acme/thing@1", ["@acme/create-thing"]),
        ("init create-thing", ["create-thing"]),
        ("global add left-pad", ["left-pad"]),
        ("install", []),
        ("", []),
        ("--immutable", []),
        ("remove left-pad", []),
    ],
)
@pytest.mark.parametrize("version", VERSIONS)
def test_the_packages_that_are_named(project: Path, line: str, names: list[str], version: str) -> None:
    call = parse(project, line, version)
    assert call.installs
    assert typed(call) == names


def test_a_name_that_says_create_already_means_two_things(project: Path) -> None:
    assert typed(parse(project, "create create-thing", "newest")) == ["create-thing"]
    assert typed(parse(project, "create create-thing", "1.22.22")) == ["create-create-thing"]


@pytest.mark.parametrize(
    "line",
    [
        "run add left-pad",
        "build",
        "test add",
        "exec add left-pad",
        "node add.js",
        "workspaces list",
        "workspaces run add",
        "workspace a build",
        "why left-pad",
        "config get registry",
        "npm info left-pad",
        "global list",
        "plugin import typescript",
        "set version stable",
        "policies set-version 1.22.22",
        "init",
        "init -y",
        "--version",
        "-v",
        "--help",
        "add --help",
        "help add",
    ],
)
@pytest.mark.parametrize("version", VERSIONS)
def test_what_installs_nothing(project: Path, line: str, version: str) -> None:
    assert not parse(project, line, version).installs


@pytest.mark.parametrize("line", ["publish", "npm publish", "npm login", "login", "logout", "npm tag add x 1 next"])
def test_what_writes_to_a_registry_is_passed_straight_on(project: Path, line: str) -> None:
    call = parse(project, line)
    assert call.writes
    assert not call.installs


@pytest.mark.parametrize(
    "line",
    [
        "plugin import https://files.example/x.cjs",
        "plugin import from sources --repository https://git.example/x.git x",
        "set version https://files.example/yarn.cjs",
        "policies set-version https://files.example/yarn.js",
    ],
)
def test_code_for_yarn_itself_from_an_address_is_a_foreign_source(project: Path, line: str) -> None:
    call = parse(project, line)
    assert call.installs
    assert [str(sighting.source.kind) for sighting in call.typed] in (["url"], ["vcs"])


def test_a_plugin_that_yarn_would_download_because_a_file_says_so_is_seen(project: Path) -> None:
    plugin = "  - path: .yarn/plugins/x.cjs\n    spec: https://files.example/x.cjs\n"
    (project / ".yarnrc.yml").write_text(f"plugins:\n{plugin}")
    (found,) = parse(project, "install").typed
    assert (found.source.index, found.source.trusted) == ("https://files.example/x.cjs", False)
    (project / ".yarn" / "plugins").mkdir(parents=True)
    (project / ".yarn" / "plugins" / "x.cjs").write_text("")
    assert parse(project, "install").typed == ()


@pytest.mark.parametrize("line", ["install", "add x", "remove x", "dedupe", "workspace a add x", "link ../x"])
def test_the_projects_own_files_are_read_from_its_root(project: Path, line: str) -> None:
    (project / ".yarnrc.yml").write_text("catalog:\n  x: ^1\n")
    call = parse(project, line)
    assert call.cwd == project
    assert [path.relative_to(project).as_posix() for path in call.files] == [
        "package.json",
        "packages/a/package.json",
        ".yarnrc.yml",
        "yarn.lock",
    ]


@pytest.mark.parametrize("line", ["dlx x", "create x", "global add x"])
def test_what_works_elsewhere_reads_no_file_of_the_project(project: Path, line: str) -> None:
    assert parse(project, line, "1.22.22").files == ()


@pytest.mark.parametrize(
    ("line", "frozen", "offline"),
    [
        ("install --immutable", True, False),
        ("install --frozen-lockfile", True, False),
        ("install --immutable=false", False, False),
        ("install --offline", False, True),
        ("install --prefer-offline", False, False),
    ],
)
def test_frozen_and_offline(project: Path, line: str, frozen: bool, offline: bool) -> None:
    call = parse(project, line)
    assert (call.frozen, call.offline) == (frozen, offline)


@pytest.mark.parametrize("text", ["enableNetwork: false\n", 'enableNetwork: "false"\n'])
def test_later_yarns_stay_offline_when_a_file_says_so(project: Path, text: str) -> None:
    (project / ".yarnrc.yml").write_text(text)
    assert parse(project, "install").offline
    assert not parse(project, "install", "1.22.22").offline


def test_a_registry_named_on_the_command_line_is_an_index_nobody_trusts(project: Path) -> None:
    (index,) = parse(project, "add x --registry https://r.example/", "1.22.22").indexes
    assert (index.url, index.trusted) == ("https://r.example/", False)


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ("--registry R add x --prefer-offline -D", "add x -D"),
        ("add --registry=R x --https-proxy P --exact", "add x --exact"),
        ("--registry R create thing --registry mine", "create thing --registry mine"),
        ("--use-yarnrc F --no-default-rc install", "install"),
    ],
)
def test_options_that_lead_past_the_gate_are_taken_off(project: Path, line: str, kept: str) -> None:
    call, start = parse(project, line, "1.22.22"), str(client("yarn", "1.22.22").folder / "yarn")
    launch = Yarn().launch(call, (start,), {}, GateAddress("http://127.0.0.1:9", "u", "s"), (), project)
    assert list(launch.argv[3:]) == kept.split()


@pytest.mark.parametrize("option", ["--install.registry", "--registry", "--add.prefer-offline", "--cwd"])
def test_an_option_that_a_settings_file_of_yarn_1_adds_may_not_lead_past_the_gate(project: Path, option: str) -> None:
    (project / ".yarnrc").write_text(f'{option} "https://r.example/"\n')
    call = parse(project, "add x", "1.22.22")
    with pytest.raises(ConfigError, match="leads past the gate"):
        Yarn().indexes(call, (str(client("yarn", "1.22.22").folder / "yarn"),), {"HOME": str(project / "home")})


def test_commands_wrapped_in_one_another_without_end_are_read_to_an_end(tmp_path: Path) -> None:
    assert yarn_line.read(["workspace", "a"] * 500 + ["add", "x"], tmp_path).command == ""
