"""What a pnpm or pnpx command line means to pnpm 10, 11 and 12, and where it is refused for meaning several things."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from slopguard.clients import client_for, pnpm_options
from slopguard.clients.interface import Invocation
from slopguard.clients.pnpm import creator
from slopguard.errors import UsageError

MANIFEST = {"name": "mine", "version": "0.0.0"}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "package.json").write_text(json.dumps(MANIFEST))
    return tmp_path


def parse(cwd: Path, line: str, client: str = "pnpm", **env: str) -> Invocation:
    return client_for(client).parse(client, line.split(), cwd, {"HOME": str(cwd / "home"), "PATH": "", **env})


def typed(call: Invocation) -> list[str]:
    return [sighting.raw for sighting in call.typed]


@pytest.mark.parametrize(
    "line",
    [
        "add left-pad",
        "i left-pad",
        "install left-pad",
        "-r add left-pad",
        "recursive add left-pad",
        "m add left-pad",
        "pm add left-pad",
        "with current add left-pad",
        "-w -D add left-pad",
        "-wD add left-pad",
        "--filter web add left-pad",
        "-filter web add left-pad",
        "-F web add left-pad",
        "-C . add left-pad",
        "--prefix . add left-pad",
        "--reporter silent add left-pad",
        "--silent add left-pad",
        "--config.hoist=false add left-pad",
        "add -E left-pad --no-save",
        "add --allow-build left-pad left-pad",
        "-- add left-pad",
        "add -- left-pad",
    ],
)
def test_every_way_to_say_add(project: Path, line: str) -> None:
    call = parse(project, line)
    assert (call.command, call.installs, typed(call)) == ("add", True, ["left-pad"])


@pytest.mark.parametrize(("word", "command"), sorted(pnpm_options.ALIASES.items()))
def test_an_alias_is_the_command_it_stands_for(project: Path, word: str, command: str) -> None:
    if command != "recursive":
        assert parse(project, word).command == command


@pytest.mark.parametrize("word", sorted(pnpm_options.READING | pnpm_options.WRITING))
def test_what_only_reads_or_writes_to_the_registry_starts_at_once(project: Path, word: str) -> None:
    call = parse(project, f"{word} something")
    assert (call.installs, call.writes) == (False, word in pnpm_options.WRITING)


@pytest.mark.parametrize("line", ["", "--version", "-v", "--help", "add --help", "install -h", "audit", "store path"])
def test_so_does_what_installs_nothing(project: Path, line: str) -> None:
    assert not parse(project, line).installs


@pytest.mark.parametrize("line", ["isntall left-pad", "build", "run add left-pad", "exec add left-pad", "test"])
def test_a_word_that_is_no_command_is_a_script_of_the_projects(project: Path, line: str) -> None:
    assert not parse(project, line).installs


@pytest.mark.parametrize("line", ["install", "ci", "up", "dedupe", "prune", "fetch", "import", "rm x", "deploy out"])
def test_what_works_for_the_project_reads_its_manifest_and_lock_file(project: Path, line: str) -> None:
    (project / "pnpm-lock.yaml").write_text("lockfileVersion: '9.0'\n")
    call = parse(project, line)
    assert call.files == (project / "package.json", project / "pnpm-lock.yaml")
    assert (typed(call), call.frozen) == ([], line in ("ci", "fetch"))


def test_a_global_install_has_nothing_to_do_with_the_project(project: Path) -> None:
    call = parse(project, "add -g left-pad")
    assert (call.files, typed(call)) == ((), ["left-pad"])


@pytest.mark.parametrize(
    ("client", "line", "names"),
    [
        ("pnpm", "dlx cowsay hello --add", ["cowsay"]),
        ("pnpm", "dlx --package a --package=b@1 tool", ["a", "b"]),
        ("pnpm", "--package=a dlx tool", ["a"]),
        ("pnpm", "dlx --silent cowsay", ["cowsay"]),
        ("pnpx", "cowsay hello", ["cowsay"]),
        ("pnx", "--package a tool", ["a"]),
        ("pnpm", "create vite my-app", ["create-vite"]),
        ("pnpm", "self-update 9", ["pnpm"]),
        ("pnpm", "self-update", ["pnpm"]),
        ("pnpm", "with 9.0.0 add x", ["pnpm", "x"]),
        ("pnpm", "store add a b", ["a", "b"]),
        ("pnpm", "patch -d folder a", ["a"]),
        ("pnpm", "update a b* !c", ["a"]),
        ("pnpm", "add x@npm:y@1", ["y"]),
        ("pn", "add x", ["x"]),
    ],
)
def test_the_packages_that_are_named(project: Path, client: str, line: str, names: list[str]) -> None:
    call = parse(project, line, client)
    assert (typed(call), call.installs) == (names, True)


@pytest.mark.parametrize(
    ("word", "package"),
    [
        ("vite", "create-vite"),
        ("vite@latest", "create-vite@latest"),
        ("create-vite", "create-vite"),
        ("@acme", "@acme/create"),
        ("@acme@1", "@acme/create@1"),
        ("@acme/app", "@acme/create-app"),
        ("@acme/create-app@2", "@acme/create-app@2"),
    ],
)
def test_create_names_a_package(word: str, package: str) -> None:
    assert creator(word) == package


@pytest.mark.parametrize(
    "line",
    [
        "--unknown add left-pad",
        "add --unknown left-pad",
        "add left-pad --unknown x",
        "--no-proxy x add left-pad",
        "--color always add left-pad",
        "--force true add left-pad",
        "add --@acme:registry http://registry.example x",
        "add --config.registry http://registry.example x",
    ],
)
def test_an_option_that_not_every_pnpm_reads_alike_is_refused(project: Path, line: str) -> None:
    with pytest.raises(UsageError, match="not every pnpm"):
        parse(project, line)


def test_an_option_joined_with_its_value_is_never_in_doubt(project: Path) -> None:
    assert typed(parse(project, "--unknown=x add --color=always left-pad")) == ["left-pad"]


def test_registries_named_by_flags_are_indexes_of_the_call(project: Path) -> None:
    call = parse(project, "--registry http://a.example add --@acme:registry=http://b.example x")
    assert [(i.url, i.name, i.trusted) for i in call.indexes] == [
        ("http://a.example", None, False),
        ("http://b.example", "@acme", False),
    ]


@pytest.mark.parametrize("text", ["pnpm_config_registry=x\n", "A=1\nexport NPM_CONFIG_REGISTRY=x\n"])
def test_a_file_of_variables_may_not_set_pnpms_own(project: Path, text: str) -> None:
    (project / ".env").write_text(text)
    with pytest.raises(UsageError, match="file of variables"):
        parse(project, "--env-file .env install")


def test_another_file_of_variables_is_the_users_own_affair(project: Path) -> None:
    (project / ".env").write_text("PORT=1\n")
    assert parse(project, "--env-file .env install").installs


@pytest.mark.parametrize("folder", [".", "packages/a", "packages/a/src"])
def test_every_project_of_a_workspace_is_read_wherever_one_stands(project: Path, folder: str) -> None:
    (project / "pnpm-workspace.yaml").write_text("packages: ['packages/*', 'deep/**', '!**/test/**', '{x,y}/z']\n")
    for place in ("packages/a", "deep/one/two", "deep/test/fixture", "y/z", "other", "packages/a/node_modules/b"):
        (project / place).mkdir(parents=True)
        (project / place / "package.json").write_text("{}")
    (project / "packages/a/src").mkdir()
    call = parse(project / folder, "install")
    found = {str(path.relative_to(project)) for path in call.files}
    assert found == {
        "package.json",
        "packages/a/package.json",
        "deep/one/two/package.json",
        "y/z/package.json",
        "pnpm-workspace.yaml",
    }
    assert call.cwd == project


def test_recursively_without_a_workspace_every_project_below_counts(project: Path) -> None:
    (project / "a/b").mkdir(parents=True)
    (project / "a/b/package.json").write_text("{}")
    assert project / "a/b/package.json" in parse(project, "-r install").files
    assert project / "a/b/package.json" not in parse(project, "install").files


@pytest.mark.parametrize("name", ["package.json5", "package.yaml"])
def test_a_manifest_in_another_notation_cannot_be_judged(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("")
    assert [problem.code for problem in parse(tmp_path, "install").problems] == ["undecidable"]


def test_frozen_and_offline_as_pnpm_is_told(project: Path) -> None:
    assert parse(project, "install --frozen-lockfile").frozen
    assert not parse(project, "install --no-frozen-lockfile").frozen
    assert parse(project, "install --offline").offline
    assert parse(project, "install", pnpm_config_offline="true").offline
    assert not parse(project, "install --prefer-offline").offline
