"""A wish that a package be let through: what is wanted, whether a person may grant it, and the request to reviewers.

Invariants: nothing here lets anything through; which rules a release lifts is the contract's word (`NAME_LIFTS`,
`VERSION_LIFTS`) and the policy's (it is asked what it would say with the release): only what both lift may be let
through; digests come from the indexes that the user's own clients use, at this moment, or from the person; a request
to reviewers is in the ledger before its file is there.
"""

from __future__ import annotations

import getpass
import json
import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from slopguard.check.targets import ecosystems_of, requests_for
from slopguard.config import Settings, private
from slopguard.errors import InputError, UsageError
from slopguard.hashes import UNTOLD
from slopguard.judge import Judge
from slopguard.lists.released import DIGITS, LONGEST, MOST_HASHES, VERSION, Release, strong
from slopguard.model import Actor, Door, Ecosystem, Existence, Outcome, Request, RowKind, Source, SourceKind, Verdict
from slopguard.patterns import regex
from slopguard.policy import decide
from slopguard.rules import EXIT_CODES
from slopguard.store import acts
from slopguard.versions import listed

NAME_LIFTS = frozenset(
    {
        "unverified",
        "too-new",
        "lookalike",
        "import-name",
        "predicted",
        "index-quarantined",
        "no-dates",
    }
)
"""Rules that a release of a name lifts: every quarantine rule of the contract."""
VERSION_LIFTS = NAME_LIFTS | {"predicted-registered", "lookalike-new", "foreign-source"}
"""Rules that a release of one version, bound to its digests, lifts."""
REQUEST = "slopguard/request/1"
LONGEST_WHY = 300
DAY = timedelta(days=1)
UNITS = {"h": 1, "d": 24, "w": 24 * 7}
_SPAN = regex(r"([1-9][0-9]{0,3})([hdw])")
EXAMPLE = "For example: slopguard allow pypi:NAME --why 'reviewed by ana' --for 30d"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be let through.

    Args:
        request: the package, with the version and the digests that were named.
        why: the reason of whoever wishes it.
        lasts: for how long.
    """

    request: Request
    why: str
    lasts: timedelta

    @property
    def package(self) -> str:
        """`ecosystem:name`, as the ledger writes it."""
        return f"{self.request.ecosystem.value}:{self.request.name or self.request.raw}"

    @property
    def target(self) -> str:
        """The package and its version, as commands take it."""
        joint = "==" if self.request.ecosystem is Ecosystem.PYPI else "@"
        return self.package + (f"{joint}{self.request.version}" if self.request.version else "")


def wanted(name: str, ecosystem: str | None, why: str, lasts: str, hashes: Sequence[str], cwd: Path) -> Wanted:
    """What the command line asks for.

    Raises:
        UsageError: it makes no sense: no reason, too long, several ecosystems, a range, weak digests.
    """
    reason = " ".join(why.split())
    if not reason or len(reason) > LONGEST_WHY or not reason.isprintable():
        raise UsageError(f"--why must say in at most {LONGEST_WHY} characters why it may come in", EXAMPLE)
    request = one_request(name, ecosystem, cwd)
    digests = frozenset(digest.lower() for digest in hashes)
    if digests and request.version is None:
        raise UsageError("--hash goes with one version", "Write NAME==VERSION")
    if not all(map(strong, digests)):
        raise UsageError(f"--hash takes {', '.join(DIGITS)} with all their digits", "For example: --hash sha256:HEX")
    return Wanted(replace(request, digests=digests), reason, span(lasts))


def one_request(name: str, ecosystem: str | None, cwd: Path) -> Request:
    """The one package, and one version at most, that a text names.

    Raises:
        UsageError: it may be of several ecosystems, or names a range or a tag.
    """
    chosen = (Ecosystem(ecosystem),) if ecosystem else ecosystems_of(cwd)
    found = list(requests_for(name, chosen, Actor.HUMAN))
    if len(found) != 1:
        raise UsageError("this folder does not say which ecosystem is meant", "Say pypi:NAME or npm:NAME")
    version = found[0].version
    if (version is None and name.rpartition(":")[2].strip() != found[0].raw) or (
        version and not VERSION.fullmatch(version)
    ):
        raise UsageError("one version can be let through, or the name; not a range or a tag", EXAMPLE)
    return found[0]


def span(text: str) -> timedelta:
    """How long `12h`, `7d` or `4w` is.

    Raises:
        UsageError: it is none of them, or longer than a release may last.
    """
    found = _SPAN.fullmatch(text)
    lasts = timedelta(hours=int(found[1]) * UNITS[found[2]]) if found else timedelta(0)
    if not timedelta(0) < lasts <= LONGEST:
        raise UsageError(f"--for takes hours or days, such as 12h or 30d, {LONGEST.days}d at most", EXAMPLE)
    return lasts


def looked_up(wish: Wanted, settings: Settings, cwd: Path, door: Door) -> tuple[Verdict, Verdict]:
    """The verdict on what is wanted, recorded, and the one that it would get with the release.

    A version that no index has, with digests named by the person, is one that comes from elsewhere.

    Raises:
        InputError: a version is named without digests, and no index says what they are.
        SlopguardError: as for any command that asks an index.
    """
    from slopguard.check.judging import looked_at
    from slopguard.lists.loading import refresh

    refresh(settings)
    with Judge.open(settings) as judge:
        verdict = looked_at(judge, [wish.request], settings, cwd, door.session)[0]
        if verdict.rule == "not-found" and verdict.request.digests:
            elsewhere = replace(verdict.request, source=Source(SourceKind.URL, trusted=False))
            verdict = judge.verdict(
                elsewhere, replace(verdict.evidence.facts, existence=Existence.OFFLINE, releases=())
            )
        judge.record([verdict], door)
        return verdict, _with_release(verdict, judge)


def _with_release(verdict: Verdict, judge: Judge) -> Verdict:
    kind = "name" if verdict.request.version is None else RowKind.PINNED.value
    evidence = replace(verdict.evidence, released=kind)
    decision = decide(verdict.request, evidence, judge.policy, verdict.decided)
    return replace(verdict, decision=decision, evidence=evidence)


def digests_of(wish: Wanted, verdict: Verdict) -> tuple[str, ...]:
    """The digests that a release of a version is bound to: those named, else those that the index lists now.

    Raises:
        InputError: nobody says what they are; or what was named is of another kind than the index tells, so that the
            release would never count.
    """
    request = wish.request
    if request.version is None:
        return ()
    releases = listed(request.ecosystem, request.version, verdict.evidence.facts)
    listed_now = frozenset[str]().union(*(release.digests for release in releases))
    found = sorted(filter(strong, listed_now))
    if request.digests:
        if found and not _kinds(found) & _kinds(request.digests):
            raise InputError("the index lists digests of another kind", f"Name {' or '.join(sorted(_kinds(found)))}")
        return tuple(sorted(request.digests))
    if not found or UNTOLD in listed_now:
        offline = verdict.evidence.facts.existence is Existence.OFFLINE
        problem = "no index was asked" if offline else "the index lists no sha256, sha384 or sha512 for all its files"
        raise InputError(f"{problem}, so the version cannot be bound to its files", "Name them: --hash sha256:HEX")
    if len(found) > MOST_HASHES:
        raise InputError("that version has too many files to be bound to", "Name yours: --hash sha256:HEX")
    return tuple(found)


def _kinds(digests: Iterable[str]) -> frozenset[str]:
    return frozenset(digest.partition(":")[0] for digest in digests)


def refusal(wish: Wanted, verdict: Verdict, then: Verdict) -> tuple[str, int] | None:
    """Why it cannot be let through, and the exit code for that; `None` if it can."""
    code = EXIT_CODES[verdict.outcome]
    if verdict.outcome is Outcome.UNCHECKED:
        return "there is nothing to let through: it could not be checked. Try again once that is put right", code
    lifted = NAME_LIFTS if wish.request.version is None else VERSION_LIFTS
    if verdict.rule in lifted and not then.outcome.refuses:
        return None
    if verdict.rule in VERSION_LIFTS - lifted:
        return f"rule '{verdict.rule}' is only lifted for one version, bound to its files: name it", code
    rule = then.rule if verdict.rule in lifted else verdict.rule
    return f"nobody can let it through here: no release lifts rule '{rule}'", code


def release_of(wish: Wanted, digests: tuple[str, ...]) -> Release:
    """The release that is wished for; it counts once somebody signed it.

    Raises:
        ValueError: it may not be given at all.
    """
    request, now = wish.request, datetime.now(UTC).replace(microsecond=0)
    assert request.name is not None  # what is no name is blocked, and nothing lifts that
    release = Release(request.ecosystem, request.name, request.version, digests, wish.why, now, now + wish.lasts, by="")
    release.check()
    return release


def ask_reviewers(wish: Wanted, release: Release, verdict: Verdict, settings: Settings, door: str) -> Path:
    """Turn the wish into a request to the reviewers of the team's lists: a file to hand over.

    Args:
        door: which one it came through.

    Raises:
        StoreError: it could not be written in the ledger.
        ConfigError: the file could not be written.
    """
    content: dict[str, Any] = json.loads(release.payload()) | {"schema": REQUEST, "rule": verdict.rule}
    data = json.dumps(content, indent=1, sort_keys=True).encode() + b"\n"
    path = settings.home / "requests" / f"{sha256(data).hexdigest()[:16]}.json"
    command = shlex.join(reviewer_command(wish, release, wish.why))
    acts.record(settings, door, "requested", verdict.rule, wish.package, command)
    private.put(path, data)
    return path


def reviewer_command(wish: Wanted, release: Release, why: str) -> list[str]:
    """The command that a reviewer would run."""
    kind = ["--release"] if release.version else []  # in a list, exceptions are for versions; a name is allowed
    command = ["slopguard", "lists", "add", wish.target, *kind, "--why", why, "--owner", _account()]
    command += ["--expires", f"{-(-wish.lasts // DAY)}d"]
    return command + [word for digest in release.hashes for word in ("--hash", digest)]


def _account() -> str:
    """The name of the account, for the reviewers: who asks, and answers for it."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"
