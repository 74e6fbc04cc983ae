"""The reference model's weights on disk: a safetensors file of half floats, whose digest is pinned in the code.

Invariant: bytes with another digest than the pinned one are never used. numpy is imported when weights are read.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from slopguard.errors import InputError
from slopguard.forecast.reference.digest import DIGEST
from slopguard.forecast.reference.shape import tensors

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Weights = dict[str, NDArray[np.float32]]

FILE = Path(__file__).resolve().parent / "reference.safetensors"
_LENGTH = 8
"""Bytes that say how long the header is."""
_HALF = 2


def weights(path: Path = FILE) -> Weights:
    """All tensors, by name.

    Raises:
        InputError: they cannot be read, or are not the ones this version was built with.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path.name} cannot be read", "Install slopguard again") from error
    if sha256(data).hexdigest() != DIGEST:
        raise InputError(f"{path.name} is not the file this version was built with", "Install slopguard again")
    return parsed(data)


def parsed(data: bytes) -> Weights:
    """The tensors of a file that is known to be ours."""
    import numpy as np

    begin = _LENGTH + int.from_bytes(data[:_LENGTH], "little")
    header = json.loads(data[_LENGTH:begin])
    found = {}
    for name, size in tensors().items():
        first, last = header[name]["data_offsets"]
        halves = np.frombuffer(data[begin + first : begin + last], np.dtype("<f2"))
        found[name] = halves.reshape(size).astype(np.float32)
    return found


def packed(halves: Mapping[str, NDArray[np.float16]]) -> bytes:
    """A file that holds tensors."""
    header: dict[str, object] = {}
    at = 0
    for name, size in tensors().items():
        end = at + halves[name].size * _HALF
        header[name] = {"dtype": "F16", "shape": list(size), "data_offsets": [at, end]}
        at = end
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % _LENGTH)
    return (
        len(text).to_bytes(_LENGTH, "little") + text + b"".join(halves[name].astype("<f2").tobytes() for name in header)
    )
