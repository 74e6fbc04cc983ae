"""The central claim: whatever happens to the database, nothing is allowed that an empty one would not allow."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slopguard.config import Settings
from slopguard.errors import SlopguardError
from slopguard.judge import Judge
from slopguard.model import OFFLINE, Actor, Door, Outcome
from slopguard.store import Store
from slopguard.store.db import FILE, KEY_FILE
from tests.judge.worlds import ESTABLISHED, LISTS, NOW, NOWHERE, TRANSITIVE, judge, listed, request

NAMES = ("nowhere-name", "fresh-name", "invented", "evil", "reqeusts", "never-seen")


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("tamper") / "original"
    with judge(home) as mine:
        mine.judge(request("nowhere-name", actor=Actor.AGENT), NOWHERE, Door("test"))
        mine.judge(request("fresh-name"), listed(2), Door("test"))
        mine.judge(request("invented"), listed(20), Door("test"))
        mine.judge(request("good-name"), ESTABLISHED, Door("test"))
    return home


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_flipped_bits_never_create_an_allow(original: Path, data: st.DataObject) -> None:
    home = original.with_name("flipped")
    shutil.rmtree(home, ignore_errors=True)
    shutil.copytree(original, home)
    target = home / data.draw(st.sampled_from([FILE, FILE, FILE, KEY_FILE]))
    content = bytearray(target.read_bytes())
    for bit in data.draw(st.lists(st.integers(0, len(content) * 8 - 1), min_size=1, max_size=200)):
        content[bit // 8] ^= 1 << bit % 8
    target.write_bytes(content)
    try:
        with judge(home, offline=True) as mine:
            outcomes = {name: mine.judge(request(name), OFFLINE, Door("test")).outcome for name in NAMES}
            allowed = mine.verdict(request("good-name"), OFFLINE)
    except SlopguardError as error:
        assert error.exit_code in (2, 4)  # noqa: PT017  to refuse to answer is as good
        return
    assert [name for name, outcome in outcomes.items() if not outcome.refuses] == []
    assert allowed.outcome is Outcome.ALLOW or allowed.stops


def test_a_row_copied_to_another_name_creates_no_allow(original: Path) -> None:
    import sqlite3

    home = original.with_name("copied")
    shutil.copytree(original, home)
    connection = sqlite3.connect(home / FILE, isolation_level=None)
    connection.execute(
        "INSERT INTO facts SELECT ecosystem, 'never-seen', asked, body, digest FROM facts WHERE name = 'good-name'"
    )
    connection.close()
    with judge(home, offline=True) as mine:
        assert mine.verdict(request("good-name"), OFFLINE).outcome is Outcome.ALLOW
        assert mine.verdict(request("never-seen"), OFFLINE).stops


def test_with_everything_gone_the_answer_is_that_of_an_empty_home(original: Path, tmp_path: Path) -> None:
    for home in (tmp_path / "empty", original.with_name("gone")):
        with judge(home, offline=True) as mine:
            assert all(mine.verdict(request(name, arrived=TRANSITIVE), OFFLINE).stops for name in NAMES)


def test_a_prepared_home_named_by_the_environment_brings_no_facts(tmp_path: Path) -> None:
    def opened(home: Path, account: Path) -> Judge:
        effective = Settings(home=home, account=account, offline=True)
        return Judge(effective, LISTS, Store.open(effective), lambda: NOW)

    prepared, theirs, mine = (tmp_path / name for name in ("prepared", "theirs", "mine"))
    with opened(prepared, theirs) as judge_:
        judge_.judge(request("fresh-name"), ESTABLISHED, Door("test"))
        assert judge_.verdict(request("fresh-name"), OFFLINE).rule == "established"
    with opened(prepared, mine) as judge_:
        assert judge_.verdict(request("fresh-name"), OFFLINE).rule == "unverified"
    with opened(prepared, theirs) as judge_:
        assert judge_.verdict(request("fresh-name"), OFFLINE).rule == "established"


def test_without_a_place_for_the_account_s_key_nothing_recorded_counts_later(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("no folder")
    for rule in ("established", "unverified"):
        effective = Settings(home=tmp_path / "home", account=blocked, offline=True)
        with Judge(effective, LISTS, Store.open(effective), lambda: NOW) as mine:
            if rule == "established":
                mine.judge(request("fresh-name"), ESTABLISHED, Door("test"))
            assert mine.verdict(request("fresh-name"), OFFLINE).rule == rule
