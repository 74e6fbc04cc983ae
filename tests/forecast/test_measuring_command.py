"""`forecast bench` as a command, with servers in the shape of vLLM: what it refuses before hours were spent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from slopguard.cli import main
from slopguard.forecast.measuring.results import read
from slopguard.forecast.measuring.state import FILE, Benches
from tests.forecast.engine_servers import Engine

QUICK = ("--slices", "name", "--temperatures", "0", "--concurrency", "1", "--requests", "2", "--rounds", "2")
SLOT = {"speculative": True, "params": {"speculative.types": "draft-mtp"}}
Pair = tuple[Engine, Engine]


def server() -> Engine:
    return Engine("vllm", {"/version": {"version": "1"}})


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SLOPGUARD_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def pair() -> Iterator[Pair]:
    """The speculating server and the plain one."""
    with server() as other, server() as plain:
        yield other, plain


def bench(mtp: Engine, plain: Engine, *more: str) -> int:
    return main(["forecast", "bench", "--mtp", mtp.url, "--plain", plain.url, *QUICK, *more])


def measured(*servers: Engine) -> int:
    """Requests beyond the one that tells what a server is."""
    return sum(max(0, len(each.bodies) - 1) for each in servers)


@pytest.mark.parametrize(
    ("option", "value", "hint"),
    [
        ("--concurrency", "0", "--concurrency 1,4"),
        ("--concurrency", "", "--concurrency 1,4"),
        ("--temperatures", "", "--temperatures 0,4"),
        ("--temperatures", "0,nan", "--temperatures 0,4"),
        ("--slices", "", "They are name"),
        ("--slices", "name,,code", "They are name"),
    ],
)
def test_a_list_that_is_none_is_refused_with_one_that_would_do(
    pair: Pair, option: str, value: str, hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert bench(*pair, option, value) == 2
    assert hint in capsys.readouterr().err
    assert not measured(*pair)


@pytest.mark.parametrize("where", ["folder", "missing/mtp.json"])
def test_a_place_that_cannot_be_written_to_is_refused_before_anything_is_measured(
    pair: Pair, tmp_path: Path, where: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "folder").mkdir()
    assert bench(*pair, "-o", str(tmp_path / where)) == 2
    assert "-o" in capsys.readouterr().err
    assert not measured(*pair)


def test_results_that_could_not_be_written_in_the_end_are_not_measured_again(
    pair: Pair, tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The place becomes a folder while the bench is under way."""
    out = tmp_path / "mtp.json"
    put = Benches.put

    def taken(self: Benches, number: int, key: str, found: object) -> None:
        put(self, number, key, found)
        out.mkdir(exist_ok=True)

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(Benches, "put", taken)
        assert bench(*pair, "-o", str(out)) == 2
    before = measured(*pair)
    out.rmdir()
    assert bench(*pair, "-o", str(out), "--resume") == 0
    assert measured(*pair) == before + len(pair) * 2  # what they are is asked before and after
    assert read(out).cells


def test_one_server_is_not_compared_with_itself(pair: Pair, capsys: pytest.CaptureFixture[str]) -> None:
    assert bench(pair[0], pair[0]) == 2
    assert "one server" in capsys.readouterr().err
    assert len(pair[0].bodies) == 2  # what either is


def test_a_plain_server_that_says_that_it_speculates_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    pages = {"/props": {"build_info": "b1", "total_slots": 1}, "/slots": [SLOT]}
    with Engine("llamacpp", pages) as other, Engine("llamacpp", pages) as plain:
        assert bench(other, plain) == 2
        assert "speculates, too" in capsys.readouterr().err
        assert not measured(other, plain)


def test_a_model_that_a_server_does_not_list_is_refused(pair: Pair, capsys: pytest.CaptureFixture[str]) -> None:
    assert bench(*pair, "--model", "another") == 2
    assert "It has: m" in capsys.readouterr().err
    assert not measured(*pair)


def test_a_round_that_was_damaged_is_one_line_and_no_judgement(
    pair: Pair, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    put = Benches.put

    def damaged(self: Benches, number: int, key: str, found: object) -> None:
        put(self, number, key, found)
        if key.startswith("pair/"):
            text = json.loads(self._file.read("SELECT found FROM step WHERE key = ?", (key,))[0][0])
            text["other"]["asked"].pop()
            with self._file.write() as connection:
                connection.execute("UPDATE step SET found = ? WHERE key = ?", (json.dumps(text), key))

    monkeypatch.setattr(Benches, "put", damaged)
    assert bench(*pair) == 4
    assert FILE in capsys.readouterr().err
