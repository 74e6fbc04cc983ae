"""A host stands elsewhere than its caller: what a caller names by a relative path means the same to both."""

from __future__ import annotations

from pathlib import Path

from slopguard.daemon.interface import placed, surroundings
from slopguard.indexes import Index, IndexKind
from slopguard.model import Ecosystem, Layer

HERE = Path("/home/me/project")
PLAIN = Index(Ecosystem.PYPI, "a", "https://registry.example/simple/", IndexKind.DEFAULT, Layer.USER)


def test_files_of_an_index_are_found_from_anywhere() -> None:
    index = Index(
        Ecosystem.NPM, "a", "https://registry.example/", IndexKind.DEFAULT, Layer.USER,
        ca_file=Path("ca.pem"), ca_extra=Path("/etc/ca.pem"), own_cert=(Path("me.pem"), None),
    )  # fmt: skip
    (found,) = placed([index], HERE)
    assert (found.ca_file, found.ca_extra) == (HERE / "ca.pem", Path("/etc/ca.pem"))
    assert found.own_cert == (HERE / "me.pem", None)


def test_an_index_without_files_is_what_it_was() -> None:
    (found,) = placed([PLAIN], HERE)
    assert found is PLAIN


def test_only_what_says_how_indexes_are_reached_leaves_a_command() -> None:
    env = {"https_proxy": "http://proxy.example", "NO_PROXY": "a.example", "TOKEN": "secret", "PATH": "/bin"}
    assert surroundings(env, HERE) == {"https_proxy": "http://proxy.example", "NO_PROXY": "a.example"}


def test_authorities_are_found_from_anywhere() -> None:
    env = {"SSL_CERT_FILE": "ca.pem", "SSL_CERT_DIR": "/etc/ssl", "no_proxy": ""}
    assert surroundings(env, HERE) == {
        "SSL_CERT_FILE": str(HERE / "ca.pem"),
        "SSL_CERT_DIR": "/etc/ssl",
        "no_proxy": "",
    }
