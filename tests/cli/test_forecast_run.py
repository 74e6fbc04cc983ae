"""`slopguard forecast run`: names in a file and in the watchlist, each replaced as a whole."""

from __future__ import annotations

import csv
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from slopguard.lists import Lists
from slopguard.model import Ecosystem
from slopguard.watchlist.model import Batch
from slopguard.watchlist.watchlist import Watchlist
from tests.cli.program import Ended, Program
from tests.cli.terminal import at_a_terminal

TOPIC = ("--topic", "payment gateway for flask", "-e", "pypi", "--limit", "40")


def home(slopguard: Program) -> Path:
    return slopguard.root / "data"


def run(slopguard: Program, *argv: str) -> Ended:
    return slopguard("forecast", "run", *argv)


def read(slopguard: Program, name: str) -> list[list[str]]:
    with (slopguard.cwd / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.reader(stream))


def batches(slopguard: Program) -> list[tuple[Batch, int]]:
    with Watchlist(home(slopguard)) as watchlist:
        return [(each.batch, each.rows) for each in watchlist.batches()]


def names(slopguard: Program, ecosystem: Ecosystem = Ecosystem.PYPI) -> list[str]:
    with Watchlist(home(slopguard)) as watchlist:
        return [each.sighting.watched.name for each in watchlist.ranked(ecosystem, limit=100_000)]


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[Program, Ended]:
    """One run that several tests look at and that none changes."""
    program = Program(tmp_path_factory.mktemp("ran"))
    return program, run(program, *TOPIC, "-o", "names.csv")


def test_names_stand_in_the_file_and_in_the_watchlist_in_one_order(ran: tuple[Program, Ended]) -> None:
    slopguard, done = ran
    rows = read(slopguard, "names.csv")
    assert (done.rc, done.err) == (0, "")
    assert [row[0] for row in rows] == names(slopguard)
    assert [row[1:3] for row in rows] == [[str(rank), "pypi"] for rank in range(1, 41)]
    assert [float(row[4]) for row in rows] == sorted((float(row[4]) for row in rows), reverse=True)


def test_what_was_done_and_what_comes_next_is_said(ran: tuple[Program, Ended]) -> None:
    first, second, third, fourth = ran[1].out.splitlines()
    assert first == "slopguard: predicted 40 names on PyPI for 'payment gateway for flask'."
    assert second == "slopguard: written to names.csv"
    assert "A forecast is no evidence that a name is bad, or absent." in third
    assert "slopguard watch list" in fourth
    assert "slopguard watch poll" in fourth


def test_the_batch_says_where_it_comes_from_but_not_what_was_typed(ran: tuple[Program, Ended]) -> None:
    [(batch, rows)] = batches(ran[0])
    assert (batch.origin, batch.source, rows) == ("generated", "embedded", 40)
    assert batch.detail["about"].startswith("topic-")
    assert (batch.detail["ecosystem"], batch.detail["limit"]) == ("pypi", "40")
    assert "payment" not in repr(batch)
    assert batch.expires is not None
    assert timedelta(364) < batch.expires - datetime.now(UTC) <= timedelta(365)


def test_without_an_ecosystem_both_are_forecast(slopguard: Program) -> None:
    run(slopguard, "--topic", "charts for react", "--limit", "30", "-o", "names.csv")
    rows = read(slopguard, "names.csv")
    assert [row[2] for row in rows[:4]] == ["pypi", "npm", "pypi", "npm"]
    assert [rows for _, rows in batches(slopguard)] == [30, 30]


def test_a_whole_ecosystem_is_forecast_without_a_server(slopguard: Program) -> None:
    done = run(slopguard, "-e", "pypi", "--embedded", "--limit", "200", "-o", "names.csv")
    rows = read(slopguard, "names.csv")
    assert (done.rc, len(rows)) == (0, 200)
    assert {batch.detail["about"] for batch, _ in batches(slopguard)} == {"all"}


def test_a_project_is_forecast_for_and_only_its_digest_is_kept(slopguard: Program) -> None:
    slopguard.write("project/requirements.txt", "flask\nstripe\n")
    done = run(slopguard, "--from", ".", "-e", "pypi", "--limit", "50")
    [(batch, rows)] = batches(slopguard)
    assert (done.rc, rows) == (0, 50)
    assert batch.detail["about"].startswith("project-")
    assert "project" not in batch.detail["about"].partition("-")[2]
    assert any("flask" in name or "stripe" in name for name in names(slopguard))


def test_several_topics_are_batches_of_their_own(slopguard: Program) -> None:
    run(slopguard, *TOPIC, "--topic", "pdf reports", "-o", "names.csv")
    assert [rows for _, rows in batches(slopguard)] == [40, 40]
    rows = read(slopguard, "names.csv")
    assert [int(row[1]) for row in rows] == list(range(1, len(rows) + 1))
    assert len({row[0] for row in rows}) == len(rows)


def test_the_same_command_gives_the_same_names_and_a_lower_limit_the_first_of_them(
    slopguard: Program, ran: tuple[Program, Ended]
) -> None:
    run(slopguard, *TOPIC, "--no-watch", "-o", "again.csv")
    run(slopguard, *TOPIC[:-1], "10", "--no-watch", "-o", "short.csv")
    assert read(slopguard, "again.csv") == read(ran[0], "names.csv")
    assert read(slopguard, "short.csv") == read(slopguard, "again.csv")[:10]


def test_no_watch_leaves_the_watchlist_as_it_is_and_standard_output_gets_names_alone(slopguard: Program) -> None:
    done = run(slopguard, *TOPIC, "--no-watch", "-o", "-")
    assert len(list(csv.reader(done.out.splitlines()))) == 40
    assert "predicted 40 names" in done.err
    assert "none of them is watched" in done.err
    assert batches(slopguard) == []


def test_programs_get_json(slopguard: Program) -> None:
    said = run(slopguard, *TOPIC, "--format", "json").json
    assert said["schema"] == "slopguard/forecast/1"
    assert said["runs"] == [{"ecosystem": "pypi", "about": said["runs"][0]["about"], "limit": 40, "predicted": 40}]


# ---------------------------------------------------------------- a second run


def test_a_run_takes_the_place_of_the_last_one_of_its_kind_and_keeps_its_dates(slopguard: Program) -> None:
    run(slopguard, *TOPIC[:-1], "10")
    known = names(slopguard)
    [(first, _)] = batches(slopguard)
    run(slopguard, *TOPIC)
    with Watchlist(home(slopguard)) as watchlist:
        dates = {name: {s.batch.at for s in watchlist.sightings(Ecosystem.PYPI, name)} for name in names(slopguard)}
    assert (len(known), len(dates)) == (10, 40)
    assert all(dates[name] == {first.at} for name in known)
    assert all(min(found) > first.at for name, found in dates.items() if name not in known)
    run(slopguard, *TOPIC[:-1], "5")
    assert names(slopguard) == known[:5]


# ---------------------------------------------------------------- what is left out


def test_no_verified_name_is_predicted(slopguard: Program) -> None:
    run(slopguard, "--topic", "http requests client", "-e", "pypi", "--limit", "3000", "--no-watch", "-o", "names.csv")
    lists = Lists.shipped()
    rows = read(slopguard, "names.csv")
    assert rows
    assert [row[0] for row in rows if lists.allow(Ecosystem.PYPI, row[0])] == []


def test_internal_and_own_names_are_left_out(slopguard: Program) -> None:
    slopguard.write(
        "home/.config/slopguard/slopguard.toml", '[internal]\npypi = ["*payment*"]\n[own]\npypi = ["flask-*"]\n'
    )
    done = run(slopguard, *TOPIC)
    found = names(slopguard)
    assert (done.rc, len(found)) == (0, 40)
    assert not [name for name in found if "payment" in name or name.startswith("flask-")]


def test_what_is_known_to_exist_is_left_out(slopguard: Program) -> None:
    from slopguard.config import load
    from slopguard.model import Existence, Facts
    from slopguard.store import Store

    run(slopguard, *TOPIC, "--no-watch", "-o", "before.csv")
    there, free = read(slopguard, "before.csv")[0][0], read(slopguard, "before.csv")[1][0]
    now = datetime.now(UTC)
    settings = load(slopguard.cwd, slopguard.env)
    store = Store.open(settings)
    facts = ((there, Existence.YES), (free, Existence.NO))
    with store._database.write() as connection:
        store.facts.keep_within(connection, [(Ecosystem.PYPI, n, Facts(existence=e, asked=now)) for n, e in facts])
    store.close()
    run(slopguard, *TOPIC)
    assert there not in names(slopguard)
    assert free in names(slopguard)


def test_where_a_list_cannot_be_verified_nothing_is_forecast(slopguard: Program) -> None:
    """Without it nobody knows which names are real, and those on it would be watched."""
    source = f'[lists]\nsources = [{{url = "http://127.0.0.1:9/", root = "sha256:{"0" * 64}"}}]\n'
    slopguard.write("home/.config/slopguard/slopguard.toml", source)
    done = run(slopguard, *TOPIC)
    assert (done.rc, done.out, done.err.count("\n")) == (4, "", 1)
    assert "so it is not known which names are real. See what is wrong: slopguard lists verify" in done.err
    assert batches(slopguard) == []


# ---------------------------------------------------------------- wrong command lines


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["--no-watch"], "--no-watch without -o leaves nothing to do. Name a file with -o, or leave out --no-watch."),
        (["-o", "-", "--format", "json"], "-o - and --format json both need standard output. Name a file with -o."),
        (["--topic", " ?! "], "a topic needs words. For example: slopguard forecast run --topic"),
        (["--from", "nowhere"], "there is no folder or file 'nowhere'. Name a project: --from PATH."),
        (["--limit", "0"], "Invalid value for '--limit'"),
        (["-e", "cargo"], "Invalid value for '-e'"),
        (["-o", "no/such/names.csv"], "there is no folder for 'no/such/names.csv'. Make the folder first."),
        (["-o", "."], "'.' is no file. Name a file, or - for standard output."),
        (["--model", "m"], "--model needs a server. Name it: --server http://127.0.0.1:8080."),
        (["--resume"], "--resume needs a server."),
        (["--projects", "-o", "names.csv"], "--projects goes with no other option. Run it by itself, or leave it out."),
        (["--projects", "-e", "pypi"], "--projects goes with no other option."),
        (["--projects", "--format", "json"], "--projects goes with no other option."),
        (["--embedded", "--server", "http://127.0.0.1:9"], "--embedded and --server exclude each other."),
    ],
)
def test_a_command_line_that_makes_no_sense_ends_with_one_line(slopguard: Program, argv: list[str], said: str) -> None:
    done = run(slopguard, *argv)
    assert (done.rc, done.out, done.err.count("\n")) == (2, "", 1)
    assert said in done.err
    assert batches(slopguard) == []


def test_a_project_that_says_nothing_ends_with_one_line(slopguard: Program) -> None:
    (slopguard.cwd / "empty").mkdir()
    done = run(slopguard, "--from", "empty", "-e", "pypi")
    assert (done.rc, done.out) == (2, "")
    assert done.err == (
        "slopguard: there is nothing to go by, so no name was predicted. Use more words, or another folder.\n"
    )


def test_an_agent_takes_no_name_out_of_the_watchlist_with_a_shorter_forecast(slopguard: Program) -> None:
    asked = ("forecast", "run", "-e", "pypi", "--topic", "charts", "--limit")
    for limit, env, rows in (("50", {}, 50), ("1", {"CLAUDECODE": "1"}, 50), ("1", {}, 1)):
        assert slopguard(*asked, limit, env=env).rc == 0
        assert sum(held for _, held in batches(slopguard)) == rows


def test_without_a_guarded_project_there_is_nothing_to_do(slopguard: Program) -> None:
    done = run(slopguard, "--projects")
    assert (done.rc, done.err) == (0, "")
    assert done.out == "slopguard: forecast for 0 projects; of the others nothing had changed.\n"
    assert not home(slopguard).exists()


# ---------------------------------------------------------------- ending in the middle


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="the system does not tell what a process has open")
@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGKILL, -9)])
def test_who_is_ended_in_the_middle_leaves_everything_as_it_was(
    slopguard: Program, sent: signal.Signals, code: int
) -> None:
    place = slopguard.write("project/names.csv", "old\n" * 1000)
    place.chmod(0o640)
    run(slopguard, *TOPIC, "-o", "names.csv")
    assert place.stat().st_mode & 0o777 == 0o640
    before, old = names(slopguard), read(slopguard, "names.csv")
    command = [
        sys.executable,
        "-m",
        "slopguard",
        "forecast",
        "run",
        "--topic",
        "payment gateway for flask",
        "-o",
        "names.csv",
    ]
    env = slopguard.env | {"PYTHONUNBUFFERED": "1"}
    going = subprocess.Popen(command, cwd=slopguard.cwd, env=env, stderr=subprocess.PIPE)
    _wait_until_it_reads(going.pid, slopguard)
    going.send_signal(sent)
    going.communicate()
    assert going.returncode == code
    assert (len(old), names(slopguard), read(slopguard, "names.csv")) == (40, before, old)


def _wait_until_it_reads(pid: int, slopguard: Program) -> None:
    """Wait until the process has its database open: from then on it predicts."""
    wanted = str(home(slopguard) / "slopguard.db")
    while True:
        links = Path(f"/proc/{pid}/fd")
        with_it = [each for each in links.iterdir() if os.path.realpath(each) == wanted]
        if with_it:
            return
        time.sleep(0.005)


# ---------------------------------------------------------------- a terminal


def test_on_a_terminal_there_is_a_bar_and_in_a_pipe_nothing(slopguard: Program) -> None:
    shown = at_a_terminal(slopguard, "forecast", "run", *TOPIC, TERM="xterm")
    assert "predicting names" in shown.out
    assert run(slopguard, *TOPIC).err == ""
