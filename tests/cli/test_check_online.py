"""`slopguard check` with indexes on loopback: what they say decides what the lists leave open."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.cli.program import Program
from tests.simulators.npm import Npm
from tests.simulators.pypi import PyPI

needs_npm = pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not installed here")


def _rules(slopguard: Program, *argv: str) -> dict[str, str]:
    done = slopguard("check", "--format", "json", *argv)
    return {each["name"]: each["rule"] for each in done.json["results"]}


def test_facts_of_the_users_index_decide(slopguard: Program, pypi: PyPI) -> None:
    pypi.add_established("sg-alpha")
    slopguard.write("home/.config/pip/pip.conf", f"[global]\nindex-url = {pypi.url}\n")
    slopguard.write("project/requirements.txt", "sg-alpha\nsg-no-such-name\n")
    assert _rules(slopguard) == {"sg-no-such-name": "not-found", "sg-alpha": "established"}
    assert slopguard("check").rc == 1


def test_each_name_is_asked_about_once_however_often_it_is_written(slopguard: Program, pypi: PyPI) -> None:
    pypi.add_established("sg-alpha")
    slopguard.write("home/.config/pip/pip.conf", f"[global]\nindex-url = {pypi.url}\n")
    for folder in "abc":
        slopguard.write(f"project/{folder}/requirements.txt", "sg-alpha\n")
        slopguard.write(f"project/{folder}/README.md", "Run `pip install sg-alpha==1`.\n")
    slopguard("check")
    assert pypi.pages.count("sg-alpha") == 1


def test_an_index_that_does_not_answer_is_code_4_and_listed_names_stand(slopguard: Program) -> None:
    slopguard.write("home/.config/pip/pip.conf", "[global]\nindex-url = http://127.0.0.1:9/simple/\n")
    slopguard.write("project/requirements.txt", "flask\n")
    assert slopguard("check").rc == 0
    slopguard.write("project/requirements.txt", "flask\nsg-alpha\n")
    done = slopguard("check")
    assert (done.rc, "upstream-down" in done.out) == (4, True)
    assert "Nothing is wrong with the name" in done.out


@needs_npm
def test_both_ecosystems_are_asked_of_their_own(slopguard: Program, pypi: PyPI, npm: Npm) -> None:
    pypi.add_established("sg-alpha")
    npm.add_established("sg-beta")
    slopguard.write("home/.config/pip/pip.conf", f"[global]\nindex-url = {pypi.url}\n")
    slopguard.write("home/.npmrc", f"registry={npm.url}\n")
    slopguard.write("project/requirements.txt", "sg-alpha\n")
    slopguard.write("project/package.json", '{"dependencies": {"sg-beta": "^1", "sg-alpha": "^1"}}')
    found = slopguard("check", "--format", "json").json["results"]
    assert {(each["ecosystem"], each["name"]): each["rule"] for each in found} == {
        ("npm", "sg-alpha"): "not-found",
        ("npm", "sg-beta"): "established",
        ("pypi", "sg-alpha"): "established",
    }


def test_without_a_client_an_index_of_the_settings_is_asked(slopguard: Program, npm: Npm, tmp_path: Path) -> None:
    npm.add_established("sg-beta")
    (tmp_path / "bin").mkdir()
    slopguard.env["PATH"] = str(tmp_path / "bin")
    slopguard.write("project/package.json", '{"dependencies": {"sg-beta": "^1"}}')
    done = slopguard("check")
    assert (done.rc, "npm is not installed" in done.out) == (4, True)
    slopguard.write("home/.config/slopguard/slopguard.toml", f'[upstream.npm]\nurl = "{npm.url}"\n')
    assert _rules(slopguard) == {"sg-beta": "established"}


def test_a_digest_that_the_index_lists_clears_a_strange_host(slopguard: Program, pypi: PyPI) -> None:
    pypi.add_established("sg-alpha")
    slopguard.write("home/.config/pip/pip.conf", f"[global]\nindex-url = {pypi.url}\n")
    file = pypi.files_of("sg-alpha")[0]
    for digest, rule in ((file.hashes["sha256"], "established"), ("0" * 64, "hash-mismatch")):
        slopguard.write(
            "project/uv.lock",
            f'version = 1\n\n[[package]]\nname = "sg-alpha"\nversion = "1.0"\nsource = {{ registry = "{pypi.url}" }}\n'
            f'sdist = {{ url = "https://elsewhere.example/sg_alpha-1.tar.gz", hash = "sha256:{digest}" }}\n\n'
            f'[[package]]\nname = "flask"\nversion = "1"\nsource = {{ registry = "{pypi.url}" }}\n'
            f'sdist = {{ url = "https://other.example/flask-1.tar.gz", hash = "sha256:{"1" * 64}" }}\n',
        )
        assert _rules(slopguard)["sg-alpha"] == rule


def test_imports_are_asked_about_only_where_no_list_knows_them(slopguard: Program, pypi: PyPI) -> None:
    pypi.add_established("sg-alpha")
    slopguard.write("home/.config/pip/pip.conf", f"[global]\nindex-url = {pypi.url}\n")
    slopguard.write("project/app.py", "import requests\nimport sg_alpha\nimport sg_nowhere_at_all\n")
    done = slopguard("check", "--format", "json")
    assert [each["detail"] for each in done.json["findings"]] == ["sg_nowhere_at_all"]
    assert "requests" not in pypi.pages
    rows = slopguard("log", "--format", "json").json["entries"]
    assert json.dumps(rows).count("nowhere") == 0
