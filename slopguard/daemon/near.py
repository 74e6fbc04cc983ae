"""Asking the daemon that is up, for hooks, which wait for none to start; light.

Invariants: only a daemon of this very version is asked, that runs where this process does, is held down no more, and
has proven itself; whatever is wrong with it is no answer, within bounded time, and the caller then answers for itself.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import Any, Self

from slopguard import __version__
from slopguard.daemon import frames
from slopguard.daemon.link import Link, NoDaemon, Stuck
from slopguard.daemon.places import Places, whereabouts
from slopguard.daemon.plain import Garbled, encode
from slopguard.daemon.questions import Answers, Questions
from slopguard.errors import SlopguardError

VARIABLE = "SLOPGUARD_DAEMON"
OFF = "off"
PROOF = 1.0
"""Seconds that it may take to prove itself."""
ANSWER = 4.0
"""Seconds that it may take for what needs no index, and"""
INDEXES = 6.0
"""for what needs some."""


class Near:
    """The daemon of a home, as long as one call is judged; a context manager.

    Args:
        home: `SLOPGUARD_HOME`.
        env: this process's environment; `SLOPGUARD_DAEMON` counts.
    """

    def __init__(self, home: Path, env: Mapping[str, str]) -> None:
        self._places, self._env = Places(home), env
        self._link: Link | None = None
        self._asks = sys.platform != "win32" and env.get(VARIABLE, "").strip().lower() != OFF
        self._missed = False
        """One could be started, or take the place of another."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._hang_up()

    def answers(self, questions: Questions) -> Answers | None:
        """What it says; `None` where whoever asks has to answer for itself, now and from now on."""
        if not self._asks:
            return None
        try:
            return self._answers(questions)
        except (NoDaemon, SlopguardError, Garbled, OSError) as why:
            self._missed = isinstance(why, NoDaemon) and not isinstance(why, Stuck)
            self._asks = False
            self._hang_up()
            return None

    def start(self) -> None:
        """Start one for whoever comes next, if none was found; nobody waits for it."""
        if self._missed:
            from slopguard.daemon import starting  # starts a process: no daemon, no hurry

            starting.leave(self._places.home, self._env)

    def _answers(self, questions: Questions) -> Answers:
        """See `answers`.

        Raises:
            NoDaemon: there is none.
            SlopguardError: it cannot answer.
            Garbled: it makes no sense.
        """
        link = self._link = self._link or self._dial()
        link.until = monotonic() + (ANSWER if questions.routes is None else INDEXES)
        asks = []
        if questions.routes is not None:
            from slopguard.daemon.keyring import Keyring  # few clients have one

            keyring = Keyring(link, questions.routes.indexes)
            link.pushed, asks = keyring.asked, keyring.asks
        return _read(link.ask("hook", questions=encode(Questions, questions), asks=asks), len(questions.groups))

    def _dial(self) -> Link:
        """A connection to it.

        Raises:
            NoDaemon: none that may be used.
        """
        found = self._places.find()
        if found is None or not _fits(found[0].version, found[0].protocol):
            raise NoDaemon
        where, restricted = whereabouts()
        if found[0].where != where or found[0].restricted > restricted:
            raise NoDaemon
        link = Link.dial(self._places, PROOF)
        if link.who != found[0].who:
            link.close()
            raise Stuck  # another took its place just now
        return link

    def _hang_up(self) -> None:
        if self._link is not None:
            with suppress(OSError):
                self._link.close()
            self._link = None


def _read(said: Any, groups: int) -> Answers:
    """What it said; of a call in which nothing is refused, as mostly, without a look at what a verdict is.

    Raises:
        Garbled: it makes no sense.
    """
    if type(said) is not dict:
        raise Garbled
    if said.get("refused") == [[]] * groups and not said.get("open"):
        return Answers(((),) * groups)
    from slopguard.daemon.answers import answers_in

    return answers_in(said, groups)


def _fits(version: str, protocol: int) -> bool:
    return (version, protocol) == (__version__, frames.PROTOCOL)
