"""Tokens: what is kept of them, who they prove a caller to be, and that a file nobody should trust lets nobody in."""

from __future__ import annotations

import base64
import errno
import os
from pathlib import Path

import pytest

from slopguard.errors import ConfigError, UsageError
from slopguard.indexes import Credentials
from slopguard.model import Actor
from slopguard.serve import tokens
from slopguard.serve.tokens import TokenFile, Tokens


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "kept" / "serve.tokens"


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def test_a_token_is_shown_once_and_only_its_hash_is_kept(path: Path) -> None:
    secret = tokens.add(path, "ana", Actor.HUMAN)
    assert len(secret) >= 43
    assert secret not in path.read_text()
    assert path.stat().st_mode & 0o777 == 0o600


def test_equal_tokens_would_have_different_hashes(path: Path) -> None:
    tokens.add(path, "ana", Actor.HUMAN)
    tokens.add(path, "ben", Actor.AGENT)
    one, other = tokens.read(path).all
    assert one.salt != other.salt
    assert (one.actor, other.actor) == (Actor.HUMAN, Actor.AGENT)


def test_a_token_proves_a_caller_as_basic_and_as_bearer(path: Path) -> None:
    secret = tokens.add(path, "ana", Actor.HUMAN)
    known = tokens.read(path)
    for header in (basic("ana", secret), f"Bearer ana.{secret}", f"bearer ana.{secret}", basic(f"ana.{secret}", "")):
        caller = known.caller(header)
        assert caller is not None, header
        assert (caller.name, caller.actor, caller.login) == ("ana", Actor.HUMAN, None)


def test_the_callers_own_login_comes_with_the_token(path: Path) -> None:
    secret = tokens.add(path, "ana", Actor.HUMAN)
    known = tokens.read(path)
    caller = known.caller(basic(f"ana.{secret}.ana@acme.example", "her:password"))
    assert caller is not None
    assert caller.login == Credentials("ana@acme.example", "her:password")
    caller = known.caller(f"Bearer ana.{secret}.npm_her.token")
    assert caller is not None
    assert caller.login == Credentials("", "npm_her.token", "bearer")
    assert "her" not in repr(caller.login)


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Basic",
        "Basic !!",
        "Basic " + base64.b64encode(b"\xff\xfe:x").decode(),
        "Digest ana",
        "Bearer ana",
        "Bearer ana.",
        "Bearer .x",
        basic("ana", ""),
        basic("ana", "sgt_wrong"),
        basic("", ""),
        basic("nobody", "sgt_wrong"),
    ],
)
def test_anything_else_proves_nobody(header: str | None, path: Path) -> None:
    tokens.add(path, "ana", Actor.HUMAN)
    assert tokens.read(path).caller(header) is None


def test_one_callers_token_is_not_another_s(path: Path) -> None:
    tokens.add(path, "ana", Actor.HUMAN)
    secret = tokens.add(path, "ben", Actor.CI)
    assert tokens.read(path).caller(basic("ana", secret)) is None


def test_a_file_that_others_may_read_lets_nobody_in(path: Path) -> None:
    secret = tokens.add(path, "ana", Actor.HUMAN)
    path.chmod(0o640)
    with pytest.raises(ConfigError, match="others may read"):
        tokens.read(path)
    watched = TokenFile(path)
    assert watched.now().caller(basic("ana", secret)) is None
    assert watched.problem is not None


@pytest.mark.parametrize("line", ["ana human", "ana root 00 00 now", "Ana human " + "0" * 32 + " " + "0" * 64 + " now"])
def test_a_file_with_a_line_that_is_no_token_lets_nobody_in(line: str, path: Path) -> None:
    secret = tokens.add(path, "ana", Actor.HUMAN)
    with path.open("a") as file:
        file.write(f"{line}\n")
    with pytest.raises(ConfigError, match="no token"):
        tokens.read(path)
    assert TokenFile(path).now().caller(basic("ana", secret)) is None


def test_a_running_server_sees_every_change(path: Path) -> None:
    watched = TokenFile(path)
    assert len(watched.now()) == 0
    secret = tokens.add(path, "ana", Actor.HUMAN)
    assert watched.now().caller(basic("ana", secret)) is not None
    other = tokens.add(path, "ben", Actor.HUMAN)
    tokens.revoke(path, "ana")
    assert watched.now().caller(basic("ana", secret)) is None
    assert watched.now().caller(basic("ben", other)) is not None
    path.unlink()
    assert watched.now().caller(basic("ben", other)) is None


def test_a_token_of_the_same_name_made_anew_is_another_caller(path: Path) -> None:
    first = tokens.read(path)
    one = Tokens({}).caller(basic("ana", tokens.add(path, "ana", Actor.HUMAN)))
    assert one is None
    assert len(first) == 0
    before = tokens.read(path).all[0].hash
    tokens.revoke(path, "ana")
    tokens.add(path, "ana", Actor.HUMAN)
    assert tokens.read(path).all[0].hash != before


@pytest.mark.parametrize("name", ["", "Ana", "a b", "a.b", "a:b", "-a", "a" * 41, "\u00e4"])
def test_a_name_is_one_plain_word(name: str, path: Path) -> None:
    with pytest.raises(UsageError):
        tokens.add(path, name, Actor.CI)
    assert not path.exists()


def test_a_name_is_taken_until_its_token_is_revoked(path: Path) -> None:
    tokens.add(path, "ana", Actor.HUMAN)
    with pytest.raises(UsageError, match="already"):
        tokens.add(path, "ana", Actor.HUMAN)
    tokens.revoke(path, "ana")
    with pytest.raises(UsageError, match="no token of that name"):
        tokens.revoke(path, "ana")


def test_a_server_that_could_not_read_the_file_for_a_moment_tries_again(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = tokens.add(path, "ana", Actor.HUMAN)
    watched = TokenFile(path)
    with monkeypatch.context() as short:
        short.setattr(os, "open", _no_descriptor)
        assert watched.now().caller(basic("ana", secret)) is None
        assert watched.problem is not None
    assert watched.now().caller(basic("ana", secret)) is not None
    assert watched.problem is None


@pytest.mark.parametrize("place", ["a-file/serve.tokens", "a-file/more/serve.tokens"])
def test_a_place_that_is_none_is_said_in_words(place: str, tmp_path: Path) -> None:
    (tmp_path / "a-file").write_text("")
    with pytest.raises(ConfigError, match="cannot be written"):
        tokens.add(tmp_path / place, "ana", Actor.HUMAN)


def _no_descriptor(*_: object) -> None:
    raise OSError(errno.EMFILE, "too many open files")


def test_a_running_server_without_its_file_is_not_well(path: Path) -> None:
    secret = tokens.add(path, "ana", Actor.HUMAN)
    watched = TokenFile(path)
    assert watched.now().caller(basic("ana", secret)) is not None
    kept = path.rename(path.with_suffix(".away"))
    assert watched.now().caller(basic("ana", secret)) is None
    assert watched.problem is not None
    kept.rename(path)
    assert watched.now().caller(basic("ana", secret)) is not None
    assert watched.problem is None


def test_a_pipe_is_not_waited_for(path: Path) -> None:
    path.parent.mkdir(mode=0o700)
    os.mkfifo(path, 0o600)
    with pytest.raises(ConfigError, match="is no file"):
        tokens.read(path)
