"""Deny rows that arrive are compared with the ledger: who has it."""

from __future__ import annotations

from pathlib import Path

import pytest

from slopguard.config import Settings
from slopguard.lists.arrivals import let_in
from slopguard.model import OFFLINE, Door, Ecosystem
from slopguard.store.ledger import Ledger
from tests.judge.worlds import ESTABLISHED, judge, request

DOOR = Door("test")


@pytest.fixture
def home(tmp_path: Path) -> Settings:
    """A machine that let some packages in, and refused one."""
    with judge(tmp_path) as mine:
        mine.judge(request("flask", version="3.0"), OFFLINE, DOOR)
        mine.judge(request("flask", version="2.0"), OFFLINE, DOOR)
        mine.judge(request("requests"), ESTABLISHED, DOOR)
        mine.judge(request("pinned", version="1.0", digests=frozenset({"sha256:aa"})), OFFLINE, DOOR)
        mine.judge(request("evil"), ESTABLISHED, DOOR)
        mine.judge(request("lodash", Ecosystem.NPM, version="4.17.21"), OFFLINE, DOOR)
    return Settings(home=tmp_path)


def found(settings: Settings, *lines: str) -> list[tuple[str, str, int]]:
    return [(each.package, each.rule, each.times) for each in let_in(settings, [line.encode() for line in lines])]


def test_a_package_that_was_let_in_is_found_with_how_often(home: Settings) -> None:
    assert found(home, "pypi\tflask\tdeny\trule=malicious") == [("pypi:flask", "malicious", 2)]
    assert found(home, "pypi\trequests\tdeny\trule=denied") == [("pypi:requests", "denied", 1)]


def test_what_was_refused_or_never_asked_is_not(home: Settings) -> None:
    assert found(home, "pypi\tevil\tdeny\trule=malicious", "pypi\tnever\tdeny\trule=denied") == []


def test_another_ecosystem_s_package_of_that_name_is_not(home: Settings) -> None:
    assert found(home, "npm\tflask\tdeny\trule=denied", "pypi\tlodash\tdeny\trule=denied") == []


def test_only_the_versions_that_a_row_covers_count(home: Settings) -> None:
    assert found(home, "pypi\tflask\tdeny\trule=denied\tversions=2.0") == [("pypi:flask", "denied", 1)]
    assert found(home, "pypi\tflask\tdeny\trule=denied\tversions=9.9") == []
    assert found(home, "npm\tlodash\tdeny\trule=denied\trange=>=4.17.0 <4.18.0") == [("npm:lodash", "denied", 1)]
    assert found(home, "pypi\trequests\tdeny\trule=denied\tversions=1.0") == []


def test_and_only_the_files(home: Settings) -> None:
    assert found(home, "pypi\tpinned\tdeny\trule=denied\thashes=sha256:aa") == [("pypi:pinned", "denied", 1)]
    assert found(home, "pypi\tpinned\tdeny\trule=denied\thashes=sha256:bb") == []


def test_of_several_rows_the_worst_word_is_said(home: Settings) -> None:
    rows = ("pypi\tflask\tdeny\trule=denied\tversions=2.0", "pypi\tflask\tdeny\trule=malicious\tversions=3.0")
    assert found(home, *rows) == [("pypi:flask", "malicious", 2)]


def test_a_machine_without_a_ledger_has_nothing_and_makes_none(tmp_path: Path) -> None:
    assert found(Settings(home=tmp_path / "new"), "pypi\tflask\tdeny\trule=denied") == []
    assert not (tmp_path / "new").exists()


def test_however_many_rows_arrive_the_ledger_is_asked_about_few(
    home: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    real = Ledger.rows
    monkeypatch.setattr(Ledger, "rows", lambda self, **how: asked.append(how["package"]) or real(self, **how))
    many = [f"pypi\tsg-{number}\tdeny\trule=malicious" for number in range(100_000)]
    assert found(home, *many, "pypi\tflask\tdeny\trule=malicious") == [("pypi:flask", "malicious", 2)]
    assert asked == ["pypi:flask"]


def test_the_line_is_one_command_to_go_on_with(home: Settings) -> None:
    (only,) = let_in(home, [b"npm\tlodash\tdeny\trule=denied"])
    assert only.line == (
        "slopguard: NOTE npm 'lodash' (denied): let in here before, last 2026-11-24. Next: slopguard log who npm:lodash"
    )
