"""What an inventory of MCP servers comes to.

Invariant: everything here is data that may be shown: names of variables, headers and options, never what they hold; of
an address the scheme, host and port.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from slopguard.agents.inventory.places import Scope
from slopguard.model import Location, Outcome, Verdict
from slopguard.rules import exit_code


@dataclass(frozen=True, slots=True)
class Remark:
    """What a finding means: fixed words, no full stop."""

    outcome: Outcome
    fact: str
    advice: str


REMARKS = {
    "unpinned": Remark(Outcome.WARN, "it runs whichever version is newest", "Pin it: slopguard mcp inventory --pin"),
    "mutable-tag": Remark(Outcome.WARN, "the image behind its tag can be exchanged", "Name the image by its digest"),
    "secret-in-file": Remark(
        Outcome.WARN, "a secret stands in the file", "Take it from a variable or a keyring, and replace the secret"
    ),
    "secret-in-arguments": Remark(
        Outcome.WARN,
        "a secret stands in its arguments, where every process of this machine can read it",
        "Take it from a variable or a keyring, and replace the secret",
    ),
    "index-redirected": Remark(
        Outcome.WARN,
        "its environment sends the client to another index or proxy",
        "Take the variable out, or ask the user",
    ),
    "interpreter-redirected": Remark(
        Outcome.WARN, "its environment has other code run with it", "Take the variable out, or ask the user"
    ),
    "plain-http": Remark(Outcome.WARN, "it is reached without encryption", "Use https"),
    "checkout": Remark(
        Outcome.WARN, "it runs from files that no index published", "See who can write them; no list vouches for them"
    ),
    "auto-approve": Remark(
        Outcome.WARN, "the agent calls its tools without asking", "Let the agent ask, at least for what changes things"
    ),
    "undecidable": Remark(
        Outcome.WARN, "what it runs cannot be told without running it", "Name the program and its package plainly"
    ),
    "not-judged": Remark(
        Outcome.WARN, "it is of a kind that no list of slopguard covers", "See where it comes from yourself"
    ),
    "broad-container": Remark(
        Outcome.WARN,
        "its container can reach what lies outside it",
        "Take the option out, or mount one folder read-only",
    ),
    "helper": Remark(Outcome.WARN, "a command is run for its headers", "See what that command does"),
    "unreadable": Remark(
        Outcome.UNCHECKED, "a file could not be read whole", "Make it readable; what it names was not judged"
    ),
    "malformed": Remark(
        Outcome.UNCHECKED, "a file is not what its name says", "Correct it; what it names was not judged"
    ),
}
"""Every finding that is no verdict, by its code."""


@dataclass(frozen=True, slots=True)
class Noted:
    """A finding: a code of `REMARKS`, and the names it is about."""

    code: str
    about: tuple[str, ...] = ()

    @property
    def remark(self) -> Remark:
        """What it means."""
        return REMARKS[self.code]


@dataclass(frozen=True, slots=True)
class Handed:
    """Something that a server is given.

    Args:
        kind: `variable`, `header`, `argument` or `file`.
        name: of the variable, header or option.
        secret: whether it is called like a secret, or looks like one.
        given: `literal` (it stands in the file), `reference` (filled in from elsewhere), `empty`.
    """

    kind: str
    name: str
    secret: bool = False
    given: str = "reference"

    @property
    def exposed(self) -> bool:
        """Whether a secret stands in the file."""
        return self.secret and self.given == "literal"


@dataclass(frozen=True, slots=True)
class Package:
    """What a launcher fetches for a server.

    Args:
        ecosystem: `pypi`, `npm`; of kinds that nobody judges here `image`, `nuget`, `jsr`, `go`, `cargo`.
        name: as written; of an address only scheme and host.
        version: the one version it names.
        asked: what is written in its place: a range or a tag.
        pinned: `yes`, `no`, or `digest`.
        verdict: the judge's.
    """

    ecosystem: str
    name: str
    version: str | None = None
    asked: str = ""
    pinned: str = "no"
    verdict: Verdict | None = None


@dataclass(frozen=True, slots=True)
class Rights:
    """What a server may do here.

    Args:
        kind: `user` (all that the account may), `container`, `remote` (nothing here), `client` (part of the client),
            `unknown`.
        mounts: folders of this machine that a container sees.
        open: what else leads out of it: `privileged`, `docker-socket`, `host-network`, `host-processes`,
            `host-users`, `capabilities`, `devices`.
    """

    kind: str = "unknown"
    mounts: tuple[str, ...] = ()
    open: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Server:
    """One server in one place.

    Args:
        clients: who reads that place.
        location: the file as found, and the line.
        name: as written.
        project: of an entry for one project in a user's file: that project's folder.
        transport: `stdio`, `http`, `sse`, `ws`, `builtin` or `unknown`.
        address: scheme, host and port of a remote one, and of what a bridge leads to.
        enabled: `None` where the files do not say.
        off_for: clients whose settings switch it off.
        program: what is started, its folder included.
        packages: what is fetched for it.
        handed: what it is given.
    """

    clients: tuple[str, ...]
    scope: Scope
    location: Location
    name: str
    project: str = ""
    transport: str = "unknown"
    address: str = ""
    enabled: bool | None = True
    off_for: tuple[str, ...] = ()
    program: str = ""
    packages: tuple[Package, ...] = ()
    handed: tuple[Handed, ...] = ()
    rights: Rights = Rights()
    noted: tuple[Noted, ...] = ()

    @property
    def pinned(self) -> str:
        """`yes`, `no`, `digest` or, where nothing is fetched, `-`."""
        words = [package.pinned for package in self.packages]
        return next((word for word in ("no", "yes", "digest") if word in words), "-")


@dataclass(frozen=True, slots=True)
class BadFile:
    """A file that could not be read: `unreadable` or `malformed`."""

    clients: tuple[str, ...]
    scope: Scope
    location: Location
    code: str


@dataclass(frozen=True, slots=True)
class Inventory:
    """Everything that was found.

    Args:
        files: how many files were read.
        enforced: `False` in mode `observe`.
        notes: what a person should know, one line each.
    """

    servers: tuple[Server, ...] = ()
    bad: tuple[BadFile, ...] = ()
    files: int = 0
    enforced: bool = True
    offline: bool = False
    notes: tuple[str, ...] = ()

    def outcomes(self) -> Iterator[Outcome]:
        """The outcome of everything."""
        for server in self.servers:
            yield from (package.verdict.outcome for package in server.packages if package.verdict)
            yield from (noted.remark.outcome for noted in server.noted)
        yield from (REMARKS[bad.code].outcome for bad in self.bad)

    def exit_code(self) -> int:
        """The contract's exit code."""
        return exit_code(self.outcomes(), enforced=self.enforced)
