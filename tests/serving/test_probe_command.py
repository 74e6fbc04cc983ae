"""`forecast probe` as a program: words for people, JSON for programs, exit codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.forecast.engine_servers import Engine
from tests.serving.servers import Server


def run(*argv: str, **environ: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "slopguard", "forecast", "probe", *argv]
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        env={**os.environ, "SLOPGUARD_HOME": os.devnull, **environ},
    )


def test_people_get_words(chain_server: Server) -> None:
    done = run(chain_server.url)
    assert (done.returncode, done.stderr) == (0, "")
    said = dict(line.split(maxsplit=1) for line in done.stdout.replace("opting out", "opting-out").splitlines())
    assert said["engine"] == "llama.cpp"
    assert said["speculation"].startswith("on (draft-mtp): ")
    assert said["counters"] == "agree with the answer"
    assert said["logprobs"].startswith("not to be trusted")
    assert said["opting-out"].startswith("ignored")


def test_programs_get_json(plain_chain_server: Server) -> None:
    done = run(plain_chain_server.url, "--format", "json")
    said = json.loads(done.stdout)
    assert done.returncode == 0
    assert (said["schema"], said["engine"], said["shape"]) == ("slopguard/probe/1", "llama.cpp", "seen")
    assert (said["speculation"]["verdict"], said["speculation"]["drafted"]) == ("off", 0)
    assert (said["logprobs"]["verdict"], said["opt_out"]) == ("real", "needless")


def test_what_does_not_become_clear_ends_with_4() -> None:
    with Engine("library", {"/api/version": {"version": "0.32.14"}}) as server:
        done = run(server.url)
    assert done.returncode == 4
    assert "undetermined: the server does not tell what it drafts" in done.stdout


def test_a_server_that_is_not_there_ends_with_4_and_what_to_do() -> None:
    done = run("http://127.0.0.1:9")
    assert done.returncode == 4
    assert done.stderr == (
        "slopguard: a server of models cannot be reached. Start it, or name the address where it listens.\n"
    )


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (("ftp://127.0.0.1",), "URL takes the address of a server"),
        (("http://me:secret@127.0.0.1",), "URL takes no login"),
        (("http://192.0.2.7:8080",), "a server is not on this machine"),
        (("http://127.0.0.1:9", "--key-from", "NOT_SET_ANYWHERE"), "holds no key"),
    ],
)
def test_a_command_line_that_makes_no_sense_ends_with_2(argv: tuple[str, ...], said: str) -> None:
    done = run(*argv)
    assert done.returncode == 2
    assert said in done.stderr
    assert "secret" not in done.stderr


def test_a_key_is_sent_and_shown_nowhere(tmp_path: Path) -> None:
    said = {"version": "1 Bearer sk-0123456789"}  # it sends back what it was sent
    with Engine("vllm", {"/version": said}, models=("m", "sk-0123456789")) as server:
        done = run(server.url, "--key-from", "THE_KEY", THE_KEY="sk-0123456789")
        assert {each["Authorization"] for each in server.headers} == {"Bearer sk-0123456789"}
    assert "0123456789" not in done.stdout + done.stderr
    assert "model         m\n" in done.stdout
