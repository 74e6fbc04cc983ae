"""`slopguard check` on folders of files: what is judged, what is told, and how it ends."""

from __future__ import annotations

import json
import os

import pytest

from tests.cli.program import Program
from tests.cli.publisher import settings_of
from tests.simulators.lists_repository import ListsRepository

GHOST = "flask-auth-magic"


def _project(slopguard: Program, **files: str) -> None:
    for name, text in files.items():
        slopguard.write(f"project/{name.replace('__', '/')}", text)


def test_a_folder_whose_packages_are_listed_ends_in_0_and_says_how_many(slopguard: Program) -> None:
    slopguard.write("project/requirements.txt", "flask\nrequests==2.32.3\n")
    slopguard.write("project/package.json", '{"dependencies": {"react": "^19"}}')
    done = slopguard("check", "--offline")
    assert done.rc == 0, done.err
    assert done.out.startswith("3 packages in 2 files: all allowed (3 listed)")


def test_a_package_is_told_once_with_all_its_places(slopguard: Program) -> None:
    for folder in "abcd":
        slopguard.write(f"project/{folder}/requirements.txt", f"# one\n{GHOST}\n")
    done = slopguard("check", "--offline")
    assert done.rc == 3
    assert done.out.count(f"pypi:{GHOST} ") >= 1
    assert "a/requirements.txt:2 and 3 more" in done.out
    found = slopguard("check", "--offline", "--format", "json").json
    assert [place["path"] for place in found["results"][0]["locations"]] == [f"{f}/requirements.txt" for f in "abcd"]


@pytest.mark.parametrize(
    ("files", "code"),
    [
        ({"requirements.txt": "flask\n"}, 0),
        ({"requirements.txt": "os\n"}, 1),
        ({"requirements.txt": "flask @ https://files.example/flask.tar.gz\n"}, 1),
        ({"requirements.txt": f"{GHOST}\n"}, 3),
        ({"requirements.txt": "flask\n", "package.json": "{"}, 2),
        ({"requirements.txt": f"{GHOST}\n", "package.json": "{"}, 2),
        ({"requirements.txt": "os\n", "package.json": "{"}, 1),
        ({"setup.sh": 'pip install "$EXTRA"\n'}, 0),
        ({}, 0),
    ],
)
def test_the_worst_of_it_gives_the_code(slopguard: Program, files: dict[str, str], code: int) -> None:
    for name, text in files.items():
        slopguard.write(f"project/{name}", text)
    assert slopguard("check", "--offline").rc == code


def test_a_warning_fails_where_that_is_asked_for(slopguard: Program) -> None:
    slopguard.write("project/setup.sh", 'pip install "$EXTRA"\n')
    done = slopguard("check", "--offline", "--fail-on", "warn")
    assert done.rc == 3
    assert "undecidable" in done.out
    assert "setup.sh:1" in done.out


def test_a_broken_file_is_told_with_its_line_and_hides_nothing(slopguard: Program) -> None:
    slopguard.write("project/a/pyproject.toml", '[project]\nname = "x"\ndependencies = [\n')
    slopguard.write("project/b/requirements.txt", f"{GHOST}\n")
    done = slopguard("check", "--offline", "--format", "json")
    assert done.rc == 2
    assert [each["name"] for each in done.json["results"]] == [GHOST]
    (finding,) = done.json["findings"]
    assert (finding["rule"], finding["detail"]) == ("malformed", "not valid TOML")
    assert finding["locations"] == [{"path": "a/pyproject.toml", "line": 3}]


def test_a_file_that_is_too_large_is_told_and_ends_in_4(slopguard: Program) -> None:
    os.truncate(slopguard.write("project/requirements.txt", ""), 60_000_000)
    done = slopguard("check", "--offline")
    assert done.rc == 4
    assert "larger than 50 MB" in done.out


def test_a_binary_lock_file_is_told_with_the_way_out(slopguard: Program) -> None:
    (slopguard.cwd / "bun.lockb").write_bytes(b"#!/usr/bin/env bun\nbun-lockfile-format-v0\n\xff\0")
    done = slopguard("check", "--offline")
    assert (done.rc, "bun install --save-text-lockfile" in done.out) == (4, True)


def test_a_pipe_in_the_place_of_a_file_is_told_and_never_opened(slopguard: Program) -> None:
    os.mkfifo(slopguard.cwd / "requirements.txt")
    done = slopguard("check", "--offline")
    assert done.rc == 4
    assert "unreadable" in done.out


def test_a_name_in_a_manifest_is_introduced_in_its_lock_file_too(slopguard: Program) -> None:
    slopguard.write("project/package.json", '{"dependencies": {"acme-charts-sg": "^1.0.0"}}')
    slopguard.write(
        "project/package-lock.json",
        '{"lockfileVersion": 3, "packages": {"": {"dependencies": {"acme-charts-sg": "^1.0.0"}},'
        ' "node_modules/acme-charts-sg": {"version": "1.0.0", "integrity": "sha512-AAAA"}}}',
    )
    found = slopguard("check", "--offline", "--format", "json").json
    assert {each["arrived"] for each in found["results"]} == {"introduced"}


def test_what_somebody_wrote_in_is_told_before_what_that_brought_along(slopguard: Program) -> None:
    entries = {f"node_modules/{name}": {"version": "1.0.0"} for name in ("sg-aaa", "sg-zzz")}
    entries["node_modules/sg-zzz"]["dependencies"] = {"sg-aaa": "*"}
    packages = {"": {"dependencies": {"sg-zzz": "^1.0.0"}}, **entries}
    slopguard.write("project/package.json", '{"dependencies": {"sg-zzz": "^1.0.0"}}')
    slopguard.write("project/package-lock.json", json.dumps({"lockfileVersion": 3, "packages": packages}))
    found = slopguard("check", "--offline", "--format", "json").json
    assert [each["name"] for each in found["results"]] == ["sg-zzz", "sg-zzz", "sg-aaa"]


def test_a_path_that_is_not_there_is_error_2(slopguard: Program) -> None:
    done = slopguard("check", "nowhere")
    assert done.rc == 2
    assert "no such file" in done.err


def test_a_file_that_is_named_is_read_whatever_it_is_called(slopguard: Program) -> None:
    slopguard.write("project/deps/list.txt", f"{GHOST}\n")
    assert slopguard("check", "--offline").rc == 0
    assert slopguard("check", "--offline", "deps/list.txt").rc == 3


def test_a_named_file_of_no_known_kind_is_told(slopguard: Program) -> None:
    slopguard.write("project/picture.png", "x")
    done = slopguard("check", "--offline", "picture.png")
    assert done.rc == 2
    assert "picture.png" in done.out


def test_files_left_out_are_not_looked_at_unless_they_are_named(slopguard: Program) -> None:
    slopguard.write("project/tests/bad/requirements.txt", f"{GHOST}\n")
    assert slopguard("check", "--offline", "--exclude", "tests/bad").rc == 0
    assert slopguard("check", "--offline", "--exclude", "tests/*/requirements.txt").rc == 0
    assert slopguard("check", "--offline", "--exclude", "other/**").rc == 3
    assert slopguard("check", "--offline", "--exclude", "tests", "tests/bad/requirements.txt").rc == 3


def test_what_is_installed_beside_the_project_is_none_of_its_files(slopguard: Program) -> None:
    slopguard.write("project/node_modules/x/package.json", f'{{"dependencies": {{"{GHOST}": "1"}}}}')
    slopguard.write("project/env/pyvenv.cfg", "home = /usr\n")
    slopguard.write("project/env/lib/requirements.txt", f"{GHOST}\n")
    assert slopguard("check", "--offline").rc == 0


def test_a_nested_settings_file_tightens_what_lies_below_it(slopguard: Program) -> None:
    for folder in ("strict", "loose"):
        slopguard.write(f"project/{folder}/requirements.txt", "flask\n")
    slopguard.write("project/strict/slopguard.toml", 'mode = "strict"\n')
    assert slopguard("check", "--offline").rc == 0
    slopguard.write("project/loose/slopguard.toml", 'mode = "observe"\n')
    done = slopguard("check", "--offline")
    assert done.rc == 2
    assert "'mode' would loosen" in done.err


def test_in_mode_observe_everything_is_told_and_the_code_is_0(slopguard: Program) -> None:
    slopguard.write("project/requirements.txt", "os\n")
    slopguard.write("home/.config/slopguard/slopguard.toml", 'mode = "observe"\n')
    done = slopguard("check", "--offline")
    assert (done.rc, "OBSERVED" in done.out) == (0, True)


def test_what_is_refused_is_in_the_ledger_and_what_is_allowed_shares_a_row(slopguard: Program) -> None:
    slopguard.write("project/requirements.txt", f"flask\nrequests\n{GHOST}\n")
    slopguard("check", "--offline")
    rows = slopguard("log", "--format", "json").json["entries"]
    assert [row["package"] for row in rows] == [f"pypi:{GHOST}", "allowed:2"]
    assert rows[0]["files"] == ["requirements.txt:3"]


def test_an_import_is_a_suggestion_and_never_a_block(slopguard: Program) -> None:
    slopguard.write("project/app.py", "import os\nimport requests\nimport flask_auth_magic_tool\n")
    done = slopguard("check", "--offline")
    assert done.rc == 0
    assert "unknown-import" in done.out
    assert "app.py:3" in done.out
    assert slopguard("check", "--offline", "--fail-on", "warn").rc == 3


@pytest.mark.parametrize("name", ["report.json", "report.sarif", "report.md", "report.xml"])
def test_a_report_in_a_file_has_the_format_of_its_name_and_the_text_is_in_the_log(
    slopguard: Program, name: str
) -> None:
    slopguard.write("project/requirements.txt", f"{GHOST}\n")
    done = slopguard("check", "--offline", "-o", name)
    assert done.rc == 3
    assert f"pypi:{GHOST}" in done.out
    assert GHOST in (slopguard.cwd / name).read_text(encoding="utf-8")


def test_a_report_that_cannot_be_written_ends_in_4(slopguard: Program) -> None:
    done = slopguard("check", "--offline", "-o", "nowhere/report.json")
    assert done.rc == 4
    assert "could not be written" in done.err


@pytest.mark.parametrize(
    "argv", [["--all", "--new-only"], ["--all", "--diff", "HEAD"], ["-o", "report.abc"], ["--format", "html"]]
)
def test_options_that_make_no_sense_are_error_2(slopguard: Program, argv: list[str]) -> None:
    assert slopguard("check", *argv).rc == 2


def test_nothing_that_is_read_is_run(slopguard: Program) -> None:
    marker = slopguard.root / "marker"
    touch = f"touch {marker}"
    slopguard.write("project/setup.py", f"import os\nos.system({touch!r})\nfrom setuptools import setup\nsetup()\n")
    slopguard.write("project/noxfile.py", f"import os\nos.system({touch!r})\n")
    slopguard.write("project/conftest.py", f"import os\nos.system({touch!r})\n")
    slopguard.write("project/package.json", f'{{"scripts": {{"preinstall": "{touch}", "postinstall": "{touch}"}}}}')
    slopguard.write("project/Makefile", f"X := $(shell {touch})\nall:\n\tpip install $(shell {touch})\n")
    slopguard.write("project/run.sh", f"pip install $({touch}) `{touch}`\n")
    slopguard.write("project/flask/__init__.py", f"import os\nos.system({touch!r})\n")
    slopguard("check", "--offline")
    assert not marker.exists()


def test_a_folder_that_links_to_itself_is_read_once(slopguard: Program) -> None:
    slopguard.write("project/requirements.txt", f"{GHOST}\n")
    (slopguard.cwd / "loop").symlink_to(slopguard.cwd)
    done = slopguard("check", "--offline", "--format", "json")
    assert [each["path"] for each in done.json["results"][0]["locations"]] == ["requirements.txt"]


def test_a_project_of_the_trees_own_is_told_where_a_list_forbids_it(slopguard: Program) -> None:
    publisher = ListsRepository()
    with publisher.served() as server:
        settings_of(slopguard, publisher, server.url)
        assert slopguard("lists", "sync").rc == 0
    for name, code in (("sg-nobody", 0), ("flask", 0), ("evil", 1)):
        slopguard.write("project/pyproject.toml", f'[project]\nname = "{name}"\nversion = "1"\n')
        slopguard.write("project/README.md", f"```sh\npip install {name}\nuvx {name}\n```\n")
        done = slopguard("check", "--offline")
        assert (done.rc, "unpinned-run" in done.out) == (code, False)


@pytest.mark.parametrize(
    ("settings", "text", "file", "content"),
    [
        ("web/.npmrc", "registry=https://other.example/\n", "web/package.json", '{"dependencies": {"react": "1"}}'),
        ("uv.toml", 'index-url = "https://other.example/simple"\n', "pyproject.toml", None),
    ],
)
def test_an_index_counts_for_a_file_that_is_named_alone_or_though_its_settings_are_left_out(
    slopguard: Program, settings: str, text: str, file: str, content: str | None
) -> None:
    slopguard.write("home/.config/pip/pip.conf", "[global]\nindex-url = https://registry.example/simple\n")
    slopguard.write(f"project/{settings}", text)
    project = '[project]\nname = "x"\nversion = "1"\ndependencies = ["flask"]\n'
    slopguard.write(f"project/{file}", content or project)
    for argv in ([], [file], ["--exclude", settings]):
        assert slopguard("check", "--offline", *argv).rc == 1, argv


def test_a_lock_file_that_is_named_alone_is_held_against_its_manifest(slopguard: Program) -> None:
    packages = {"": {"dependencies": {"react": "1"}}, "node_modules/react": {"version": "1.0.0"}}
    slopguard.write("project/package.json", '{"dependencies": {"vue": "1"}}')
    slopguard.write("project/package-lock.json", json.dumps({"lockfileVersion": 3, "packages": packages}))
    found = slopguard("check", "--offline", "--format", "json", "package-lock.json").json["findings"]
    assert "lock-drift" in [each["rule"] for each in found]


def test_pnpm_links_only_what_says_so(slopguard: Program) -> None:
    slopguard.write("project/pnpm-workspace.yaml", "packages: ['*']\n")
    slopguard.write("project/one/package.json", '{"name": "sg-one", "dependencies": {"sg-two": "^1", "sg-one": "*"}}')
    slopguard.write("project/two/package.json", '{"name": "sg-two", "dependencies": {"sg-one": "workspace:*"}}')
    found = slopguard("check", "--offline", "--format", "json").json["results"]
    assert sorted((each["name"], each["locations"][0]["path"]) for each in found) == [
        ("sg-one", "one/package.json"),
        ("sg-two", "one/package.json"),
    ]


def test_a_member_of_a_workspace_that_no_project_is_is_fetched_by_others(slopguard: Program) -> None:
    text = '[project]\nname = "sg-own"\nversion = "1"\ndependencies = ["sg-member", "sg-ghost"]\n'
    text += "[tool.uv.sources]\nsg-member = { workspace = true }\nsg-ghost = { workspace = true }\n"
    slopguard.write("project/app/pyproject.toml", text)
    slopguard.write("project/lib/pyproject.toml", '[project]\nname = "sg-member"\nversion = "1"\n')
    assert [each["name"] for each in slopguard("check", "--offline", "--format", "json").json["results"]] == [
        "sg-ghost"
    ]
    alone = slopguard("check", "--offline", "--format", "json", "app")
    assert alone.json["results"] == []


@pytest.mark.parametrize(
    ("name", "told"),
    [("README.md", []), ("AGENTS.md", ["sg-own"]), (".cursor/rules/a.mdc", ["sg-own"]), ("docs/CLAUDE.md", ["sg-own"])],
)
def test_what_is_written_for_agents_is_carried_out_and_judged(slopguard: Program, name: str, told: list[str]) -> None:
    slopguard.write("project/pyproject.toml", '[project]\nname = "sg-own"\nversion = "1"\n')
    slopguard.write(f"project/{name}", "```sh\npip install sg-own\n```\n")
    assert [each["name"] for each in slopguard("check", "--offline", "--format", "json").json["results"]] == told
