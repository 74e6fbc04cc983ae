"""What an npm or npx command line means: aliases, typos, abbreviations, options with values."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from slopguard.clients import npm_options
from slopguard.clients.interface import GateAddress, Invocation
from slopguard.clients.npm import Npm, creator

GATE = GateAddress("http://127.0.0.1:9", "u", "s")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "package.json").write_text("{}")
    return tmp_path


def parse(cwd: Path, line: str, client: str = "npm") -> Invocation:
    return Npm().parse(client, line.split(), cwd, {"HOME": str(cwd / "home")})


INSTALLS = "install i add in ins inst insta instal isnt isnta isntal isntall"


@pytest.mark.parametrize("word", INSTALLS.split())
def test_every_spelling_of_install(project: Path, word: str) -> None:
    call = parse(project, f"{word} left-pad")
    assert (call.command, call.installs) == ("install", True)
    assert [sighting.raw for sighting in call.typed] == ["left-pad"]


@pytest.mark.parametrize(
    ("word", "command"),
    [
        ("ci", "ci"),
        ("clean-install", "ci"),
        ("cleanInstall", "ci"),
        ("ic", "ci"),
        ("install-clean", "ci"),
        ("isntall-clean", "ci"),
        ("install-cl", "ci"),
        ("it", "install-test"),
        ("install-test", "install-test"),
        ("installTest", "install-test"),
        ("cit", "install-ci-test"),
        ("up", "update"),
        ("upgrade", "update"),
        ("udpate", "update"),
        ("ddp", "dedupe"),
        ("dedup", "dedupe"),
        ("x", "exec"),
        ("create", "init"),
        ("innit", "init"),
        ("ln", "link"),
        ("un", "uninstall"),
        ("prun", "prune"),
        ("nonsense", None),
    ],
)
def test_other_commands_by_alias_typo_and_beginning(word: str, command: str | None) -> None:
    assert npm_options.canonical(word) == command


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("install left-pad@1.3.0", ["left-pad"]),
        ("install @acme/thing", ["@acme/thing"]),
        ("install alias@npm:left-pad@1", ["left-pad"]),
        ("install -D left-pad", ["left-pad"]),
        ("install --save-dev left-pad", ["left-pad"]),
        ("-g install left-pad", ["left-pad"]),
        ("install --tag next left-pad", ["left-pad"]),
        ("install --loglevel silent left-pad", ["left-pad"]),
        ("install --registry https://registry.example left-pad", ["left-pad"]),
        ("install --reg https://registry.example left-pad", ["left-pad"]),
        ("install --regis=https://registry.example left-pad", ["left-pad"]),
        ("--registry https://registry.example install left-pad", ["left-pad"]),
        ("install left-pad --before 2025-01-01", ["left-pad"]),
        ("install -w ws left-pad", ["left-pad"]),
        ("install --no-audit --no-fund left-pad", ["left-pad"]),
        ("install", []),
        ("update left-pad", ["left-pad"]),
        ("exec cowsay", ["cowsay"]),
        ("exec --package=cowsay -- cowsay hi", ["cowsay"]),
        ("exec -p cowsay -c moo", ["cowsay"]),
        ("x cowsay@1.0.0 -- --hi", ["cowsay"]),
        ("init vite", ["create-vite"]),
        ("create vite@latest my-app", ["create-vite"]),
        ("link left-pad", ["left-pad"]),
        ("pack left-pad", ["left-pad"]),
        ("audit fix", []),
        ("uninstall left-pad", []),
    ],
)
def test_packages_named_on_the_command_line(project: Path, line: str, names: list[str]) -> None:
    call = parse(project, line)
    assert call.installs
    assert [sighting.raw for sighting in call.typed] == names


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("cowsay", ["cowsay"]),
        ("cowsay --registry https://registry.example", ["cowsay"]),
        ("-y cowsay@1 -p x", ["cowsay"]),
        ("-p one -p two@1 cmd", ["one", "two"]),
        ("--package one cmd", ["one"]),
        ("--yes -- cowsay", ["cowsay"]),
        ("-c cmd", []),
    ],
)
def test_packages_that_npx_would_fetch(project: Path, line: str, names: list[str]) -> None:
    assert [sighting.raw for sighting in parse(project, line, "npx").typed] == names


def test_npx_of_a_command_that_the_project_has_fetches_nothing(project: Path) -> None:
    tool = project / "node_modules" / ".bin" / "tsc"
    tool.parent.mkdir(parents=True)
    tool.write_text("")
    assert parse(project, "tsc", "npx").typed == ()
    assert [s.raw for s in parse(project, "tsc@latest", "npx").typed] == ["tsc"]


@pytest.mark.parametrize(
    ("word", "package"),
    [
        ("vite", "create-vite"),
        ("vite@latest", "create-vite@latest"),
        ("@acme", "@acme/create"),
        ("@acme@2", "@acme/create@2"),
        ("@acme/app", "@acme/create-app"),
        ("@acme/app@1", "@acme/create-app@1"),
        ("user/repo", "user/repo"),
        ("git+https://git.example/x", "git+https://git.example/x"),
    ],
)
def test_npm_init_runs_a_creator(word: str, package: str) -> None:
    assert creator(word) == package


@pytest.mark.parametrize(
    "line",
    ["", "--version", "-v", "--help", "install --help", "ls", "run build", "test", "start", "outdated", "view x",
     "audit", "init", "init -y", "pack", "config get registry", "cache clean", "search x", "explain x", "root",
     "version patch"],
)  # fmt: skip
def test_what_installs_nothing_goes_straight_to_npm(project: Path, line: str) -> None:
    assert not parse(project, line).installs


@pytest.mark.parametrize(
    "line", ["publish", "login", "adduser", "logout", "owner add joe x", "deprecate x no", "dist-tag add x@1 y"]
)
def test_writes_go_straight_to_the_registry(project: Path, line: str) -> None:
    call = parse(project, line)
    assert (call.installs, call.writes) == (False, True)


def test_a_project_is_its_manifests_and_its_lock(project: Path) -> None:
    (project / "package.json").write_text(json.dumps({"workspaces": ["packages/*", "!packages/old"]}))
    for name in ("a", "old"):
        (project / "packages" / name).mkdir(parents=True)
        (project / "packages" / name / "package.json").write_text("{}")
    (project / "package-lock.json").write_text("{}")
    inside = project / "packages" / "a"
    for call in (parse(project, "ci"), parse(inside, "ci")):
        assert call.cwd == project
        assert call.files == (project / "package.json", inside / "package.json", project / "package-lock.json")
    assert parse(project, "ci").frozen
    (project / "npm-shrinkwrap.json").write_text("{}")
    assert parse(project, "install").files[-1] == project / "npm-shrinkwrap.json"


def test_a_global_install_reads_no_project(project: Path) -> None:
    assert parse(project, "install -g left-pad").files == ()
    assert parse(project, "install --location=global left-pad").files == ()


def test_prefix_moves_the_project(project: Path) -> None:
    (project / "sub").mkdir()
    (project / "sub" / "package.json").write_text("{}")
    assert parse(project, "install --prefix sub").cwd == project / "sub"
    assert parse(project, "install -C sub").files == (project / "sub" / "package.json",)


def test_the_variable_that_npm_sets_for_its_scripts_does_not(project: Path) -> None:
    env = {"HOME": str(project / "home"), "npm_config_prefix": str(project / "elsewhere")}
    assert Npm().parse("npm", ["install", "left-pad"], project, env).cwd == project


@pytest.mark.parametrize(
    "line",
    [
        "install x --registry https://r.example",
        "install x --reg https://r.example",
        "install x --@acme:registry=https://r.example",
        "install --prefer-offline x",
        "install --allow-git=all --allow-remote all x",
        "install --userconfig other x",
        "install --https-proxy http://p.example x",
    ],
)
def test_options_that_lead_past_the_gate_leave_the_command_line(
    project: Path, npm_command: tuple[str, ...], line: str
) -> None:
    launch = Npm().launch(parse(project, line), npm_command, {}, GATE, (), project)
    assert launch.argv == (*npm_command, "install", "x")


def test_a_git_or_url_spec_is_typed_with_its_place(project: Path) -> None:
    (git,) = parse(project, "install user/repo").typed
    (url,) = parse(project, "install https://files.example/x-1.0.0.tgz").typed
    assert (git.source.kind, url.source.kind) == ("vcs", "url")


@pytest.mark.parametrize(
    ("line", "offline"), [("ci", False), ("ci --offline", True), ("i --offline=true", True), ("i --no-offline", False)]
)
def test_offline_is_noticed(project: Path, line: str, offline: bool) -> None:
    assert parse(project, line).offline is offline
