"""`forecast serve`: a server that comes up, stays up, and leaves nothing behind; whatever the file is."""

from __future__ import annotations

import json
import os
import signal
import socket
import struct
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from slopguard.forecast.serving.fitting import Kind
from tests.serving import tiny
from tests.serving.commands import gone, serving
from tests.serving.conftest import need
from tests.serving.servers import Server, plan, served

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks at processes through /proc")
ANY = ("--port", "0", "--threads", "1")


@pytest.fixture(autouse=True)
def _installed() -> None:
    need("xllamacpp")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_it_and_its_child(chain_gguf: Path, tmp_path: Path, number: signal.Signals) -> None:
    with serving(tmp_path, str(chain_gguf), *ANY) as command:
        assert "(draft-mtp, 3 tokens ahead)" in command.line()
        (child,) = command.children()
        assert command.ended(number) == (0, "")
        assert gone(child)


def test_it_outlives_its_terminal_where_nohup_says_so(chain_gguf: Path, tmp_path: Path) -> None:
    line = ["nohup", sys.executable, "-m", "slopguard", "forecast", "serve", str(chain_gguf), *ANY]
    environ = {**os.environ, "SLOPGUARD_HOME": str(tmp_path)}
    with subprocess.Popen(line, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True, env=environ) as command:
        assert command.stdout is not None
        url = command.stdout.readline().split(" at ")[1].split()[0]
        command.send_signal(signal.SIGHUP)
        with suppress(subprocess.TimeoutExpired):
            command.wait(1)
        assert Server(url, 0, plan(chain_gguf)).get("/health")[0] == 200
        command.terminate()
        assert command.wait(30) == 0


def test_two_at_once_have_a_log_each(chain_gguf: Path, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    with serving(tmp_path, str(chain_gguf), *ANY) as one, serving(tmp_path, str(chain_gguf), "--port", port) as other:
        assert one.url() != other.url()
    assert {path.name for path in tmp_path.glob("*.log")} == {"model-server-0.log", f"model-server-{port}.log"}


def test_a_child_ends_with_its_parent_even_when_that_is_killed(chain_gguf: Path, tmp_path: Path) -> None:
    with serving(tmp_path, str(chain_gguf), *ANY) as command:
        command.url()
        (child,) = command.children()
        command.ended(signal.SIGKILL)
        assert gone(child)


def test_a_child_that_is_killed_is_started_again_where_it_was(chain_gguf: Path, tmp_path: Path) -> None:
    with serving(tmp_path, str(chain_gguf), *ANY) as command:
        url = command.url()
        os.kill(command.children()[0], signal.SIGKILL)
        again = command.line()
        assert "serving 'chain' again" in again
        assert url in again
        answer = Server(url, 0, plan(chain_gguf)).chat("abc", 8)
        assert answer["choices"][0]["message"]["content"] == tiny.follows("abc", 8)
        code, complaints = command.ended(signal.SIGTERM)
        assert (code, complaints) == (0, "slopguard: the model server ended by itself and is started again\n")


def test_a_child_that_is_killed_in_the_middle_of_an_answer_is_survived(chain_gguf: Path, tmp_path: Path) -> None:
    with serving(tmp_path, str(chain_gguf), *ANY) as command:
        url = command.url()
        host, _, port = url.removeprefix("http://").partition(":")
        body = json.dumps({"prompt": "abc", "n_predict": 400, "stream": True}).encode()
        head = f"POST /completion HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
        with socket.create_connection((host, int(port))) as asking:
            asking.sendall(head.encode() + body)
            assert asking.recv(64)
            os.kill(command.children()[0], signal.SIGKILL)
            while asking.recv(65536):
                pass
        assert url in command.line()
        assert Server(url, 0, plan(chain_gguf)).get("/health")[0] == 200


def test_one_that_keeps_ending_is_given_up(chain_gguf: Path, tmp_path: Path) -> None:
    with serving(tmp_path, str(chain_gguf), *ANY) as command:
        for _ in range(4):
            command.line()
            os.kill(command.children()[0], signal.SIGKILL)
        code, complaints = command.ended()
        assert code == 4
        assert "the model server ended 4 times in a short while" in complaints.splitlines()[-1]


def test_nobody_but_this_machine_reaches_it(chain_gguf: Path, tmp_path: Path) -> None:
    variables = {"LLAMA_ARG_HOST": "0.0.0.0", "LLAMA_ARG_SPEC_TYPE": "", "LLAMA_ARG_SPEC_DRAFT_N_MAX": ""}
    with serving(tmp_path, str(chain_gguf), *ANY, environ=variables) as command:
        port = int(command.url().rpartition(":")[2])
        listening = Path("/proc/net/tcp").read_text()
        assert f"0100007F:{port:04X} 00000000:0000 0A" in listening
        assert f"00000000:{port:04X} 00000000:0000 0A" not in listening


def test_no_web_page_may_read_its_answers(chain_server: Server) -> None:
    import urllib.request

    asked = urllib.request.Request(chain_server.url + "/health", headers={"Origin": "http://elsewhere.example"})
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(asked) as answer:
        assert answer.headers.get("Access-Control-Allow-Origin") not in ("*", "http://elsewhere.example")


def test_programs_get_a_line_of_json_for_each_start(chain_gguf: Path, tmp_path: Path) -> None:
    with serving(tmp_path, str(chain_gguf), *ANY, "--format", "json", "--no-speculation") as command:
        first = json.loads(command.line())
        os.kill(command.children()[0], signal.SIGKILL)
        second = json.loads(command.line())
    assert first == {"schema": "slopguard/model-server/1", "url": first["url"], "kind": "none", "restarts": 0}
    assert second == first | {"restarts": 1}


def test_a_port_that_is_taken_is_said(chain_gguf: Path, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        with serving(tmp_path, str(chain_gguf), "--port", port) as command:
            code, complaints = command.ended()
    assert code == 2
    assert f"port {port} cannot be had" in complaints


def test_a_file_that_llama_aborts_on_ends_with_one_line(tmp_path: Path) -> None:
    broken = tiny.write(tmp_path / "broken.gguf")
    broken.write_bytes(broken.read_bytes().replace(b"blk.0.attn_qkv", b"blk.0.attn_xkv"))
    with serving(tmp_path, str(broken), *ANY) as command:
        code, complaints = command.ended()
        assert code == 4
        assert complaints.count("\n") == 1
        assert "the model server did not come up" in complaints
        assert "attn" in command.log  # why, in llama.cpp's own words, is in the file that the line names


def test_an_assertion_of_llama_ends_the_child_only(tmp_path: Path, models: Path) -> None:
    """The check before the start is left out here: this is what it spares."""
    lost = tiny.write(tmp_path / "lost.gguf", tensors=False)
    with pytest.raises(AssertionError, match="eh_proj"), served(plan(lost, Kind.MTP), models):
        pass


def test_a_drafter_of_its_own_file_is_used(tmp_path: Path, models: Path, chain_gguf: Path) -> None:
    plain = tiny.write(tmp_path / "plain.gguf", nextn=0, layers=2)
    with served(plan(plain, Kind.MTP, draft=str(chain_gguf)), models) as server:
        assert server.chat("abc")["timings"]["draft_n_accepted"] > 0
    with served(plan(chain_gguf, Kind.SIMPLE, draft=str(plain)), models) as server:
        assert server.chat("abc")["timings"]["draft_n_accepted"] > 0


def test_a_server_that_does_not_draft_though_it_should_does_not_come_up(
    tmp_path: Path, models: Path, chain_gguf: Path
) -> None:
    """The check of the vocabularies is left out here: llama.cpp serves such a pair without drafts."""
    other = tiny.write(tmp_path / "other.gguf", nextn=0, layers=2)
    content = bytearray(other.read_bytes())
    places = [content.index(struct.pack("<Q1s", 1, letter)) + 8 for letter in (b"a", b"z")]
    content[places[0]], content[places[1]] = b"za"
    other.write_bytes(content)
    wanted = plan(chain_gguf, Kind.SIMPLE, draft=str(other))
    with pytest.raises(AssertionError, match="does not draft with these files"), served(wanted, models):
        pass


def run(*argv: str, before: str = "") -> subprocess.CompletedProcess[str]:
    """`slopguard forecast serve ARGV`, after some Python."""
    line = ["slopguard", "forecast", "serve", *argv]
    program = f"import sys\n{before}\nsys.argv = {line!r}\nfrom slopguard.entry import main\nsys.exit(main())"
    return subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        env={**os.environ, "SLOPGUARD_HOME": os.devnull},
    )


def test_without_the_extra_it_says_what_to_install(chain_gguf: Path) -> None:
    done = run(str(chain_gguf), before="sys.modules['xllamacpp'] = None")
    assert done.returncode == 2
    assert done.stderr.endswith("Install it: pip install 'slopguard[serve]'.\n")
    assert done.stderr.count("\n") == 1


def test_a_dry_run_starts_nothing_and_needs_nothing(chain_gguf: Path) -> None:
    absent = "\n".join(f"sys.modules[{name!r}] = None" for name in ("xllamacpp", "gguf", "numpy"))
    done = run(str(chain_gguf), "--dry-run", "--format", "json", before=absent)
    said = json.loads(done.stdout)
    assert done.returncode == 0
    assert said["model"] == {"arch": "mimo2", "blocks": 1, "context": 512, "kind": "draft-mtp"}
    assert said["flags"][-4:] == ["--spec-type", "draft-mtp", "--spec-draft-n-max", "3"]


@pytest.mark.parametrize(
    "argv",
    [
        ("--draft", "x", "--no-speculation"),
        ("--context", "100000", "--dry-run"),
    ],
)
def test_options_that_make_no_sense_are_refused(chain_gguf: Path, argv: tuple[str, ...]) -> None:
    assert run(str(chain_gguf), *argv).returncode == 2


def test_a_file_name_does_not_write_on_the_terminal(chain_gguf: Path, tmp_path: Path) -> None:
    odd = tmp_path / "a\x07.gguf"
    odd.symlink_to(chain_gguf)
    done = run(str(odd), "--dry-run")
    assert (done.returncode, "\x07" in done.stdout) == (0, False)


def test_more_context_than_llama_can_count_is_refused(chain_gguf: Path) -> None:
    done = run(str(chain_gguf), "--context", "4194305", "--parallel", "256")
    assert (done.returncode, "is not in the range" in done.stderr) == (2, True)


def test_a_model_without_drafts_needs_to_be_asked_for(tmp_path: Path) -> None:
    lost = tiny.write(tmp_path / "lost.gguf", tensors=False)
    refused, served_plain = run(str(lost), "--dry-run"), run(str(lost), "--dry-run", "--no-speculation")
    assert refused.returncode == 2
    assert "says it has 1 NextN layers, but their tensors are not in it" in refused.stderr
    assert served_plain.returncode == 0
    assert "plain, without drafts" in served_plain.stdout
