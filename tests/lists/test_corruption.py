"""The central claim for signed lists: no corruption turns a refusal into an allow, and none ends in a traceback.

A machine with a database, a fetched list and a floor is damaged in some places at once: bits flipped, files cut,
emptied, swapped, deleted or replaced by folders or by an older list, the clock moved by years. Then it judges, as every
door does, offline. Left out is what no machine can tell from a new one: an older list where the floor was deleted too.
"""

from __future__ import annotations

import shutil
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from slopguard.config import Settings
from slopguard.errors import SlopguardError
from slopguard.judge import Judge
from slopguard.lists import Lists
from slopguard.model import OFFLINE, Actor, Door, Ecosystem, Request
from slopguard.store import Store
from tests.judge.worlds import NOWHERE, listed, request
from tests.lists.machine import Machine
from tests.simulators.lists_repository import ListsRepository

NOW = datetime.now(UTC)
NPM = Ecosystem.NPM
LET_IN = 2
ASKED: tuple[Request, ...] = (
    request("sg-good"),
    request("payfast"),
    request("evil"),
    request("sg-denied-later"),
    request("flask-auth-magic"),
    request("sg-nowhere", actor=Actor.AGENT),
    request("sg-young"),
    request("sg-never-seen"),
    request("sg-narrow", version="6.6.6"),
    request("bad", NPM),
    request("@sg-scope/other", NPM),
)
"""What is asked; the first `LET_IN` are allowed by the lists, the others are refused."""


def outcomes(settings: Settings, now: datetime) -> list[str]:
    """The verdicts of a whole judge over what lies there; an error of ours instead of a verdict is a refusal."""
    try:
        with Judge(settings, Lists.load(settings, lambda: now), Store.open(settings), lambda: now) as judge:
            return [
                "refused" if judge.judge(each, OFFLINE, Door("test")).outcome.refuses else "let in" for each in ASKED
            ]
    except SlopguardError as error:
        fine = error.exit_code in (2, 4) and error.diagnosis().isprintable()  # to refuse to answer is as good
        return ["refused" if fine else "failed" for _ in ASKED]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Settings]:
    """The whole machine, and the settings that lead to a copy of it."""
    root = tmp_path_factory.mktemp("corruption")
    acme = ListsRepository()
    acme.rows["common"] += [
        "pypi\tsg-good\tallow",
        "pypi\tsg-narrow\tallow\tversions=1.0",
        "pypi\tsg-denied-later\tallow",
    ]
    acme.publish()
    machine = Machine(root / "original", acme)
    machine.sync()
    (root / "old.pack").write_bytes(machine.place.pack.read_bytes())
    acme.rows["watch"].append("pypi\tsg-denied-later\tdeny\trule=malicious")
    acme.publish()
    machine.sync()
    settings = replace(machine.settings, offline=True)
    with Judge(settings, Lists.load(settings), Store.open(settings)) as judge:
        judge.judge(request("sg-nowhere", actor=Actor.AGENT), NOWHERE, Door("test"))
        judge.judge(request("sg-young"), listed(2), Door("test"))
    return root, replace(settings, home=root / "copy/home", user=root / "copy/user")


def damaged(root: Path, data: st.DataObject) -> None:
    """A fresh copy with damage in one to four places."""
    restored(root)
    files = sorted(path for path in (root / "copy").rglob("*") if path.is_file() and "published" not in path.parts)
    floor = next(path for path in files if path.suffix == ".floor")
    for path in data.draw(st.lists(st.sampled_from(files), min_size=1, max_size=4, unique=True)):
        kind = data.draw(
            st.sampled_from(["flip", "flip", "flip", "cut", "empty", "noise", "delete", "folder", "old", "swap"])
        )
        _damage(path, kind, root, files, data)
    pack = next(path for path in files if path.suffix == ".pack")
    assume(floor.exists() or not pack.is_file() or pack.read_bytes() != (root / "old.pack").read_bytes())


def _damage(path: Path, kind: str, root: Path, files: list[Path], data: st.DataObject) -> None:
    content = bytearray(path.read_bytes()) if path.is_file() else bytearray()
    if kind == "flip" and content:
        for bit in data.draw(st.lists(st.integers(0, len(content) * 8 - 1), min_size=1, max_size=60)):
            content[bit // 8] ^= 1 << bit % 8
    elif kind == "cut":
        content = content[: data.draw(st.integers(0, len(content)))]
    elif kind == "noise":
        content = bytearray(data.draw(st.binary(max_size=64)))
    elif kind == "old" and path.suffix == ".pack":
        content = bytearray((root / "old.pack").read_bytes())
    elif kind == "swap":
        other = data.draw(st.sampled_from(files))
        content = bytearray(other.read_bytes() if other.is_file() else b"")
    elif kind in ("delete", "folder", "empty"):
        content = bytearray()
    with suppress(OSError):
        path.write_bytes(content)
    if kind in ("delete", "folder"):
        path.unlink(missing_ok=True)
    if kind == "folder":
        path.mkdir()


def restored(root: Path) -> None:
    shutil.rmtree(root / "copy", ignore_errors=True)
    shutil.copytree(root / "original", root / "copy")


def test_undamaged_it_lets_in_two(world: tuple[Path, Settings]) -> None:
    root, settings = world
    restored(root)
    assert outcomes(settings, NOW) == [*["let in"] * LET_IN, *["refused"] * (len(ASKED) - LET_IN)]


@hypothesis_settings(max_examples=80, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data(), days=st.sampled_from([0, 0, 0, -400, -2, 8, 25, 400, 4000]))
def test_no_corruption_turns_a_refusal_into_an_allow(
    world: tuple[Path, Settings], data: st.DataObject, days: int
) -> None:
    root, settings = world
    damaged(root, data)
    found = outcomes(settings, NOW + timedelta(days=days))
    assert set(found[LET_IN:]) == {"refused"}, found
    assert "failed" not in found


def test_a_changed_bit_anywhere_in_the_pack_allows_nothing_more(world: tuple[Path, Settings]) -> None:
    root, settings = world
    restored(root)
    pack = next((root / "copy").rglob("*.pack"))
    whole = pack.read_bytes()
    for at in range(0, len(whole), len(whole) // 30):
        pack.write_bytes(whole[:at] + bytes([whole[at] ^ 4]) + whole[at + 1 :])
        assert set(outcomes(settings, NOW)[LET_IN:]) == {"refused"}, at
