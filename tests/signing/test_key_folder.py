"""The keys of an account: encrypted, never overwritten, opened with their passphrase and nothing else."""

from __future__ import annotations

import base64
import os
import shutil
import struct
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import load_ssh_private_key

from slopguard.errors import ConfigError, SigningError, UsageError
from slopguard.signing.envelope import opened, seal
from slopguard.signing.keys import ROUNDS, KeyFolder, PublicKey, fresh_seed, machine_key, read_file
from slopguard.signing.signers import signer_for
from tests.simulators.keys import PASSPHRASE, WRONG, made, signer

ssh_keygen = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="ssh-keygen is not installed here")


def says(*answers: str) -> Callable[[str], str]:
    """Answers in turn, whatever is asked."""
    left = iter(answers)
    return lambda what: next(left)


def ssh_key(path: Path, passphrase: str = PASSPHRASE, kind: str = "ed25519") -> Path:
    command = ["ssh-keygen", "-q", "-t", kind, "-a", "1", "-N", passphrase, "-f", str(path)]
    subprocess.run(command, check=True, capture_output=True)
    return path


def signs(key: PublicKey, folder: KeyFolder, *answers: str) -> bool:
    return opened(seal(b"x", signer_for(key, folder.folder, says(*answers))), [key.key]) == b"x"


def test_a_new_key_is_encrypted_private_and_signs_with_its_passphrase(folder: KeyFolder) -> None:
    key = folder.new("ana", PASSPHRASE)
    path = folder.private("ana")
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert signs(key, folder, WRONG, WRONG, PASSPHRASE)
    with pytest.raises(SigningError, match="the passphrase is wrong"):
        signs(key, folder, WRONG, WRONG, WRONG)


def test_guessing_costs_more_than_with_openssh_itself() -> None:
    assert ROUNDS >= 24


@ssh_keygen
def test_its_passphrase_is_changed_with_ssh_keygen(folder: KeyFolder) -> None:
    key = folder.new("ana", PASSPHRASE)
    path = str(folder.private("ana"))
    subprocess.run(["ssh-keygen", "-q", "-p", "-P", PASSPHRASE, "-N", WRONG, "-a", "1", "-f", path], check=True)
    assert signs(key, folder, WRONG)


def test_no_key_takes_the_place_of_another(folder: KeyFolder) -> None:
    folder.new("ana", PASSPHRASE)
    before = folder.private("ana").read_bytes()
    with pytest.raises(UsageError, match="there is a key 'ana' already"):
        folder.new("ana", WRONG)
    (folder.folder / "ana.json").unlink()
    with pytest.raises(UsageError, match="already"):
        folder.new("ana", WRONG)
    assert folder.private("ana").read_bytes() == before


@pytest.mark.parametrize("name", ["", "Ana", "../ana", "a" * 33, "-a", "\u00e4", "a b", "a\n"])
def test_what_is_no_name_of_a_key_is_refused(folder: KeyFolder, name: str) -> None:
    with pytest.raises(UsageError, match="a key's name"):
        folder.new(name, PASSPHRASE)
    with pytest.raises(SigningError, match="there is no key"):
        folder.public(name)


def test_a_key_is_made_again_from_its_seed(folder: KeyFolder) -> None:
    seed = fresh_seed()
    assert folder.new("ana", PASSPHRASE, seed=seed).keyid == folder.new("again", WRONG, seed=seed).keyid


def test_a_new_key_is_announced_before_it_can_be_used(tmp_path: Path, quick: None) -> None:
    def announced(key: PublicKey) -> None:
        assert not (tmp_path / f"{key.name}.json").exists()
        raise ConfigError("no ledger")

    with pytest.raises(ConfigError, match="no ledger"):
        KeyFolder(tmp_path, announced).new("ana", PASSPHRASE)
    assert KeyFolder(tmp_path).names() == []


def test_keys_are_listed_and_only_marked_ones_approve(folder: KeyFolder) -> None:
    assert folder.names() == []
    folder.new("ana", PASSPHRASE, approves=True)
    folder.new("ben", PASSPHRASE)
    folder.keep_public(PublicKey("ci", signer("ci").public_key, machine=True, approves=True))
    folder.keep_public(PublicKey("cloud", signer("cloud").public_key, "awskms:1", approves=True))
    assert [key.name for key in folder.all()] == ["ana", "ben", "ci", "cloud"]
    assert [key.name for key in folder.approving()] == ["ana"]


def test_a_public_file_that_is_not_what_it_must_be_approves_nothing(folder: KeyFolder) -> None:
    folder.new("ana", PASSPHRASE, approves=True)
    shutil.copy(folder.folder / "ana.json", folder.folder / "ben.json")
    (folder.folder / "cem.json").write_text("{")
    assert [key.name for key in folder.approving()] == ["ana"]
    with pytest.raises(SigningError, match="holds the key of somebody else"):
        folder.public("ben")
    with pytest.raises(SigningError, match="holds the key of somebody else"):
        folder.all()


def test_the_private_half_of_another_key_is_not_used(folder: KeyFolder) -> None:
    key = folder.new("ana", PASSPHRASE)
    folder.private("ana").write_bytes(made("ben")[0])
    with pytest.raises(SigningError, match="does not belong to the public one"):
        signs(key, folder, PASSPHRASE)
    folder.private("ana").write_text("nothing")
    with pytest.raises(SigningError, match="is no private key"):
        signs(key, folder, PASSPHRASE)
    folder.private("ana").unlink()
    with pytest.raises(SigningError, match="cannot be read"):
        signs(key, folder, PASSPHRASE)


def test_a_key_without_passphrase_is_refused_wherever_it_lies(folder: KeyFolder) -> None:
    public, pem = machine_key("ana")
    folder.keep_public(PublicKey("ana", public.key))
    folder.private("ana").write_bytes(pem)
    with pytest.raises(SigningError, match="has no passphrase"):
        signs(folder.public("ana"), folder, PASSPHRASE)


def test_a_ci_key_does_not_sign_for_a_person(folder: KeyFolder) -> None:
    public, pem = machine_key("ci")
    folder.keep_public(public)
    folder.private("ci").write_bytes(pem)
    with pytest.raises(SigningError, match="is a CI key"):
        signs(folder.public("ci"), folder)


def test_a_key_that_does_not_ask_each_time_cannot_approve(folder: KeyFolder) -> None:
    for uri in ("awskms:1", "file2:/x", "hv:a/1"):
        with pytest.raises(UsageError, match="must ask a person each time"):
            folder.link("cloud", uri, signer("cloud").public_key, approves=True)
    assert folder.link("card", "hsm:2", signer("card").public_key, approves=True).may_approve


@ssh_keygen
@pytest.mark.parametrize("kind", ["ed25519", "ecdsa", "rsa"])
def test_an_openssh_key_is_used_where_it_lies(folder: KeyFolder, tmp_path: Path, kind: str) -> None:
    path = ssh_key(tmp_path / "id", kind=kind)
    key = folder.adopt("ana", path, says(PASSPHRASE), approves=True)
    assert sorted(each.name for each in folder.folder.iterdir()) == ["ana.json"]
    assert signs(folder.public("ana"), folder, PASSPHRASE)
    assert key.may_approve
    wanted = load_ssh_private_key(path.read_bytes(), PASSPHRASE.encode()).public_key()
    assert key.key._crypto_key() == wanted


@ssh_keygen
def test_an_openssh_key_without_passphrase_is_refused(folder: KeyFolder, tmp_path: Path) -> None:
    path = ssh_key(tmp_path / "id", passphrase="")
    with pytest.raises(SigningError, match="has no passphrase") as found:
        folder.adopt("ana", path, says())
    assert "ssh-keygen -p" in (found.value.hint or "")
    kept = folder.keep_public(PublicKey("ana", signer("ana").public_key, f"ssh:{path}"))
    with pytest.raises(SigningError, match="has no passphrase"):  # one that lost its passphrase later
        signs(kept, folder, PASSPHRASE)


@ssh_keygen
def test_an_ssh_agent_is_never_asked(folder: KeyFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    path = ssh_key(tmp_path / "id")
    with socket.socket(socket.AF_UNIX) as agent:
        where = os.path.relpath(tmp_path / "agent")
        agent.bind(where)
        agent.listen()
        agent.setblocking(False)
        monkeypatch.setenv("SSH_AUTH_SOCK", where)
        folder.adopt("ana", path, says(PASSPHRASE))
        assert signs(folder.public("ana"), folder, PASSPHRASE)
        with pytest.raises(BlockingIOError):
            agent.accept()


def fido_key() -> bytes:
    """The private file of a FIDO key as ssh-keygen writes it, as far as its public part goes."""
    kind = b"sk-ssh-ed25519@openssh.com"
    public = struct.pack(">I", len(kind)) + kind + bytes(40)
    head = b"openssh-key-v1\0" + b"".join(struct.pack(">I", len(part)) + part for part in (b"none", b"none", b""))
    body = base64.b64encode(head + struct.pack(">I", 1) + struct.pack(">I", len(public)) + public).decode()
    return f"-----BEGIN OPENSSH PRIVATE KEY-----\n{body}\n-----END OPENSSH PRIVATE KEY-----\n".encode()


def test_a_fido_key_is_refused_with_what_to_use(folder: KeyFolder, tmp_path: Path) -> None:
    path = tmp_path / "id_sk"
    path.write_bytes(fido_key())
    with pytest.raises(SigningError, match="FIDO devices cannot be used") as found:
        folder.adopt("ana", path, says())
    assert "--uri hsm:" in (found.value.hint or "")


@pytest.mark.parametrize("data", [b"", b"ssh-ed25519 AAAA", b"-----BEGIN OPENSSH PRIVATE KEY-----\nAAA\n", b"\0" * 99])
def test_what_is_no_private_key_is_refused(folder: KeyFolder, tmp_path: Path, data: bytes) -> None:
    (tmp_path / "id").write_bytes(data)
    with pytest.raises(SigningError, match="is no private key"):
        folder.adopt("ana", tmp_path / "id", says())


def test_a_key_file_that_is_huge_or_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SigningError, match="FileNotFoundError"):
        read_file(tmp_path / "none")
    (tmp_path / "huge").write_bytes(b"x" * 70_000)
    with pytest.raises(SigningError, match="too large"):
        read_file(tmp_path / "huge")
