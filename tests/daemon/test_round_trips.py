"""What a command hands over arrives as it was, and so does what the daemon answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slopguard.clients.interface import GateAddress
from slopguard.config import Settings
from slopguard.daemon import frames, wire
from slopguard.daemon.interface import Closed, Opening
from slopguard.daemon.plain import Garbled, decode, encode
from slopguard.errors import ConfigError, EnvironmentFailed, InputError, SlopguardError, StoreError
from slopguard.indexes import Credentials, Index, IndexKind
from slopguard.model import Door, Ecosystem, Layer, Request, Verdict
from slopguard.names import BadName
from tests.daemon.vocabulary import of


def travelled(hint: Any, value: Any) -> Any:
    frame = frames.pack({"it": encode(hint, value)})
    assert frames.length(frame[: frames.HEAD], frames.LONGEST) == len(frame) - frames.HEAD
    return decode(hint, frames.unpack(frame[frames.HEAD :])["it"])


@given(of(Opening))
def test_every_opening_arrives_as_it_was(opening: Opening) -> None:
    assert travelled(Opening, opening) == opening


@settings(max_examples=40)
@given(st.lists(of(Verdict), max_size=3), st.data())
def test_every_verdict_arrives_as_it_was(verdicts: list[Verdict], data: st.DataObject) -> None:
    requests = [data.draw(st.sampled_from([verdict.request, data.draw(of(Request))])) for verdict in verdicts]
    said = json.loads(json.dumps(wire.verdicts_out(verdicts, requests)))
    assert wire.verdicts_in(said, requests) == verdicts


@settings(max_examples=40)
@given(of(Closed))
def test_every_account_of_a_session_arrives_as_it_was(closed: Closed) -> None:
    arrived: Closed = travelled(Closed, closed)
    assert (arrived.refusals, arrived.notes) == (closed.refusals, closed.notes)
    assert list(map(repr_of, arrived.failures)) == list(map(repr_of, closed.failures))


@given(of(wire.Opened) | of(wire.State), of(Credentials))
def test_every_other_answer_arrives_as_it_was(answer: Any, credentials: Credentials) -> None:
    assert travelled(type(answer), answer) == answer
    assert travelled(Credentials | None, credentials) == credentials
    assert travelled(Credentials | None, None) is None


@pytest.mark.parametrize("kind", [SlopguardError, ConfigError, InputError, EnvironmentFailed, StoreError])
def test_an_error_arrives_as_the_class_that_it_is(kind: type[SlopguardError]) -> None:
    arrived = travelled(SlopguardError, kind("words", "a hint"))
    assert (type(arrived), repr_of(arrived)) == (kind, repr_of(kind("words", "a hint")))


def test_an_error_that_is_made_in_another_way_arrives_with_its_code() -> None:
    arrived = travelled(SlopguardError, BadName("too-long"))
    assert isinstance(arrived, InputError)
    assert repr_of(arrived) == repr_of(BadName("too-long"))


def test_what_asks_for_credentials_stays_with_the_command() -> None:
    index = Index(Ecosystem.NPM, "k", "https://registry.example/", IndexKind.DEFAULT, Layer.USER, ask=Credentials)
    arrived: Index = travelled(Index, index)
    assert arrived == index
    assert arrived.ask is None


def test_what_has_its_default_value_does_not_travel() -> None:
    opening = Opening(Settings(Path("/home")), (), Door("pip"))
    assert encode(Opening, opening) == {"settings": {"home": "/home"}, "indexes": [], "door": {"name": "pip"}}


@pytest.mark.parametrize(
    "said",
    [
        None,
        [],
        {},
        {"base": 1, "user": "u"},
        {"base": "b"},
        {"base": "b", "user": "u", "more": 1},
        {"base": "b", "user": None},
        "text",
    ],
)
def test_what_is_not_what_it_must_be_is_garbled(said: Any) -> None:
    with pytest.raises(Garbled):
        decode(GateAddress, said)


@given(st.binary(max_size=200))
def test_bytes_that_are_no_message_are_garbled(data: bytes) -> None:
    try:
        said = frames.unpack(data)
    except Garbled:
        return
    assert isinstance(said, dict)


def test_a_frame_that_is_too_long_is_neither_sent_nor_read() -> None:
    with pytest.raises(Garbled):
        frames.pack({"it": "x" * frames.LONGEST})
    with pytest.raises(Garbled):
        frames.length((frames.LONGEST + 1).to_bytes(frames.HEAD, "big"), frames.LONGEST)


def repr_of(error: SlopguardError) -> tuple[str, str, str, int]:
    return error.code, str(error), error.hint, error.exit_code
