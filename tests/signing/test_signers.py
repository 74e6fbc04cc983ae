"""Signers of machines, hardware and providers: the right key or none, and every failure in our words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from securesystemslib.exceptions import UnsupportedLibraryError
from securesystemslib.signer import SIGNER_FOR_URI_SCHEME, CryptoSigner, Key, Signature, Signer

from slopguard.errors import SigningError, UsageError
from slopguard.signing.envelope import opened, seal
from slopguard.signing.keys import machine_key
from slopguard.signing.places import arguments
from slopguard.signing.public import PublicKey
from slopguard.signing.signers import imported, machine_signer, signer_for
from tests.simulators.keys import made, signer

CARD = signer("card")


class Card(Signer):
    """A card in place of the real one: asks for its PIN when it signs."""

    pin = "123456"
    broken: Exception | None = None

    def __init__(self, key: Key, ask: Any) -> None:
        self._key, self._ask = key, ask

    @property
    def public_key(self) -> Key:
        return self._key

    @classmethod
    def from_priv_key_uri(cls, uri: str, key: Key, ask: Any = None) -> Card:
        if uri == "hsm:0":
            raise UnsupportedLibraryError("python-pkcs11 missing")
        return cls(key, ask)

    @classmethod
    def import_(cls, number: int | None, label: str | None, ask: Any) -> tuple[str, Key]:
        if number == 9:
            raise ValueError("no such slot")
        return f"hsm:{number or 2}?label={label}", CARD.public_key

    def sign(self, payload: bytes) -> Signature:
        if self.broken is not None:
            raise self.broken
        if self._ask("pin") != self.pin:
            raise RuntimeError("CKR_PIN_INCORRECT")
        return CARD.sign(payload)


@pytest.fixture(autouse=True)
def card(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SIGNER_FOR_URI_SCHEME, "hsm", Card)


def works(one: Signer) -> bool:
    return opened(seal(b"x", one), [one.public_key]) == b"x"


def test_a_card_asks_for_its_pin_by_name_and_signs(tmp_path: Path) -> None:
    key = PublicKey("card", CARD.public_key, "hsm:2")
    assert works(signer_for(key, tmp_path, lambda what: {"pin": "123456"}[what]))


def test_whatever_a_device_raises_is_our_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key = PublicKey("card", CARD.public_key, "hsm:2")
    for broken in (OSError("pulled out"), SystemError("driver"), None):
        monkeypatch.setattr(Card, "broken", broken)
        with pytest.raises(SigningError, match="key 'card' does not answer"):
            seal(b"x", signer_for(key, tmp_path, lambda what: "wrong"))


def test_what_is_not_installed_is_named(tmp_path: Path) -> None:
    with pytest.raises(SigningError, match="not installed") as found:
        signer_for(PublicKey("card", CARD.public_key, "hsm:0"), tmp_path, str)
    assert "securesystemslib[hsm]" in (found.value.hint or "")


def test_a_card_tells_its_public_half() -> None:
    assert imported("hsm:3?label=mine", str) == ("hsm:3?label=mine", CARD.public_key)
    with pytest.raises(SigningError, match="does not answer"):
        imported("hsm:9", str)


@pytest.mark.parametrize("uri", ["", "card", "gnupg:1", "sigstore:?x", "http://registry.example/", "hsm:\x1b"])
def test_a_place_that_nobody_knows_is_refused(tmp_path: Path, uri: str) -> None:
    with pytest.raises(UsageError, match="nothing is known"):
        imported(uri, str)


def test_a_key_kept_with_such_a_place_does_not_sign(tmp_path: Path) -> None:
    with pytest.raises(SigningError, match="nothing is known"):
        signer_for(PublicKey("odd", CARD.public_key, "gnupg:1"), tmp_path, str)


def test_the_public_half_of_a_file_is_named_not_asked_for() -> None:
    with pytest.raises(UsageError, match="cannot be asked for"):
        imported("file2:/x", str)


def ask(what: str) -> str:
    return what


@pytest.mark.parametrize(
    ("uri", "wanted"),
    [
        ("hsm:", (None, None, ask)),
        ("hsm:2?label=My+Key", (2, "My Key", ask)),
        ("awskms:arn:aws:kms:eu:1:key/2", ("arn:aws:kms:eu:1:key/2",)),
        ("gcpkms:projects/p/x", ("projects/p/x",)),
        ("azurekms://vault.registry.example/keys/mine/1", ("vault", "mine")),
        ("hv:mine/3", ("mine",)),
    ],
)
def test_uris_are_taken_apart_as_their_providers_want_it(uri: str, wanted: tuple[object, ...]) -> None:
    assert arguments(uri, ask) == wanted


@pytest.mark.parametrize("uri", ["hsm:two", "awskms:", "azurekms://vault", "azurekms:///keys/a", "hv:", "gcpkms:"])
def test_a_uri_without_its_parts_is_refused_with_its_form(uri: str) -> None:
    with pytest.raises(UsageError, match="not the URI of such a key") as found:
        arguments(uri, ask)
    assert (found.value.hint or "").startswith(f"Write it as {uri.partition(':')[0]}:")


@pytest.fixture
def ci(tmp_path: Path) -> tuple[PublicKey, Path]:
    """A CI key in a file."""
    public, pem = machine_key("ci")
    path = tmp_path / "ci.pem"
    path.write_bytes(pem)
    return public, path


def test_a_machine_signs_with_a_variable_or_a_file(ci: tuple[PublicKey, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    public, path = ci
    monkeypatch.setenv("CI_KEY", path.read_text())
    for spec in ("env:CI_KEY", f"file:{path}", f"file2:{path}"):
        assert machine_signer(spec).public_key == public.key
        assert works(machine_signer(spec, public))


def test_a_machine_does_not_sign_with_another_key(ci: tuple[PublicKey, Path]) -> None:
    with pytest.raises(SigningError, match="does not belong to the public one"):
        machine_signer(f"file:{ci[1]}", PublicKey("ci", CARD.public_key))


def test_a_machine_cannot_use_a_key_with_a_passphrase(tmp_path: Path) -> None:
    (tmp_path / "ana.pem").write_bytes(made("ana")[0])
    with pytest.raises(SigningError, match="a machine's key has none"):
        machine_signer(f"file:{tmp_path / 'ana.pem'}")


def test_a_machine_has_nobody_to_type_a_pin() -> None:
    with pytest.raises(SigningError, match="a machine cannot"):
        seal(b"x", machine_signer("hsm:2", PublicKey("card", CARD.public_key)))


def test_a_key_at_a_provider_needs_its_public_half() -> None:
    with pytest.raises(UsageError, match="its public half is needed"):
        machine_signer("hsm:2")


@pytest.mark.parametrize("spec", ["", "CI_KEY", "ssh:/x", "env", "pass:word"])
def test_what_is_no_place_of_a_machines_key_is_refused(spec: str) -> None:
    with pytest.raises(UsageError, match="is written env:VARIABLE"):
        machine_signer(spec)


def test_a_variable_that_is_not_set_and_a_file_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI_KEY", raising=False)
    with pytest.raises(SigningError, match="variable that holds the machine's key is not set"):
        machine_signer("env:CI_KEY")
    monkeypatch.setenv("CI_KEY", "no key")
    with pytest.raises(SigningError, match="env:CI_KEY: is no private key"):
        machine_signer("env:CI_KEY")
    with pytest.raises(SigningError, match="cannot be read"):
        machine_signer("file:/no/such/file")


def test_a_ci_key_in_a_file_named_by_uri_signs(ci: tuple[PublicKey, Path], tmp_path: Path) -> None:
    public, path = ci
    assert works(signer_for(PublicKey("ci", public.key, f"file2:{path}", machine=True), tmp_path, str))


def test_a_key_in_pem_with_the_scheme_it_was_handed_out_with(tmp_path: Path) -> None:
    rsa = CryptoSigner.generate_rsa(scheme="rsa-pkcs1v15-sha256", size=2048)
    path = tmp_path / "rsa.pem"
    path.write_bytes(rsa.private_bytes)
    assert works(machine_signer(f"file:{path}", PublicKey("rsa", rsa.public_key)))
    assert made("ana")[1].public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
