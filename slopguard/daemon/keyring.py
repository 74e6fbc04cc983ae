"""What the daemon asks of a command about its indexes: what the client would look up in its keyring; light.

Invariant: a keyring is asked in the command's own process, by a thread of its own: it may ask a person, and nobody else
waits for that.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from slopguard.daemon.plain import encode
from slopguard.indexes import Credentials, Index

if TYPE_CHECKING:
    from slopguard.daemon.link import Link


class Keyring:
    """Answers over a connection.

    Args:
        indexes: in the order in which the daemon got them.
    """

    def __init__(self, link: Link, indexes: Sequence[Index]) -> None:
        self._link, self._indexes = link, indexes

    @property
    def asks(self) -> list[int]:
        """The numbers of the indexes that the daemon may ask about."""
        return [number for number, index in enumerate(self._indexes) if index.ask is not None]

    def asked(self, said: dict[str, Any]) -> None:
        """Look for an answer, and say it when it is there."""
        threading.Thread(target=self._answer, args=(said,), name="slopguard-keyring", daemon=True).start()

    def _answer(self, said: dict[str, Any]) -> None:
        try:
            ask = self._indexes[said["ask"]].ask
            found = ask() if ask is not None else None
        except Exception:  # whatever a keyring raises: it has no credentials for us
            found = None
        self._link.tell({"answer": said.get("id"), "credentials": encode(Credentials | None, found)})
