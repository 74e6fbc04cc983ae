"""`lists trust`: a person accepts a publisher of lists."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from slopguard.cli import lists_trust
from slopguard.config import ListSource
from slopguard.errors import ConfigError
from tests.cli.program import Program
from tests.cli.publisher import at_a_terminal, saved
from tests.simulators.lists_repository import ListsRepository, ListsServer, key


@pytest.fixture
def acme() -> ListsRepository:
    return ListsRepository()


@pytest.fixture
def server(acme: ListsRepository) -> Iterator[ListsServer]:
    with acme.served() as running:
        yield running


def test_a_person_sees_who_signs_and_accepts(slopguard: Program, acme: ListsRepository, server: ListsServer) -> None:
    ended = at_a_terminal(slopguard, "lists", "trust", server.url, "--team", "payments")
    assert ended.rc == 0, ended
    assert f"lists 'acme', published at {server.url}" in ended.out
    assert f"root    sha256:{acme.pin}" in ended.out
    assert "root: 2 of 3 must sign: (ed25519 " in ended.out
    assert "teams: payments; yours: payments" in ended.out
    assert saved(slopguard) == {
        "lists": {"sources": [{"url": server.url, "root": f"sha256:{acme.pin}"}], "teams": ["payments"]}
    }
    assert slopguard("ask", "--offline", "pypi:payfast").rc == 0
    rows = slopguard("log", "--format", "json").json["entries"]
    assert [(row["verdict"], row["rule"], row["door"]) for row in rows][:1] == [("accepted", "trust", "lists")]


@pytest.mark.parametrize("answer", ["", "no", "y"])
def test_any_answer_but_yes_accepts_nothing(slopguard: Program, server: ListsServer, answer: str) -> None:
    assert at_a_terminal(slopguard, "lists", "trust", server.url, answer=answer).rc == 2
    assert not (slopguard.root / "home/.config/slopguard/slopguard.toml").exists()


@pytest.mark.parametrize("marker", [{"CLAUDECODE": "1"}, {"SLOPGUARD_ACTOR": "agent"}, {"CI": "true"}])
def test_an_agent_and_ci_accept_nobody(slopguard: Program, server: ListsServer, marker: dict[str, str]) -> None:
    ended = at_a_terminal(slopguard, "lists", "trust", server.url, **marker)
    assert ended.rc == 2
    assert f"Ask the user to run: slopguard lists trust {server.url}" in ended.out
    assert server.requests == []


def test_the_digest_that_a_person_was_told_must_be_there(
    slopguard: Program, acme: ListsRepository, server: ListsServer
) -> None:
    wrong = at_a_terminal(slopguard, "lists", "trust", server.url, "--root", f"sha256:{'0' * 64}")
    assert wrong.rc == 4
    assert "no root with the digest" in wrong.out
    assert at_a_terminal(slopguard, "lists", "trust", server.url, "--root", acme.pin).rc == 2
    assert at_a_terminal(slopguard, "lists", "trust", server.url, "--root", f"sha256:{acme.pin}").rc == 0


def test_comments_and_other_sources_survive(slopguard: Program, acme: ListsRepository, server: ListsServer) -> None:
    other = f'{{url = "https://lists.example/", root = "sha256:{"0" * 64}"}}'
    text = f'# mine\nmode = "strict"  # on purpose\n\n[lists]\nsources = [\n  {other},  # theirs\n]\n'
    path = slopguard.write("home/.config/slopguard/slopguard.toml", text)
    assert at_a_terminal(slopguard, "lists", "trust", server.url).rc == 0
    kept = path.read_text()
    assert kept.startswith('# mine\nmode = "strict"  # on purpose\n')
    assert "# theirs" in kept
    assert [each["url"] for each in saved(slopguard)["lists"]["sources"]] == ["https://lists.example/", server.url]


def test_sources_written_as_tables_get_one_more(slopguard: Program, server: ListsServer) -> None:
    text = f'[[lists.sources]]\nurl = "https://lists.example/"\nroot = "sha256:{"0" * 64}"\n'
    slopguard.write("home/.config/slopguard/slopguard.toml", text)
    assert at_a_terminal(slopguard, "lists", "trust", server.url).rc == 0
    assert [each["url"] for each in saved(slopguard)["lists"]["sources"]] == ["https://lists.example/", server.url]


def test_another_root_replaces_the_one_before_and_both_are_shown(slopguard: Program) -> None:
    """Two of three keys lost: the publisher starts again with a new root, and everybody accepts it anew."""
    before, after = ListsRepository(), ListsRepository()
    with before.served() as server:
        assert at_a_terminal(slopguard, "lists", "trust", server.url, "--team", "payments").rc == 0
        server.content = after.published
        assert slopguard("lists", "sync").rc == 4
        ended = at_a_terminal(slopguard, "lists", "trust", server.url.rstrip("/"))
        assert ended.rc == 0, ended
        assert f"root    sha256:{after.pin}" in ended.out
        assert f"before  sha256:{before.pin}: it no longer counts" in ended.out
        assert saved(slopguard)["lists"]["sources"] == [{"url": server.url, "root": f"sha256:{after.pin}"}]
        assert slopguard("lists", "sync").rc == 0


def test_a_root_that_was_replaced_since_is_told(slopguard: Program, acme: ListsRepository, server: ListsServer) -> None:
    leaving, people = acme.signers["root"][:2], [acme.keys["root"][2], key(), key()]
    acme.keys |= {"root": people, "targets": people}
    acme.signers |= {"root": people, "targets": people}
    acme.publish_root(*leaving)
    acme.publish()
    ended = at_a_terminal(slopguard, "lists", "trust", server.url)
    assert "this is root 1; its people have replaced it since: in force is root 2" in ended.out


def test_a_team_that_the_publisher_does_not_have_is_refused_before_anybody_is_asked(
    slopguard: Program, server: ListsServer
) -> None:
    ended = at_a_terminal(slopguard, "lists", "trust", server.url, "--team", "nobody")
    assert ended.rc == 2
    assert "that publisher has no team 'nobody'. It has: payments." in ended.out
    assert "Type yes" not in ended.out


def test_a_list_that_cannot_be_verified_is_not_offered(
    slopguard: Program, acme: ListsRepository, server: ListsServer
) -> None:
    acme.signers["targets"] = acme.signers["targets"][:1]
    acme.publish()
    ended = at_a_terminal(slopguard, "lists", "trust", server.url)
    assert ended.rc == 4
    assert "not signed by enough of the right keys" in ended.out
    assert "Type yes" not in ended.out


def test_a_list_that_could_not_be_used_afterwards_is_not_offered(
    slopguard: Program, acme: ListsRepository, server: ListsServer
) -> None:
    acme.signed = acme.now + timedelta(days=2)
    acme.publish()
    ended = at_a_terminal(slopguard, "lists", "trust", server.url)
    assert ended.rc == 4
    assert "after what this machine's clock says" in ended.out
    assert "Type yes" not in ended.out


@pytest.mark.parametrize(
    "url",
    [
        "lists.example",
        "ftp://lists.example/",
        "https://me:hidden@lists.example/",
        "https:///",
        "https://x/?a=b",
        "https://[",
    ],
)
def test_what_is_no_address_is_refused(slopguard: Program, url: str) -> None:
    ended = at_a_terminal(slopguard, "lists", "trust", url)
    assert ended.rc == 2
    assert "that is not the address of a publisher" in ended.out


@pytest.mark.parametrize("before", [None, b"# mine\n"])
def test_settings_that_do_not_load_afterwards_are_put_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: bytes | None
) -> None:
    """The organisation's file may forbid further publishers."""

    def forbidden(*args: object) -> None:
        raise ConfigError("'lists.sources' would loosen")

    path = tmp_path / "slopguard.toml"
    if before is not None:
        path.write_bytes(before)
    monkeypatch.setattr(lists_trust, "load", forbidden)
    with pytest.raises(ConfigError, match="would loosen"):
        lists_trust._settle(path, ListSource("https://lists.example/", f"sha256:{'0' * 64}"), ())
    assert (path.read_bytes() if path.exists() else None) == before


@pytest.mark.parametrize("text", [b"\xff", b"[", b'lists = "none"', b'[lists]\nsources = "none"'])
def test_settings_that_cannot_be_edited_are_left_alone(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "slopguard.toml"
    path.write_bytes(text)
    with pytest.raises(ConfigError, match="cannot be edited"):
        lists_trust._settle(path, ListSource("https://lists.example/", f"sha256:{'0' * 64}"), ("web",))
    assert path.read_bytes() == text


def test_settings_behind_a_link_are_edited_where_they_are(tmp_path: Path) -> None:
    real, link = tmp_path / "dotfiles.toml", tmp_path / "slopguard.toml"
    real.write_text("")
    link.symlink_to(real)
    lists_trust._settle(link, ListSource("https://lists.example/", f"sha256:{'0' * 64}"), ("web",))
    assert link.is_symlink()
    assert tomllib.loads(real.read_text())["lists"]["teams"] == ["web"]


def test_a_second_publisher_of_the_same_name_is_refused_before_anything_is_asked(slopguard: Program) -> None:
    with ListsRepository().served() as first, ListsRepository().served() as second:
        assert at_a_terminal(slopguard, "lists", "trust", first.url).rc == 0
        ended = at_a_terminal(slopguard, "lists", "trust", second.url)
        assert ended.rc == 2
        assert f"your settings have lists called 'acme' already, at {first.url}" in ended.out
        assert [each["url"] for each in saved(slopguard)["lists"]["sources"]] == [first.url]
