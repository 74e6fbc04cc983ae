"""`slopguard check` reads what is checked, and no other file of the machine, whatever names one; nor writes to one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.program import Program

SECRET = "sg-secret-of-this-machine"


@pytest.fixture
def secret(slopguard: Program) -> Path:
    return slopguard.write("elsewhere/token", f"{SECRET}\n")


@pytest.mark.parametrize("name", ["requirements.txt", "setup.sh", "pyproject.toml"])
@pytest.mark.parametrize("place", ["../elsewhere/token", "{root}/elsewhere/token", ".git/token", "link"])
def test_a_file_that_is_not_part_of_it_is_not_read(slopguard: Program, secret: Path, name: str, place: str) -> None:
    slopguard.write("project/.git/token", f"{SECRET}\n")
    (slopguard.cwd / "link").symlink_to(secret)
    place = place.format(root=slopguard.root)
    texts = {
        "requirements.txt": f"-r {place}\n",
        "setup.sh": f"pip install -r {place}\n",
        "pyproject.toml": '[project]\nname = "x"\nversion = "1"\ndynamic = ["dependencies"]\n'
        f'[tool.setuptools.dynamic]\ndependencies = {{file = ["{place}"]}}\n',
    }
    slopguard.write(f"project/{name}", texts[name])
    done = slopguard("check", "--offline")
    assert (done.rc, SECRET in done.out) == (4, False)
    assert "leads out" in done.out


def test_nor_is_one_that_a_link_leads_to(slopguard: Program, secret: Path) -> None:
    (slopguard.cwd / "requirements.txt").symlink_to(secret)
    done = slopguard("check", "--offline")
    assert (done.rc, SECRET in done.out) == (4, False)
    assert slopguard("check", "--offline", "requirements.txt").rc == 3  # a person named it


def test_a_link_or_an_include_within_it_is_read(slopguard: Program) -> None:
    slopguard.write("project/shared/names.lst", f"{SECRET}\n")
    (slopguard.cwd / "requirements.txt").symlink_to("shared/names.lst")
    assert slopguard("check", "--offline").rc == 3
    slopguard.write("project/api/requirements.txt", "-r ../shared/names.lst\n")
    assert slopguard("check", "--offline", "api").rc == 3


def test_what_lies_beside_a_file_that_is_named_elsewhere_is_read(slopguard: Program, secret: Path) -> None:
    slopguard.write("elsewhere/requirements.txt", "-r token\n")
    assert slopguard("check", "--offline", "../elsewhere/requirements.txt").rc == 3


def test_a_report_is_written_to_no_other_file_by_a_link_in_its_place(slopguard: Program, secret: Path) -> None:
    (slopguard.cwd / "report.json").symlink_to(secret)
    assert slopguard("check", "--offline", "-o", "report.json").rc == 0
    assert secret.read_text() == f"{SECRET}\n"
    assert (slopguard.cwd / "report.json").read_text().startswith("{")
