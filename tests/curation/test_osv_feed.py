"""Where records come from: files, folders, zips, addresses; none of them can eat the machine or lead elsewhere."""

from __future__ import annotations

import io
import json
import os
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slopguard.curation import feed
from slopguard.curation.feed import records
from slopguard.errors import InputError, SlopguardError, UpstreamError, UsageError

ONE, TWO = b'{"id": "MAL-1"}', b'{"id": "MAL-2"}'


def zipped(members: dict[str, bytes], how: int = zipfile.ZIP_DEFLATED) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", how) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return made.getvalue()


def held(tmp_path: Path, data: bytes, name: str = "feed") -> str:
    (tmp_path / name).write_bytes(data)
    return str(tmp_path / name)


def test_a_folder_gives_its_json_in_order(tmp_path: Path) -> None:
    for name in ("npm/b/MAL-2.json", "npm/a/MAL-1.json", "README.md"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(ONE)
    assert [where for where, _ in records(str(tmp_path))] == ["npm/a/MAL-1.json", "npm/b/MAL-2.json"]


def test_a_file_that_may_not_be_read_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held(tmp_path, ONE, "MAL-1.json")

    def refuse(*args: object) -> bytes:
        raise PermissionError

    monkeypatch.setattr(feed, "_limited", refuse)
    with pytest.raises(InputError, match=r"MAL-1\.json: cannot be read"):
        list(records(str(tmp_path)))


def test_a_link_in_a_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere.txt").write_bytes(ONE)
    (tmp_path / "feed").mkdir()
    (tmp_path / "feed" / "MAL-1.json").symlink_to(tmp_path / "elsewhere.txt")
    assert list(records(str(tmp_path / "feed"))) == []


def test_a_pipe_in_a_folder_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "MAL-1.json")
    (tmp_path / "MAL-2.json").write_bytes(TWO)
    assert list(records(str(tmp_path))) == [("MAL-2.json", TWO)]


def test_a_zip_gives_its_json(tmp_path: Path) -> None:
    data = zipped({"npm/MAL-1.json": ONE, "../../MAL-2.json": TWO, "LICENSE": b"text"})
    assert list(records(held(tmp_path, data))) == [("feed, npm/MAL-1.json", ONE), ("feed, ../../MAL-2.json", TWO)]
    assert [path.name for path in tmp_path.iterdir()] == ["feed"]


def test_a_file_holds_one_record_a_line_or_one_or_a_list(tmp_path: Path) -> None:
    assert [data for _, data in records(held(tmp_path, ONE + b"\n\n" + TWO))] == [ONE + b"\n", TWO]
    pretty = json.dumps(json.loads(ONE), indent=1).encode()
    assert list(records(held(tmp_path, pretty))) == [("feed", pretty)]
    assert [data for _, data in records(held(tmp_path, b"[" + ONE + b"," + TWO + b"]"))] == [ONE, TWO]


def test_what_is_no_json_at_all_is_given_on_to_be_named(tmp_path: Path) -> None:
    assert list(records(held(tmp_path, b"junk"))) == [("feed", b"junk")]
    assert [where for where, _ in records(held(tmp_path, ONE + b"\njunk"))] == ["feed, line 1", "feed, line 2"]


@pytest.mark.parametrize("what", ["nowhere", "nul\0"])
def test_what_is_not_there_is_an_error(tmp_path: Path, what: str) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        list(records(str(tmp_path / what)))


def test_a_record_is_of_a_sane_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "LARGEST_RECORD", 1_000)
    large = b'{"id": "' + b"x" * 1_000 + b'"}'
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "a.json").write_bytes(large)
    for what in (held(tmp_path, large), held(tmp_path, ONE + b"\n" + large, "lines"), str(folder)):
        with pytest.raises(InputError, match="larger than"):
            list(records(what))
    with pytest.raises(InputError, match="larger than"):
        list(records(held(tmp_path, zipped({"a.json": large}), "zip")))


def test_an_archive_does_not_grow_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "LARGEST_RECORD", 100_000)
    bomb = zipped({f"{number}.json": b" " * 90_000 for number in range(100)})
    with pytest.raises(InputError, match="grows too large"):
        list(records(held(tmp_path, bomb)))
    plain = zipped({f"{number}.json": ONE for number in range(100)}, zipfile.ZIP_STORED)
    assert len(list(records(held(tmp_path, plain)))) == 100


def test_records_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "MOST_RECORDS", 2)
    with pytest.raises(InputError, match="more than 2 records"):
        list(records(held(tmp_path, (ONE + b"\n") * 3)))


@given(st.binary(max_size=60), st.integers(0, 200), st.binary(max_size=4))
def test_a_damaged_archive_is_read_or_refused(tmp_path_factory, junk: bytes, at: int, patch: bytes) -> None:  # type: ignore[no-untyped-def]
    whole = zipped({"a.json": ONE, "b.json": TWO})
    folder = tmp_path_factory.mktemp("zip")
    for data in (b"PK" + junk, whole[:at] + patch + whole[at + len(patch) :], whole[:-at] if at else whole):
        try:
            list(records(held(folder, data)))
        except InputError:
            continue


class Server(HTTPServer):
    """Serves one body, whatever is asked for."""

    body = b""
    status = 200

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/all.zip"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, Server)
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(self.server.body)))
        self.send_header("Location", "/elsewhere")
        self.end_headers()
        self.wfile.write(self.server.body)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(("127.0.0.1", 0), Handler) as made:
        thread = threading.Thread(target=made.serve_forever)
        thread.start()
        yield made
        made.shutdown()
        thread.join()


def test_an_address_gives_what_its_file_holds(server: Server) -> None:
    server.body = zipped({"MAL-1.json": ONE})
    assert list(records(server.url)) == [("the answer, MAL-1.json", ONE)]
    server.body = ONE + b"\n" + TWO
    assert [where for where, _ in records(server.url)] == ["the answer, line 1", "the answer, line 2"]


@pytest.mark.parametrize("status", [302, 404, 500])
def test_an_answer_that_is_none_is_no_data(server: Server, status: int) -> None:
    server.status = status
    with pytest.raises(UpstreamError, match=f"answered {status}"):
        list(records(server.url))


def test_a_server_that_does_not_answer_is_no_data() -> None:
    with pytest.raises(UpstreamError, match="no usable answer"):
        list(records("http://127.0.0.1:9/all.zip"))


def test_an_answer_is_of_a_sane_size(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "LARGEST_FEED", 10)
    server.body = ONE
    with pytest.raises(InputError, match="answer is larger"):
        list(records(server.url))


@pytest.mark.parametrize(
    "url", ["http://feeds.example/all.zip", "ftp://feeds.example/x", "https://", "file:///etc/x", "https://[::1/x"]
)
def test_what_nobody_signs_is_fetched_over_https_only(url: str) -> None:
    with pytest.raises(UsageError):
        list(records(url))


@given(st.text(max_size=30))
def test_any_address_is_fetched_or_refused(tail: str) -> None:
    with pytest.raises(SlopguardError):
        list(records(f"gopher://{tail}"))
