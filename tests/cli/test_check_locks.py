"""`slopguard check` on lock files: what they prove against the packages in them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.program import Program
from tests.cli.test_check_changes import Repo

REGISTRY = "https://registry.example/"
LISTED = ("react", "lodash", "express", "chalk", "commander", "semver", "debug")


def _entry(name: str, **changes: Any) -> dict[str, Any]:
    return {
        "version": "1.2.3",
        "resolved": f"{REGISTRY}{name}/-/{name}-1.2.3.tgz",
        "integrity": f"sha512-{'A' * 86}==",
    } | changes


def _lock(asked: tuple[str, ...] = LISTED, **packages: dict[str, Any]) -> str:
    found = {f"node_modules/{name}": _entry(name) for name in LISTED} | {
        f"node_modules/{name.replace('_', '-')}": entry for name, entry in packages.items()
    }
    root = {"dependencies": dict.fromkeys(asked, "*")}
    return json.dumps({"lockfileVersion": 3, "packages": {"": root, **found}}, indent=1)


@pytest.fixture
def npm(slopguard: Program) -> Program:
    """A project of npm's whose user is configured for one registry."""
    slopguard.write("home/.npmrc", f"registry={REGISTRY}\n")
    slopguard.write("project/package.json", json.dumps({"dependencies": dict.fromkeys(LISTED, "*")}))
    return slopguard


def _results(slopguard: Program, *argv: str) -> dict[str, Any]:
    done = slopguard("check", "--offline", "--format", "json", *argv)
    return {each["name"]: each for each in done.json["results"] if "package-lock.json" in str(each["locations"])}


def test_a_lock_file_of_the_clients_own_registry_is_allowed(npm: Program) -> None:
    npm.write("project/package-lock.json", _lock())
    done = npm("check", "--offline")
    assert (done.rc, "not" in done.out.splitlines()[0]) == (0, False)


def test_one_package_from_another_host_is_blocked(npm: Program) -> None:
    stranger = _entry("react", resolved="https://evil.example/react/-/react-1.2.3.tgz")
    npm.write("project/package-lock.json", _lock(react=stranger))
    found = _results(npm)
    assert (found["react"]["verdict"], found["react"]["rule"]) == ("block", "foreign-source")
    assert found["lodash"]["verdict"] == "allow"


def test_a_whole_lock_file_from_another_registry_is_blocked(npm: Program) -> None:
    npm.write("project/package-lock.json", _lock().replace("registry.example", "mirror.example"))
    assert {each["rule"] for each in _results(npm).values()} == {"foreign-source"}


def test_without_npm_the_index_that_most_name_is_taken_and_that_is_said(npm: Program, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    npm.env["PATH"] = str(tmp_path / "bin")
    stranger = _entry("react", resolved="https://evil.example/react/-/react-1.2.3.tgz")
    npm.write("project/package-lock.json", _lock(react=stranger))
    done = npm("check", "--offline")
    assert done.rc == 1
    assert "npm is not installed" in done.out
    assert "npm:react" in done.out
    assert "npm:lodash" not in done.out


TWIN = "https://twin.example"
DEFINITIONS = "node_modules/@npmcli/config/lib/definitions/definitions.js"
SHRINKWRAP = "node_modules/@npmcli/arborist/lib/shrinkwrap.js"


def _yarn_lock(address: str) -> str:
    entries = (
        f'{name}@*:\n  version "1.2.3"\n  resolved "{address}/{name}/-/{name}-1.2.3.tgz#{"a" * 40}"\n'
        for name in LISTED
    )
    return "# yarn lockfile v1\n\n\n" + "\n".join(entries)


@pytest.fixture
def knowing(npm: Program) -> Program:
    """A machine whose npm takes one more address for its built-in registry."""
    npm.write(f"npm/{DEFINITIONS}", f"define('registry', {{ default: '{REGISTRY}' }})")
    npm.write(f"npm/{SHRINKWRAP}", r"const yarnRegRe = /^https?:\/\/twin\.example\//")
    npm.write("npm/bin/npm", "#!/bin/sh\nexit 9\n").chmod(0o755)
    npm.env["PATH"] = f"{npm.root / 'npm' / 'bin'}:{npm.env['PATH']}"
    npm.write("home/.npmrc", "")
    return npm


def test_what_npm_takes_for_its_own_registry_is_no_strange_host_in_yarns_lock_file(knowing: Program) -> None:
    knowing.write("project/yarn.lock", _yarn_lock(TWIN))
    assert knowing("check", "--offline").rc == 0
    knowing.write("project/yarn.lock", _yarn_lock("https://evil.example"))
    assert knowing("check", "--offline").rc == 1


def test_the_other_name_of_npms_registry_is_strange_where_another_registry_is_configured(knowing: Program) -> None:
    knowing.write("home/.npmrc", "registry=https://mirror.example/\n")
    knowing.write("project/yarn.lock", _yarn_lock(TWIN))
    assert knowing("check", "--offline").rc == 1


def test_what_nothing_asks_for_is_judged_as_if_somebody_had_typed_it(npm: Program) -> None:
    npm.write("project/package-lock.json", _lock(acme_orphan=_entry("acme-orphan")))
    assert _results(npm)["acme-orphan"]["arrived"] == "introduced"


def test_what_a_locked_package_requires_is_transitive(npm: Program) -> None:
    npm.write(
        "project/package-lock.json",
        _lock(react=_entry("react", dependencies={"acme-needed": "*"}), acme_needed=_entry("acme-needed")),
    )
    assert _results(npm)["acme-needed"]["arrived"] == "transitive"


def test_a_manifest_that_asks_for_more_than_is_locked_is_told(npm: Program) -> None:
    npm.write("project/package.json", json.dumps({"dependencies": dict.fromkeys((*LISTED, "yargs"), "*")}))
    npm.write("project/package-lock.json", _lock())
    (finding,) = npm("check", "--offline", "--format", "json").json["findings"]
    assert finding["rule"] == "lock-drift"
    assert "yargs" in finding["detail"]


def test_a_package_without_a_digest_is_told_once_a_file(npm: Program) -> None:
    npm.write(
        "project/package-lock.json", _lock(react=_entry("react", integrity=""), lodash=_entry("lodash", integrity=""))
    )
    (finding,) = npm("check", "--offline", "--format", "json").json["findings"]
    assert (finding["rule"], finding["verdict"]) == ("unhashed", "warn")
    assert finding["detail"].startswith("2 of 7 packages")


@pytest.mark.parametrize("argv", [[], ["--new-only"]])
def test_a_digest_that_a_change_replaces_is_blocked(npm: Program, argv: list[str]) -> None:
    npm.write("project/package-lock.json", _lock())
    repo = Repo(npm)
    repo.write("package-lock.json", _lock(react=_entry("react", integrity=f"sha512-{'B' * 86}==")))
    found = _results(npm, *argv)
    assert (found["react"]["verdict"], found["react"]["rule"]) == ("block", "hash-mismatch")
    assert all(each["verdict"] == "allow" for name, each in found.items() if name != "react")


def test_a_new_version_with_a_new_digest_is_no_mismatch(npm: Program) -> None:
    npm.write("project/package-lock.json", _lock())
    repo = Repo(npm)
    later = _entry("react", version="1.2.4", integrity=f"sha512-{'B' * 86}==")
    later["resolved"] = f"{REGISTRY}react/-/react-1.2.4.tgz"
    repo.write("package-lock.json", _lock(react=later))
    assert _results(npm, "--new-only")["react"]["verdict"] == "allow"


def test_an_index_in_a_requirement_file_is_foreign_for_that_file_alone(slopguard: Program) -> None:
    slopguard.write("project/a/requirements.txt", "--extra-index-url https://mirror.example/simple\nflask\n")
    slopguard.write("project/b/requirements.txt", "requests\n")
    found = {each["name"]: each["rule"] for each in slopguard("check", "--offline", "--format", "json").json["results"]}
    assert found == {"flask": "foreign-source", "requests": "allowlisted"}


def test_an_npmrc_of_a_project_is_foreign_below_it_alone(npm: Program) -> None:
    npm.write("project/a/.npmrc", "registry=https://mirror.example/\n")
    npm.write("project/a/package.json", '{"dependencies": {"yargs": "1"}}')
    npm.write("project/package-lock.json", _lock())
    found = {each["name"]: each["rule"] for each in npm("check", "--offline", "--format", "json").json["results"]}
    assert found["yargs"] == "foreign-source"
    assert found["react"] == "allowlisted"


def test_packages_of_one_workspace_are_nobodys_to_fetch(npm: Program) -> None:
    npm.write("project/package.json", '{"name": "acme-root", "workspaces": ["packages/*"]}')
    npm.write("project/packages/one/package.json", '{"name": "acme-one", "dependencies": {"acme-two": "^1"}}')
    npm.write("project/packages/two/package.json", '{"name": "acme-two"}')
    npm.write("project/elsewhere/package.json", '{"name": "acme-other", "dependencies": {"acme-two": "^1"}}')
    found = npm("check", "--offline", "--format", "json").json["results"]
    assert [(each["name"], each["locations"][0]["path"]) for each in found] == [("acme-two", "elsewhere/package.json")]


def test_registries_that_yarn_is_told_of_count_for_what_lies_below(npm: Program) -> None:
    npm.write("project/a/.yarnrc.yml", 'npmRegistryServer: "https://mirror.example"\n')
    npm.write("project/a/b/package.json", '{"dependencies": {"yargs": "1"}}')
    found = {each["name"]: each["rule"] for each in npm("check", "--offline", "--format", "json").json["results"]}
    assert (found["yargs"], found["react"]) == ("foreign-source", "allowlisted")


def test_an_index_that_only_a_variable_names_is_nobodys_promise(slopguard: Program) -> None:
    slopguard.write("project/requirements.txt", "flask\n")
    found = slopguard(
        "check", "--offline", "--format", "json", env={"PIP_INDEX_URL": "https://mirror.example/simple"}
    ).json["results"]
    assert [each["rule"] for each in found] == ["foreign-source"]


def _uv(*hosts: str) -> str:
    """A uv.lock of listed packages of the user's own index, each with its file on one of the hosts."""
    packages = (
        f'[[package]]\nname = "{name}"\nversion = "1.0.0"\n'
        'source = { registry = "https://registry.example/simple" }\n'
        f'sdist = {{ url = "https://{host}/{name}-1.0.0.tar.gz", hash = "sha256:{number:064x}" }}\n'
        for number, (name, host) in enumerate(zip(PYTHON, hosts, strict=False))
    )
    return "version = 1\n\n" + "\n".join(packages)


PYTHON = (
    *("requests", "click", "jinja2", "pytest", "attrs", "urllib3", "certifi", "packaging", "numpy", "pandas", "rich"),
    "idna",
)


@pytest.fixture
def uv(slopguard: Program) -> Program:
    """A user of PyPI's clients with one index."""
    slopguard.write("home/.config/pip/pip.conf", "[global]\nindex-url = https://registry.example/simple\n")
    return slopguard


def test_a_file_on_another_host_than_all_others_of_its_index_is_blocked(uv: Program) -> None:
    uv.write("project/uv.lock", _uv(*["files.example"] * 11, "evil.example"))
    found = {each["name"]: each["rule"] for each in uv("check", "--offline", "--format", "json").json["results"]}
    assert found.pop("idna") == "foreign-source"
    assert set(found.values()) == {"allowlisted"}


def test_offline_two_packages_whose_hosts_disagree_are_warned_of(uv: Program) -> None:
    uv.write("project/uv.lock", _uv("files.example", "other.example"))
    done = uv("check", "--offline", "--format", "json")
    assert done.rc == 0
    assert {each["rule"] for each in done.json["findings"]} == {"unknown-host"}
    assert {each["rule"] for each in done.json["results"]} == {"allowlisted"}


def test_what_one_lock_file_proves_is_not_unproven_by_one_that_agrees_with_nothing(uv: Program) -> None:
    uv.write("project/uv.lock", _uv(*["files.example"] * 11, "evil.example"))
    uv.write("project/other/uv.lock", _uv(*(f"host-{number}.example" for number in range(11)), "evil.example"))
    found = [each for each in uv("check", "--offline", "--format", "json").json["results"] if each["name"] == "idna"]
    assert [each["rule"] for each in found] == ["foreign-source"]


def test_a_change_that_moves_every_file_to_another_host_is_blocked(uv: Program) -> None:
    uv.write("project/uv.lock", _uv(*["files.example"] * 12))
    repo = Repo(uv)
    repo.write("uv.lock", _uv(*["evil.example"] * 12))
    found = {each["name"]: each["rule"] for each in uv("check", "--offline", "--format", "json").json["results"]}
    assert {found[name] for name in PYTHON} == {"foreign-source"}


def test_an_index_that_a_command_names_counts_for_that_command_alone(uv: Program) -> None:
    uv.write("project/Dockerfile", "RUN pip install -i https://mirror.example/simple flask\nRUN pip install requests\n")
    found = {each["name"]: each["rule"] for each in uv("check", "--offline", "--format", "json").json["results"]}
    assert found == {"flask": "foreign-source", "requests": "allowlisted"}


@pytest.mark.parametrize("order", ["-i {own} --extra-index-url {other}", "-i {other} --extra-index-url {own}"])
def test_one_index_of_a_command_that_nobody_trusts_is_enough(uv: Program, order: str) -> None:
    flags = order.format(own="https://registry.example/simple", other="https://mirror.example/simple")
    uv.write("project/run.sh", f"pip install {flags} flask\npip install -i https://registry.example/simple requests\n")
    found = {each["name"]: each["rule"] for each in uv("check", "--offline", "--format", "json").json["results"]}
    assert found == {"flask": "foreign-source", "requests": "allowlisted"}
