"""What an upstream is asked with: the client's credentials, or what its keyring says once the index wants some.

Invariants: the keyring is asked at most once a session, and only after the index refused what it was asked with; an
`Authorization` value is made here and handed to nobody but the request.
"""

from __future__ import annotations

import asyncio
from base64 import b64encode
from hashlib import sha256

from slopguard.indexes import Credentials, Index


class Login:
    """The credentials of one index.

    Args:
        index: whose.
    """

    def __init__(self, index: Index) -> None:
        self._known, self._ask = index.credentials, index.ask
        self._asked: asyncio.Future[Credentials | None] | None = None

    @property
    def header(self) -> dict[str, str]:
        """The header to send to the index's own origin; empty without credentials."""
        if self._known is None:
            return {}
        if self._known.scheme == "bearer":
            return {"Authorization": f"Bearer {self._known.secret}"}
        pair = b64encode(f"{self._known.username}:{self._known.secret}".encode()).decode()
        return {"Authorization": f"Basic {pair}"}

    @property
    def mark(self) -> str:
        """Stands for what is sent, without telling it; empty without credentials."""
        value = self.header.get("Authorization", "")
        return sha256(value.encode()).hexdigest() if value else ""

    @property
    def settled(self) -> bool:
        """Whether it will stay what it is."""
        return self._ask is None or (self._asked is not None and self._asked.done())

    async def renewed(self, refused: str | None) -> bool:
        """Whether there is something else to try than the value that was refused."""
        if self._ask is None:
            return False
        if self._asked is None:
            self._asked = asyncio.ensure_future(asyncio.to_thread(self._ask))
        self._known = await asyncio.shield(self._asked) or self._known
        return self.header.get("Authorization") != refused
