"""Public keys as files: the id follows from the bytes, and what is wrong is an error of ours."""

from __future__ import annotations

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa, x25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st
from securesystemslib.signer import SSlibKey

from slopguard.errors import SigningError
from slopguard.signing.public import PublicKey, public_from
from tests.simulators.keys import signer

KEY = signer("ana").public_key
TEXT = PublicKey("ana", KEY).to_json()
PRIVATE = {
    "ed25519": ed25519.Ed25519PrivateKey.generate(),
    "ecdsa": ec.generate_private_key(ec.SECP384R1()),
    "rsa": rsa.generate_private_key(65537, 2048),
}


@pytest.mark.parametrize("kind", PRIVATE)
def test_a_key_is_read_as_it_was_written(kind: str) -> None:
    public = PublicKey("ana", SSlibKey.from_crypto(PRIVATE[kind].public_key()), "hsm:2", approves=True)
    assert PublicKey.from_json(public.to_json(shared=False).encode()) == public


def test_what_is_handed_to_others_says_nothing_of_this_machine() -> None:
    for uri in ("ssh:/home/ana/.ssh/id_ed25519", "hsm:2?label=x", ""):
        fields = json.loads(PublicKey("ana", KEY, uri, approves=True).to_json())
        assert fields.keys() == {"name", "keyid", "key"}
    shared = json.loads(PublicKey("ana", KEY, "awskms:1", machine=True).to_json())
    assert (shared["uri"], shared["machine"]) == ("awskms:1", True)


@pytest.mark.parametrize("form", ["pem", "ssh", "json"])
@pytest.mark.parametrize("kind", PRIVATE)
def test_public_keys_come_in_any_usual_form(kind: str, form: str) -> None:
    public = PRIVATE[kind].public_key()
    wanted = SSlibKey.from_crypto(public)
    forms = {
        "pem": public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        "ssh": public.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH) + b" ana@somewhere\n",
        "json": PublicKey("ana", wanted).to_json().encode(),
    }
    assert public_from(forms[form], "file") == wanted


def changed(**fields: Any) -> bytes:
    return json.dumps(json.loads(TEXT) | fields).encode()


OTHER = signer("ben").public_key
BAD = {
    "nothing": b"",
    "no JSON": b"{",
    "no object": b"[]",
    "no UTF-8": b"\xff",
    "deep": b"[" * 20_000,
    "large": changed(uri="x" * 70_000),
    "a field too few": json.dumps({"name": "ana"}).encode(),
    "an unknown field": changed(more=1),
    "a field of another type": changed(approves="yes"),
    "a name that is a path": changed(name="../ana"),
    "the id of another key": changed(keyid=OTHER.keyid),
    "the bytes of another key": changed(key=OTHER.to_dict()),
    "no key": changed(key={}),
    "no bytes": changed(key={"keytype": "ed25519", "scheme": "ed25519", "keyval": {}}),
    "wrong bytes": changed(key={"keytype": "ed25519", "scheme": "ed25519", "keyval": {"public": "zz"}}),
    "bytes of a wrong type": changed(key={"keytype": "rsa", "scheme": "rsassa-pss-sha256", "keyval": {"public": 7}}),
    "an unknown kind": changed(key={"keytype": "sigstore-oidc", "scheme": "Fulcio", "keyval": {"public": "a"}}),
    "another scheme": changed(key=KEY.to_dict() | {"scheme": "rsassa-pss-sha256"}),
}


@pytest.mark.parametrize("what", BAD)
def test_what_is_no_public_key_is_an_error_of_ours(what: str) -> None:
    with pytest.raises(SigningError, match="file: ") as found:
        PublicKey.from_json(BAD[what], "file")
    assert found.value.diagnosis().isprintable()


@given(st.integers(0, len(TEXT) - 1), st.integers(0, 255))
def test_one_changed_byte_never_gives_another_key(at: int, byte: int) -> None:
    data = TEXT.encode()
    try:
        read = PublicKey.from_json(data[:at] + bytes([byte]) + data[at + 1 :])
    except SigningError:
        return
    assert read.key == KEY


@pytest.mark.parametrize(
    "private",
    [
        rsa.generate_private_key(65537, 1024),
        dsa.generate_private_key(1024),
        ec.generate_private_key(ec.SECP256K1()),
        x25519.X25519PrivateKey.generate(),
    ],
    ids=["short RSA", "DSA", "another curve", "no signatures"],
)
def test_weak_and_unknown_kinds_of_keys_are_refused(private: Any) -> None:
    pem = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    with pytest.raises(SigningError):
        public_from(pem, "file")


@pytest.mark.parametrize("data", [b"", b"ssh-ed25519 AAAA", b"-----BEGIN PUBLIC KEY-----\n"])
def test_what_is_no_key_in_any_form_is_refused(data: bytes) -> None:
    with pytest.raises(SigningError, match="no public key"):
        public_from(data, "file")


def test_a_key_of_a_fido_device_is_refused_with_what_to_use() -> None:
    with pytest.raises(SigningError, match="FIDO") as found:
        public_from(b"sk-ssh-ed25519@openssh.com AAAA ana", "file")
    assert "--uri hsm:" in (found.value.hint or "")
