"""A private key on paper: four lines to write down or print, from which an Ed25519 key is made again.

    1  FQ3L 7ZK2 ... ....   AC4Q

Each line: four groups of base32 (RFC 4648) and a check group, a CRC-16 of the line's number and content. It finds every
wrong character and every pair of neighbours in the wrong order, wherever in the line, and lines in the wrong place. The
four lines hold the 32 bytes of the key and 8 bytes of the SHA-256 of its public half, which the key that is made from
them must have. Small letters, spaces and the digits 0 and 1 (for O and I) are read as meant.

Invariants: pure; what comes back is the key that was written, or a `SigningError` that names the line.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from slopguard.errors import SigningError

LINES = 4
_GROUPS, _GROUP, _CHECK = 4, 4, 4
_LONG = _GROUPS * _GROUP
_MEANT = str.maketrans({"0": "O", "1": "I", " ": "", "\t": "", "-": ""})
_ALPHABET = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")


def lines_of(seed: bytes) -> tuple[str, ...]:
    """The lines for the private half of an Ed25519 key (32 bytes)."""
    text = base64.b32encode(seed + _mark(seed)).decode()
    parts = [text[at : at + _LONG] for at in range(0, len(text), _LONG)]
    return tuple(f"{number}  {_grouped(part)}   {_check(number, part)}" for number, part in enumerate(parts, 1))


def page(name: str, keyid: str, seed: bytes) -> tuple[str, ...]:
    """The whole sheet, to be printed or copied by hand."""
    return (
        f"slopguard recovery sheet: key '{name}', id {keyid[:16]}",
        "",
        *(f"    {line}" for line in lines_of(seed)),
        "",
        "Whoever has these four lines can sign as this key; no passphrase protects them.",
        f"Make the key again with: slopguard keys new {name} --from-sheet",
    )


def read_line(number: int, text: str) -> str:
    """The content of one line as it was typed; its number in front may be left out.

    Raises:
        SigningError: it is not the line that was printed.
    """
    typed = text.strip().upper()
    start = f"{number} "
    typed = typed.removeprefix(start).translate(_MEANT)
    part, check = typed[:_LONG], typed[_LONG:]
    if len(typed) != _LONG + _CHECK or not set(typed) <= _ALPHABET or check != _check(number, part):
        raise SigningError(f"line {number} of the sheet is not as it was printed", "Compare it group by group")
    return part


def seed_of(lines: Sequence[str]) -> bytes:
    """The private half of the key on a sheet.

    Raises:
        SigningError: a line is not as it was printed, or the lines are not of one sheet.
    """
    if len(lines) != LINES:
        raise SigningError(f"a sheet has {LINES} lines", "Type all of them")
    parts = [read_line(number, line) for number, line in enumerate(lines, 1)]
    data = base64.b32decode("".join(parts))
    seed, mark = data[:32], data[32:]
    if mark != _mark(seed):
        raise SigningError("the lines are not of one sheet", "Compare them with it")
    return seed


def _mark(seed: bytes) -> bytes:
    public = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    return sha256(public).digest()[:8]


def _check(number: int, part: str) -> str:
    value = binascii.crc_hqx(f"{number}{part}".encode(), 0xFFFF)
    return base64.b32encode(value.to_bytes(2, "big")).decode()[:_CHECK]


def _grouped(part: str) -> str:
    return " ".join(part[at : at + _GROUP] for at in range(0, len(part), _GROUP))
