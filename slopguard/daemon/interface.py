"""What a guarded command asks of whoever hosts its session; light, because every command imports it.

Invariants: a host judges, keeps the gate and writes the ledger, and does nothing else for a command: it starts no
program and writes nothing outside of `SLOPGUARD_HOME`, or it would be the way out of the sandbox that the command is
in. All it knows of the command, its settings and its environment is what the command hands over (`Opening`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from slopguard.clients.interface import GateAddress
from slopguard.config import Settings
from slopguard.errors import SlopguardError
from slopguard.indexes import Index
from slopguard.model import Door, Ecosystem, NormalizedName, Note, Request, Verdict

SURROUNDINGS = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUEST_METHOD")
"""The variables, in either case, that say how indexes are reached; no other ones of a command leave it."""
_FILES = ("SSL_CERT_FILE", "SSL_CERT_DIR")


@dataclass(frozen=True, slots=True)
class Opening:
    """What a command hands over to have a session.

    Args:
        settings: the effective settings, a snapshot; its `actor` asks.
        indexes: the client's indexes in its own order, credentials included; keys are unique within an ecosystem.
        door: what the ledger says about who came; a session that a hook began is found by the host.
        typed: the names introduced by the command and its manifests; `None` when nobody told us.
        requests: what is to be judged at once, before the client starts.
        said: ecosystem and raw name of what was typed on the command line itself.
        env: the caller's variables of `SURROUNDINGS`, and no others.
    """

    settings: Settings
    indexes: tuple[Index, ...]
    door: Door
    typed: frozenset[tuple[Ecosystem, NormalizedName]] | None = None
    requests: tuple[Request, ...] = ()
    said: frozenset[tuple[Ecosystem, str]] = frozenset()
    env: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Closed:
    """What happened in a session.

    Args:
        refusals: every refusal, in order; those of mode `observe` are not enforced.
        notes: every version stepped over, in order.
        failures: what no verdict expresses, in order.
    """

    refusals: tuple[Verdict, ...] = ()
    notes: tuple[Note, ...] = ()
    failures: tuple[SlopguardError, ...] = ()


class Hosted(Protocol):
    """An open session. Verdicts that leave a host carry of their facts only what messages need."""

    @property
    def address(self) -> GateAddress:
        """Where it listens."""
        ...

    @property
    def notes(self) -> tuple[str, ...]:
        """Lines that a person should read: about the lists, and what newly arrived ones deny."""
        ...

    @property
    def verdicts(self) -> Sequence[Verdict]:
        """The verdicts on `Opening.requests`, in their order, in the ledger already."""
        ...

    def judge(self, requests: Sequence[Request]) -> list[Verdict]:
        """Further verdicts, in the order of `requests`, in the ledger already.

        Raises:
            StoreError: the ledger cannot be written.
            EnvironmentFailed: the host is gone.
        """
        ...

    def upstream_url(self, ecosystem: Ecosystem, key: str, name: str, filename: str) -> str | None:
        """Where a file that this gate serves really comes from; `None` if that is not known."""
        ...

    def tell(self, learn: Callable[[str], None]) -> None:
        """From now on (and for what was learned before) call `learn` with an address of each package's files.

        It may be called from another thread.
        """
        ...

    def lost(self, then: Callable[[], None]) -> None:
        """Call `then`, from another thread, if the host goes before the session ends: its gate is gone, too."""
        ...

    def close(self) -> Closed:
        """Let nobody in any more, write what is left to the ledger, and say what happened.

        Raises:
            EnvironmentFailed: the host is gone, so that what it refused is not known.
        """
        ...

    def installed(self) -> bool:
        """Note, after `close`, that an agent's command ended well; whether that could be noted."""
        ...


class Host(Protocol):
    """Whoever hosts sessions."""

    def open(self, opening: Opening) -> AbstractContextManager[Hosted]:
        """A session, gone with everything it holds when the block is left.

        Raises:
            SlopguardError: the session cannot be had: lists, policy, database or port.
        """
        ...


def surroundings(env: Mapping[str, str], cwd: Path) -> dict[str, str]:
    """The part of an environment that a host is told (see `SURROUNDINGS`); a host stands elsewhere than its caller."""
    told = {key: value for key, value in env.items() if key.upper() in SURROUNDINGS}
    return {key: str(cwd / value) if value and key in _FILES else value for key, value in told.items()}


def placed(indexes: Iterable[Index], cwd: Path) -> tuple[Index, ...]:
    """Indexes whose files mean the same wherever one stands."""
    return tuple(_placed(index, cwd) for index in indexes)


def _placed(index: Index, cwd: Path) -> Index:
    if not (index.ca_file or index.ca_extra or index.own_cert):
        return index
    own = index.own_cert and (cwd / index.own_cert[0], index.own_cert[1] and cwd / index.own_cert[1])
    bundle, extra = index.ca_file and cwd / index.ca_file, index.ca_extra and cwd / index.ca_extra
    return replace(index, ca_file=bundle, ca_extra=extra, own_cert=own)
