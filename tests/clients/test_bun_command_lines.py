"""What a bun or bunx command line means: commands, other spellings, what may fetch packages and what may not."""

from __future__ import annotations

from pathlib import Path

import pytest

from slopguard.clients.bun import Bun
from slopguard.clients.interface import GateAddress, Invocation
from slopguard.clients.sources import Setting, build
from slopguard.errors import ConfigError, InputError, UsageError
from slopguard.indexes import IndexKind
from slopguard.model import Ecosystem, Layer, SourceKind

GATE = GateAddress("http://127.0.0.1:9", "u", "s")
MAIN, ACME = "https://registry.example/npm/", "https://acme.example/"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "package.json").write_text("{}")
    return tmp_path / "project"


def parse(cwd: Path, line: str, client: str = "bun", **env: str) -> Invocation:
    return Bun().parse(client, line.split(), cwd, {"HOME": str(cwd.parent), **env})


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("install", "install"),
        ("i", "install"),
        ("ci", "ci"),
        ("a sg-alpha", "add"),
        ("update", "update"),
        ("rm sg-alpha", "remove"),
        ("uninstall sg-alpha", "remove"),
        ("link sg-alpha", "link"),
        ("patch sg-alpha", "patch"),
        ("dedupe", "dedupe"),
        ("audit fix", "audit"),
        ("pm fetch", "pm"),
        ("pm migrate", "pm"),
        ("pm cache unpack file", "pm"),
        ("x sg-alpha", "x"),
        ("c sg-alpha", "create"),
        ("init -y", "init"),
    ],
)
def test_commands_that_may_fetch_packages_by_every_name(project: Path, line: str, command: str) -> None:
    call = parse(project, line)
    assert (call.command, call.installs) == (command, True)


NOTHING = ["", "--version", "--help", "-h", "install --help", "add sg-alpha --help", "test", "build a.ts", "exec ls",
           "outdated", "info sg-alpha", "why sg-alpha", "pm ls", "pm cache rm", "pm pack", "pm", "audit", "link",
           "unlink", "upgrade", "publish", "run --help", "completions"]  # fmt: skip


@pytest.mark.parametrize("line", NOTHING)
def test_commands_that_fetch_nothing(project: Path, line: str) -> None:
    call = parse(project, line)
    assert not call.installs
    assert call.writes == (line == "publish")


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("add sg-alpha sg-beta@1.0.0", ["sg-alpha", "sg-beta"]),
        ("install -d @acme/thing", ["@acme/thing"]),
        ("add alias@npm:sg-alpha@1", ["sg-alpha"]),
        ("add --backend copyfile sg-alpha", ["sg-alpha"]),
        ("add --filter api sg-alpha", ["sg-alpha"]),
        ("add --catalog sg-alpha", ["sg-alpha"]),
        ("add --config mine.toml sg-alpha", ["mine.toml", "sg-alpha"]),
        ("add --cwd other sg-alpha", ["sg-alpha"]),
        ("--bun add sg-alpha", ["sg-alpha"]),
        ("update sg-alpha@2 @acme/* !sg-beta", ["sg-alpha"]),
        ("add --analyze index.ts", []),
        ("remove sg-alpha", []),
        ("x sg-alpha@1 --registry here", ["sg-alpha"]),
        ("x -p sg-alpha tool sg-beta", ["sg-alpha"]),
        ("x --package=sg-alpha tool", ["sg-alpha"]),
        ("create sg-app place", ["create-sg-app"]),
        ("create @acme place", ["@acme/create"]),
        ("create @acme/app place", ["@acme/create-app"]),
        ("create Component.tsx", []),
    ],
)
def test_the_packages_that_are_typed(project: Path, line: str, names: list[str]) -> None:
    assert [sighting.raw for sighting in parse(project, line).typed] == names


@pytest.mark.parametrize("folder", ["node_modules/.bin", "../node_modules/.bin", "../on-path"])
def test_bunx_starts_what_is_at_hand_and_fetches_nothing(project: Path, folder: str) -> None:
    place = project / folder / "sg-alpha"
    place.parent.mkdir(parents=True)
    place.write_text("#!/bin/sh\n")
    path = str(project.parent / "on-path")
    assert parse(project, "sg-alpha", "bunx", PATH=path).installs
    place.chmod(0o755)
    assert not parse(project, "sg-alpha", "bunx", PATH=path).installs
    for line in ("sg-alpha@latest", "sg-alpha@1.0.0", "-p sg-alpha sg-alpha", "@acme/sg-alpha"):
        assert parse(project, line, "bunx", PATH=path).installs


def test_a_template_on_a_code_host_is_a_foreign_source(project: Path) -> None:
    (sighting,) = parse(project, "create someone/template place").typed
    assert sighting.source.kind is SourceKind.VCS


def test_a_template_of_the_users_own_is_none(project: Path) -> None:
    (project / ".bun-create" / "mine").mkdir(parents=True)
    assert parse(project, "create mine place").typed == ()


@pytest.mark.parametrize("line", ["--registry https://a.example sg-alpha", "--cwd elsewhere sg-alpha"])
def test_what_not_every_bunx_reads_alike_is_refused(project: Path, line: str) -> None:
    with pytest.raises(UsageError):
        parse(project, line, "bunx")


def test_bun_looks_for_its_command_among_words_alone(project: Path) -> None:
    call = parse(project, "--cwd other install")
    assert (call.command, call.runs) == ("run", True)
    (project / "other").mkdir()
    assert parse(project, "--cwd=other install").here == project / "other"


@pytest.mark.parametrize("line", ["file.ts", "run file.ts", "run script", "-e 1", "-p 1", "repl"])
def test_code_without_node_modules_may_fetch_what_it_imports(project: Path, line: str) -> None:
    assert parse(project, line).runs
    (project / "node_modules").mkdir()
    assert not parse(project, line).installs


@pytest.mark.parametrize("line", ["-i file.ts", "--install=fallback file.ts", "run --install=force file.ts"])
def test_code_that_is_told_to_fetch_may_fetch(project: Path, line: str) -> None:
    (project / "node_modules").mkdir()
    assert parse(project, line).installs


@pytest.mark.parametrize("line", ["--no-install file.ts", "run --no-install -i file.ts", "--install=disable file.ts"])
def test_code_that_is_told_not_to_fetch_fetches_nothing(project: Path, line: str) -> None:
    assert not parse(project, line).installs


@pytest.mark.parametrize(("auto", "installs"), [("disable", False), ("force", True), ("fallback", True)])
def test_a_project_may_have_its_code_fetch(project: Path, auto: str, installs: bool) -> None:
    (project / "bunfig.toml").write_text(f'[install]\nauto = "{auto}"\n')
    (project / "node_modules").mkdir()
    assert parse(project, "file.ts").installs is installs


def test_a_file_outside_the_project_is_looked_at_where_it_lies(project: Path, tmp_path: Path) -> None:
    (project / "node_modules").mkdir()
    (tmp_path / "tool.ts").write_text("")
    assert parse(project, "../tool.ts").installs
    assert not parse(project, "mine.ts").installs


@pytest.mark.parametrize(
    ("line", "frozen"),
    [("ci", True), ("install --frozen-lockfile", True), ("install -p", True), ("install", False), ("add x -p", False)],
)
def test_frozen(project: Path, line: str, frozen: bool) -> None:
    assert parse(project, line).frozen is frozen


def test_files_are_those_of_the_whole_workspace(project: Path) -> None:
    member = project / "packages" / "one"
    member.mkdir(parents=True)
    (member / "package.json").write_text("{}")
    (project / "package.json").write_text('{"workspaces": {"packages": ["packages/*"]}}')
    (project / "bun.lock").write_text("{}")
    call = parse(member, "install")
    assert call.files == (project / "package.json", member / "package.json", project / "bun.lock")
    assert Bun().lock_files(call, {})[0] == project / "bun.lock"


@pytest.mark.parametrize("name", ["package-lock.json", "yarn.lock", "pnpm-lock.yaml"])
def test_another_managers_lock_file_counts_while_bun_has_none(project: Path, name: str) -> None:
    (project / name).write_text("{}")
    assert parse(project, "install").files[-1] == project / name
    (project / "bun.lock").write_text("{}")
    assert parse(project, "install").files[-1] == project / "bun.lock"


def test_a_binary_lock_file_is_refused_and_the_way_out_is_named(project: Path) -> None:
    (project / "bun.lockb").write_bytes(b"#!/usr/bin/env bun\nbun-lockfile-format-v0\n\0")
    with pytest.raises(InputError) as refused:
        parse(project, "install")
    assert "--save-text-lockfile" in refused.value.diagnosis()


def test_a_project_that_asks_for_a_binary_lock_file_is_refused(project: Path) -> None:
    (project / "bunfig.toml").write_text("[install]\nsaveTextLockfile = false\n")
    with pytest.raises(ConfigError):
        parse(project, "install")


def test_a_registry_named_by_a_flag_or_by_BUN_OPTIONS_is_a_flags(project: Path) -> None:  # noqa: N802
    assert [i.url for i in parse(project, f"add x --registry {MAIN}").indexes] == [MAIN]
    assert [i.url for i in parse(project, "add x", BUN_OPTIONS=f"--registry={MAIN}").indexes] == [MAIN]


def launched(
    project: Path, line: str, *scopes: str, client: str = "bun", **env: str
) -> tuple[list[str], dict[str, str]]:
    settings = [Setting(MAIN, layer=Layer.USER)]
    settings += [Setting(ACME, IndexKind.SCOPE, Layer.USER, scope) for scope in scopes]
    own = {"HOME": str(project.parent), **env}
    call = Bun().parse(client, line.split(), project, own)
    launch = Bun().launch(call, (client,), own, GATE, build(Ecosystem.NPM, settings, settings, env={}), project.parent)
    return list(launch.argv[1:]), dict(launch.env)


def test_what_leads_past_the_gate_leaves_the_command_line(project: Path) -> None:
    argv, env = launched(
        project,
        "add x --registry https://a.example --prefer-offline -d",
        BUN_OPTIONS="--registry=b -q",
    )
    assert argv == ["add", "--no-cache", "x", "-d"]
    assert env["BUN_OPTIONS"] == "-q"


@pytest.mark.parametrize("option", ["-c=mine.toml", "-cmine.toml", "-c"])
def test_a_short_option_with_a_file_that_bun_does_not_read_goes_away(project: Path, option: str) -> None:
    assert launched(project, f"add {option} x -d")[0] == ["add", "--no-cache", "x", "-d"]


def test_a_bunfig_that_is_named_still_counts_but_for_its_registries(project: Path) -> None:
    (project / "mine.toml").write_text('[install]\nexact = true\nregistry = "https://a.example"\n')
    argv, _ = launched(project, "add x --config=mine.toml")
    written = Path(argv[2].removeprefix("--config=")).read_text()
    assert '"exact" = true' in written
    assert "example" not in written


def test_variables_name_the_gate_and_nothing_else(project: Path) -> None:
    _, env = launched(project, "add x", BUN_CONFIG_REGISTRY="https://a.example", NPM_CONFIG_TOKEN="mine")
    assert env["BUN_CONFIG_REGISTRY"].startswith("http://127.0.0.1:9/npm/")
    assert env["BUN_CONFIG_TOKEN"] == "u.s"
    assert "NPM_CONFIG_TOKEN" not in env


def test_scopes_are_named_in_a_bunfig_that_keeps_what_the_project_says(project: Path) -> None:
    (project / "bunfig.toml").write_text(
        'preload = ["./a.ts"]\n[install]\nexact = true\nregistry = "https://a.example"\n'
        '[install.scopes]\n"@acme" = "https://b.example"\n[install.cache]\ndir = "kept"\n'
        '[install.security]\nscanner = "./scan.ts"\n'
    )
    argv, _ = launched(project, "add x", "@acme")
    option = next(word for word in argv if word.startswith("--config="))
    written = Path(option.removeprefix("--config=")).read_text()
    for kept in ('preload" = ["./a.ts"]', '"exact" = true', str(project / "kept"), str(project / "scan.ts")):
        assert kept in written
    assert "example" not in written
    assert '"@acme" = {"url" = "http://127.0.0.1:9/npm/' in written


def test_code_that_may_fetch_has_manifests_asked_for_anew(project: Path) -> None:
    argv, _ = launched(project, "run file.ts --flag")
    assert argv[0].startswith("--config=")
    assert argv[1:] == ["run", "file.ts", "--flag"]


def test_bunx_gets_the_same_from_its_environment(project: Path) -> None:
    argv, env = launched(project, "-p x tool --registry mine", client="bunx")
    assert argv == ["-p", "x", "tool", "--registry", "mine"]
    assert "--config=" in env["BUN_OPTIONS"]
