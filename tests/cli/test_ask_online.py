"""`slopguard ask` with an index of its own on loopback: facts come from the index that pip or npm is configured for."""

from __future__ import annotations

import shutil

import pytest

from tests.cli.program import Program
from tests.simulators.npm import Npm
from tests.simulators.pypi import PyPI


def test_no_such_name(slopguard: Program, pypi: PyPI) -> None:
    slopguard.write("home/.config/pip/pip.conf", f"[global]\nindex-url = {pypi.url}\n")
    done = slopguard("ask", "pypi:sg-no-such-name")
    assert done.rc == 1
    assert "not-found" in done.out
    assert "no such package (your index, asked " in done.out


def test_no_such_version(slopguard: Program, pypi: PyPI) -> None:
    pypi.add_established("sg-alpha")
    slopguard.write("home/.config/pip/pip.conf", f"[global]\nindex-url = {pypi.url}\n")
    done = slopguard("ask", "pypi:sg-alpha==99", "pypi:sg-alpha==1", "--format", "json")
    missing, listed = done.json["results"]
    assert (done.rc, missing["rule"], listed["rule"]) == (1, "not-found", "established")
    assert (missing["reason"], missing["next"]) == ("the index lists no version 99", ["slopguard ask pypi:sg-alpha"])
    assert (missing["evidence"]["exists"], missing["suggestions"]) == (True, [])
    assert slopguard("ask", "pypi:sg-alpha==99", "--offline").rc == 0  # what was recorded stands; nobody was asked


def test_an_established_name(slopguard: Program, pypi: PyPI) -> None:
    pypi.add_established("sg-alpha")
    slopguard.write("home/.config/pip/pip.conf", f"[global]\nindex-url = {pypi.url}\n")
    done = slopguard("ask", "pypi:sg-alpha", "--format", "json")
    assert (done.rc, done.json["results"][0]["rule"]) == (0, "established")
    assert done.json["results"][0]["evidence"]["exists"] is True


def test_an_index_named_by_the_environment_vouches_for_nothing(slopguard: Program, pypi: PyPI) -> None:
    pypi.add_established("sg-alpha")
    done = slopguard("ask", "pypi:sg-alpha", "--offline", env={"PIP_INDEX_URL": pypi.url})
    assert done.rc == 3


def test_an_index_that_does_not_answer_is_code_4(slopguard: Program) -> None:
    slopguard.write("home/.config/pip/pip.conf", "[global]\nindex-url = http://127.0.0.1:9/simple/\n")
    done = slopguard("ask", "pypi:sg-alpha")
    assert (done.rc, "upstream-down" in done.out) == (4, True)


def test_an_invisible_name_is_asked_of_nobody(slopguard: Program) -> None:
    slopguard.write("home/.config/pip/pip.conf", "[global]\nindex-url = http://127.0.0.1:9/simple/\n")
    assert slopguard("ask", "pypi:sg\u200balpha").rc == 1


@pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not installed here")
def test_npm_names_are_asked_of_npms_registry(slopguard: Program, npm: Npm) -> None:
    npm.add_established("sg-beta")
    slopguard.write("home/.npmrc", f"registry={npm.url}\n")
    done = slopguard("ask", "npm:sg-beta", "npm:sg-none", "--format", "json")
    assert done.rc == 1
    assert [result["rule"] for result in done.json["results"]] == ["established", "not-found"]


def test_without_a_client_nobody_knows_which_index_is_meant(slopguard: Program) -> None:
    done = slopguard("ask", "npm:sg-beta", env={"PATH": str(slopguard.root)})
    assert (done.rc, "no npm is installed" in done.err) == (4, True)
