"""The entry point for tuf-conformance works: `init`, `refresh` and `download` as the suite calls them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.simulators.lists_repository import ListsRepository, ListsServer

CLIENT = Path(__file__).with_name("client.py")


class Client:
    """The client under test, with folders of its own."""

    def __init__(self, folder: Path, server: ListsServer) -> None:
        self.metadata, self.targets = folder / "metadata", folder / "targets"
        self.metadata.mkdir()
        self.targets.mkdir()
        self.server = server

    def __call__(self, *command: str) -> int:
        where = ["--metadata-dir", str(self.metadata), "--metadata-url", f"{self.server.url}metadata"]
        into = ["--target-dir", str(self.targets), "--target-base-url", f"{self.server.url}targets"]
        done = subprocess.run([sys.executable, str(CLIENT), *where, *into, *command], capture_output=True, text=True)
        assert "Traceback" not in done.stderr
        return done.returncode


@pytest.fixture
def acme() -> ListsRepository:
    return ListsRepository()


def test_it_can_be_executed() -> None:
    assert os.access(CLIENT, os.X_OK)


def test_init_refresh_and_download(tmp_path: Path, acme: ListsRepository) -> None:
    with acme.served() as server:
        client = Client(tmp_path, server)
        (tmp_path / "root.json").write_bytes(acme.published["metadata/1.root.json"])
        assert client("init", str(tmp_path / "root.json")) == 0
        assert server.requests == []
        assert client("refresh") == 0
        assert (client.metadata / "snapshot.json").read_bytes() == acme.published["metadata/1.snapshot.json"]
        assert client("--target-name", "common.tsv", "--target-name", "payments.tsv", "download") == 0
        assert {path.read_bytes() for path in client.targets.iterdir()} == {acme.data("common"), acme.data("payments")}
        server.requests.clear()
        assert client("--target-name", "common.tsv", "download") == 0
        assert not [path for path in server.asked if path.startswith("targets/")]


def test_what_is_refused_ends_in_1(tmp_path: Path, acme: ListsRepository) -> None:
    with acme.served() as server:
        client = Client(tmp_path, server)
        assert client("init", str(tmp_path / "nothing")) == 1
        (tmp_path / "root.json").write_bytes(acme.published["metadata/1.root.json"])
        client("init", str(tmp_path / "root.json"))
        assert client("--target-name", "nothing.tsv", "download") == 1
        acme.signers["timestamp"] = acme.signers["payments"]
        acme.publish_timestamp()
        assert client("refresh") == 1
