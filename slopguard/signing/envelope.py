"""A few signed bytes in one file: DSSE envelopes (Dead Simple Signing Envelope 1.0), signed by one key.

Invariants: bytes come out only if a signature of one of the given keys is over exactly them and over `TYPE`, so that
nothing signed for another purpose passes here; whatever is wrong with an envelope is a `SigningError`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import Key, Signer

from slopguard.errors import SigningError

TYPE = "application/vnd.slopguard+json"
"""What the payload is; signed with it."""
LARGEST = 512 * 1024
"""Bytes of an envelope that are read: a release of a version with `released.MOST_HASHES` files fits."""
MOST_SIGNATURES = 16


def seal(payload: bytes, signer: Signer) -> bytes:
    """An envelope around `payload`, signed.

    Raises:
        SigningError: the key cannot sign.
    """
    envelope = Envelope(payload, TYPE, {})
    envelope.sign(signer)
    return json.dumps(envelope.to_dict(), sort_keys=True, separators=(",", ":")).encode() + b"\n"


def opened(data: bytes, keys: Sequence[Key]) -> bytes:
    """The payload of an envelope that one of the keys signed.

    Raises:
        SigningError: it is no such envelope, or none of these keys signed it.
    """
    fields = _fields(data)
    try:
        envelope = Envelope.from_dict(fields)
        if envelope.payload_type != TYPE:
            raise SigningError("an envelope for another purpose")
        envelope.verify(list(keys), 1)
    except (VerificationError, ValueError):
        raise SigningError("not signed by any key that counts here") from None
    return envelope.payload


def _fields(data: bytes) -> dict[str, Any]:
    """The envelope as JSON, everything in it of the type it must be."""
    try:
        fields = json.loads(data.decode("ascii")) if len(data) <= LARGEST else None
    except (ValueError, RecursionError):
        fields = None
    if not isinstance(fields, dict) or fields.keys() != {"payload", "payloadType", "signatures"}:
        raise SigningError("not an envelope")
    signatures = fields["signatures"]
    if not isinstance(signatures, list) or not 0 < len(signatures) <= MOST_SIGNATURES:
        raise SigningError("not an envelope")
    texts = [fields["payload"], fields["payloadType"]]
    for signature in signatures:
        if not isinstance(signature, dict) or signature.keys() != {"keyid", "sig"}:
            raise SigningError("not an envelope")
        texts += signature.values()
    if not all(isinstance(text, str) for text in texts):
        raise SigningError("not an envelope")
    return fields
