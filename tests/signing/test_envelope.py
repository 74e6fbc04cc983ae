"""Envelopes: bytes come out only as they were signed, by a key that counts, for this purpose."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from securesystemslib.dsse import Envelope

from slopguard.errors import SigningError
from slopguard.signing.envelope import LARGEST, opened, seal
from tests.simulators.keys import signer

ANA, BEN = signer("ana"), signer("ben")
KEYS = [ANA.public_key]
SEALED = seal(b"payload", ANA)


@given(st.binary(max_size=200))
def test_what_was_sealed_comes_out(payload: bytes) -> None:
    assert opened(seal(payload, ANA), [BEN.public_key, ANA.public_key]) == payload


def test_the_signature_of_another_key_does_not_count() -> None:
    for keys in ([BEN.public_key], []):
        with pytest.raises(SigningError, match="not signed by any key that counts here"):
            opened(SEALED, keys)


def test_what_was_signed_for_another_purpose_does_not_count() -> None:
    envelope = Envelope(b"payload", "application/vnd.in-toto+json", {})
    envelope.sign(ANA)
    with pytest.raises(SigningError, match="another purpose"):
        opened(json.dumps(envelope.to_dict()).encode(), KEYS)


@given(st.data())
def test_a_changed_byte_gives_the_same_bytes_or_an_error(data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(SEALED) - 1))
    changed = SEALED[:at] + bytes([data.draw(st.integers(0, 255))]) + SEALED[at + 1 :]
    with suppress(SigningError):
        assert opened(changed, KEYS) == b"payload"


FIELDS = json.loads(SEALED)
NOT_ENVELOPES = [
    b"",
    b"{}",
    b"[]",
    b"\xff",
    b"[" * 50_000,
    b" " * LARGEST + SEALED,
    json.dumps(FIELDS | {"more": 1}).encode(),
    json.dumps(FIELDS | {"payload": 1}).encode(),
    json.dumps(FIELDS | {"signatures": []}).encode(),
    json.dumps(FIELDS | {"signatures": {}}).encode(),
    json.dumps(FIELDS | {"signatures": FIELDS["signatures"] * 20}).encode(),
    json.dumps(FIELDS | {"signatures": [1]}).encode(),
    json.dumps(FIELDS | {"signatures": [{"keyid": "a", "sig": []}]}).encode(),
]


@pytest.mark.parametrize("data", NOT_ENVELOPES, ids=range(len(NOT_ENVELOPES)))
def test_what_is_no_envelope_is_an_error(data: bytes) -> None:
    with pytest.raises(SigningError, match="not an envelope"):
        opened(data, KEYS)


def test_one_key_that_signed_twice_is_no_envelope() -> None:
    with pytest.raises(SigningError):
        opened(json.dumps(FIELDS | {"signatures": FIELDS["signatures"] * 2}).encode(), KEYS)
