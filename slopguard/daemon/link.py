"""One proven connection from a command to the daemon; light.

Invariants: nothing but the greeting is sent before the daemon has proven that it holds the key; every step of the
greeting together takes no longer than it may; one thing is asked at a time, whoever asks; a reply is waited for only
as long as the daemon answers anybody.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import nullcontext, suppress
from time import monotonic
from typing import Any, Self

from slopguard.daemon import frames, proof, pulse
from slopguard.daemon.places import Places
from slopguard.daemon.plain import Garbled, decode
from slopguard.errors import EnvironmentFailed, SlopguardError

LOOPBACK = "127.0.0.1"
PIECE = 1 << 20

Pushed = Callable[[dict[str, Any]], None]
"""What is done with what the daemon says unasked."""


class NoDaemon(Exception):
    """There is none that may be used."""


class Stuck(NoDaemon):
    """There is one, but it does not answer, or cannot be reached from here."""


class Refused(NoDaemon):
    """It is there and well, and will not do this."""


class Gone(EnvironmentFailed):
    """The daemon ended while it was needed."""

    code = "daemon-gone"
    default_hint = "Run the same command again"

    def __init__(self, message: str = "the daemon ended while this command ran", hint: str | None = None) -> None:
        super().__init__(message, hint)


class Link:
    """A connection; made by `dial`.

    Attributes:
        who: the daemon, as it has proven.
        pushed: told what the daemon says unasked; by the thread that waits for an answer, or by the one of `listen`.
        until: the moment (`monotonic`) after which nothing is waited for any more.
    """

    def __init__(self, sock: socket.socket, places: Places) -> None:
        self._sock, self._places = sock, places
        self.who: proof.Who | None = None
        self.pushed: Pushed = lambda said: None
        self._lost: Callable[[], None] | None = None
        self._gone = False
        self.until: float | None = None
        self._asking, self._sending = threading.Lock(), threading.Lock()
        self._listener: threading.Thread | None = None
        self._arrived = threading.Condition()
        self._replies: list[dict[str, Any] | None] = []
        self._broken = False

    @classmethod
    def dial(cls, places: Places, patience: float) -> Self:
        """A connection to the daemon that the address file names, proven.

        Args:
            patience: seconds that all of it may take.

        Raises:
            NoDaemon: nobody is there, or somebody else is.
            Stuck: somebody is there and does not answer.
        """
        found = places.find()
        if found is None:
            raise NoDaemon
        until = monotonic() + patience
        try:
            sock = _connected(found[0].port, patience)
        except (TimeoutError, PermissionError):  # a sandbox does not let us
            raise Stuck from None
        except OSError:
            raise NoDaemon from None
        link = cls(sock, places)
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            link._greet(found[0].port, until)
            sock.settimeout(None)
        except BaseException as error:
            link.close()
            if isinstance(error, TimeoutError):
                raise Stuck from None
            if isinstance(error, OSError | Garbled | Gone):
                raise NoDaemon from None
            raise
        return link

    def _greet(self, port: int, until: float) -> None:
        mine = proof.nonce()
        self._send({"slopguard": proof.GREETING, "nonce": mine})
        said = frames.unpack(self._frame(frames.LONGEST_GREETING, until))
        theirs, claimed = said.pop("nonce", None), said.pop("proof", None)
        who: proof.Who = decode(proof.Who, {**said, "port": port})
        found = self._places.find()  # only now: a service manager may have started it for this very connection
        if found is None or not proof.is_nonce(theirs) or found[0].who != who:
            raise NoDaemon
        if not proof.proven(claimed, found[1], proof.DAEMON, mine, str(theirs), who):
            raise NoDaemon
        self._send({"proof": proof.proof(found[1], proof.COMMAND, mine, str(theirs), who)})
        self.who = who

    def ask(self, do: str, **more: Any) -> Any:
        """Ask for something and wait for what comes of it.

        Raises:
            SlopguardError: as the daemon says.
            Refused: the daemon will not; nothing was begun.
            Gone: the daemon ended before it answered, or answers nobody any more.
        """
        with self._asking:
            try:
                self._send({"do": do, **more})
                with pulse.watched(self._answers, self.close) if self.until is None else nullcontext():
                    reply = self._reply()
            except BaseException as error:
                self.close()  # what is on its way belongs to nobody now
                if isinstance(error, OSError | Garbled):
                    raise Gone from None
                raise
        if "failed" in reply:
            failed: SlopguardError = decode(SlopguardError, reply["failed"])
            raise failed
        if "refused" in reply:
            raise Refused
        return reply.get("done")

    def tell(self, said: dict[str, Any]) -> None:
        """Say something that nobody replies to; lost if the daemon is gone."""
        with suppress(OSError):
            self._send(said)

    def listen(self) -> None:
        """From now on hear what the daemon says unasked, at once, in a thread."""
        with self._asking:
            if self._listener is None and not self._broken:
                self._listener = threading.Thread(target=self._listen, name="slopguard-daemon", daemon=True)
                self._listener.start()

    def lost(self, then: Callable[[], None]) -> None:
        """Listen, and call `then` if the daemon hangs up before this end does; now, if it has."""
        with self._arrived:
            self._lost, gone = then, self._gone
        if gone:
            then()
        self.listen()

    def hung_up(self, patience: float) -> bool:
        """Wait for the daemon to hang up, which it does when it ends; whether it did in so many seconds."""
        try:
            self._frame(frames.LONGEST, monotonic() + patience)
        except TimeoutError:
            return False
        except (OSError, Garbled, Gone):
            return True
        return False

    def close(self) -> None:
        """Hang up: the session of this connection ends."""
        self._broken = True
        with suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)
        self._sock.close()
        with self._arrived:
            self._arrived.notify_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _answers(self) -> bool:
        """Whether the daemon still answers; of one that has given up its place that is not known."""
        found = self._places.find()
        if found is None or found[0].who != self.who:
            return True
        try:
            type(self).dial(self._places, pulse.PATIENCE).close()
        except Stuck:
            return False
        except NoDaemon:
            return True  # it has ended, which is noticed where it is waited for
        return True

    def _reply(self) -> dict[str, Any]:
        """The next reply; what is pushed before it is dealt with."""
        if self._listener is None:
            while True:
                said = frames.unpack(self._frame(frames.LONGEST))
                if "done" in said or "failed" in said or "refused" in said:
                    return said
                self.pushed(said)
        with self._arrived:
            self._arrived.wait_for(lambda: self._replies or self._broken)
            if not self._replies:
                raise Gone
            reply = self._replies.pop(0)
        if reply is None:
            raise Gone
        return reply

    def _listen(self) -> None:
        try:
            while True:
                said = frames.unpack(self._frame(frames.LONGEST))
                if "done" in said or "failed" in said or "refused" in said:
                    self._hand_over(said)
                else:
                    self.pushed(said)
        except (OSError, Garbled, Gone):
            self._hand_over(None)
            with self._arrived:
                self._gone, told = not self._broken, self._lost
            if self._gone and told is not None:
                told()

    def _hand_over(self, reply: dict[str, Any] | None) -> None:
        with self._arrived:
            self._replies.append(reply)
            self._arrived.notify_all()

    def _send(self, value: dict[str, Any]) -> None:
        data = frames.pack(value)
        with self._sending:
            self._hurry(self.until)
            self._sock.sendall(data)

    def _hurry(self, until: float | None) -> None:
        if until is not None:
            self._sock.settimeout(max(until - monotonic(), 0.001))

    def _frame(self, limit: int, until: float | None = None) -> bytes:
        until = self.until if until is None else until
        return self._exactly(frames.length(self._exactly(frames.HEAD, until), limit), until)

    def _exactly(self, count: int, until: float | None) -> bytes:
        """So many bytes.

        Raises:
            Gone: the other side hung up before.
            OSError: the connection broke, or it took too long.
        """
        pieces = bytearray()
        while len(pieces) < count:
            self._hurry(until)
            piece = self._sock.recv(min(count - len(pieces), PIECE))
            if not piece:
                raise Gone
            pieces += piece
        return bytes(pieces)


def _connected(port: int, patience: float) -> socket.socket:
    """A connection to this machine's own address; there is no name to be looked up.

    Raises:
        OSError: nobody listens, or one may not.
    """
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        sock.settimeout(patience)
        sock.connect((LOOPBACK, port))
    except BaseException:
        sock.close()
        raise
    return sock
