"""A session that the daemon hosts, as a command sees it; light.

Invariants: what the daemon cannot do for a command, and asks for (`Index.ask`, the client's keyring), happens in the
command's process; a daemon that is gone in the middle is an error with one line, never an answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from slopguard.clients.interface import GateAddress
from slopguard.daemon import wire
from slopguard.daemon.interface import Closed, Hosted, Opening
from slopguard.daemon.keyring import Keyring
from slopguard.daemon.link import Gone, Link, NoDaemon
from slopguard.daemon.plain import Garbled, decode, encode
from slopguard.model import Ecosystem, Request, Verdict

Dial = Callable[[], Link]


@dataclass(slots=True)
class Remote:
    """The daemon as a host: one connection for each session.

    Args:
        dial: makes a proven connection.
        first: one that is there already.
    """

    dial: Dial
    first: Link | None = None

    def close(self) -> None:
        """Hang up, where no session took the connection over."""
        if self.first is not None:
            self.first.close()
            self.first = None

    @contextmanager
    def open(self, opening: Opening) -> Iterator[Hosted]:
        """A session on the daemon; see `Host.open`.

        Raises:
            NoDaemon: nobody is there, or will not; nothing was begun, and the command may host itself.
            SlopguardError: the session cannot be had.
        """
        link, self.first = self.first or self.dial(), None
        try:
            session = opened(link, opening)
        except BaseException as error:
            link.close()
            if isinstance(error, Gone | Garbled):
                raise NoDaemon from None
            raise
        try:
            yield session
        finally:
            link.close()


def opened(link: Link, opening: Opening) -> Session:
    """Hand over what a command has to say, and have a session."""
    session = Session(link, Keyring(link, opening.indexes))
    link.pushed = session.pushed
    said = link.ask("open", opening=encode(Opening, opening), asks=session.keyring.asks)
    if type(said) is not dict:
        raise Garbled
    verdicts = wire.verdicts_in(said.pop("verdicts", None), opening.requests)
    session.begin(decode(wire.Opened, said), verdicts)
    if session.keyring.asks:
        link.listen()
    return session


@dataclass(slots=True)
class Session:
    """See `slopguard.daemon.interface.Hosted`, whose methods these are."""

    link: Link
    keyring: Keyring
    verdicts: Sequence[Verdict] = ()
    _opened: wire.Opened = field(default_factory=lambda: wire.Opened(GateAddress("", "")))
    _learn: Callable[[str], None] = lambda where: None

    def begin(self, opened: wire.Opened, verdicts: Sequence[Verdict]) -> None:
        """What the daemon said when it opened the session."""
        self._opened, self.verdicts = opened, verdicts

    @property
    def address(self) -> GateAddress:
        """Where it listens."""
        return self._opened.address

    @property
    def notes(self) -> tuple[str, ...]:
        """Lines that a person should read."""
        return self._opened.notes

    def judge(self, requests: Sequence[Request]) -> list[Verdict]:
        """Further verdicts."""
        if not requests:
            return []
        said = self.link.ask("judge", requests=[encode(Request, request) for request in requests])
        found: list[Verdict] = self._understood(lambda: wire.verdicts_in(said, requests))
        return found

    def upstream_url(self, ecosystem: Ecosystem, key: str, name: str, filename: str) -> str | None:
        """Where a file really comes from."""
        said = self.link.ask("upstream", of=[ecosystem, key, name, filename])
        return said if isinstance(said, str) else None

    def tell(self, learn: Callable[[str], None]) -> None:
        """Call `learn` with where packages' files are, from the thread that listens."""
        self._learn = learn
        self.link.ask("tell")
        self.link.listen()

    def lost(self, then: Callable[[], None]) -> None:
        """Call `then` if the daemon ends; at once if it has."""
        self.link.lost(then)

    def close(self) -> Closed:
        """Let nobody in any more, and say what happened."""
        said = self.link.ask("close")
        closed: Closed = self._understood(lambda: decode(Closed, said))
        return closed

    def installed(self) -> bool:
        """Note that the command ended well."""
        return self.link.ask("installed") is True

    def pushed(self, said: dict[str, Any]) -> None:
        """What the daemon says unasked."""
        if isinstance(where := said.get("learn"), str):
            self._learn(where)
        elif "ask" in said:
            self.keyring.asked(said)

    def _understood(self, read: Callable[[], Any]) -> Any:
        """What was received, read.

        Raises:
            Gone: it makes no sense; whoever said it is not the daemon that we know.
        """
        try:
            return read()
        except Garbled:
            raise Gone from None
