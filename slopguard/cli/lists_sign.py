"""`slopguard lists build|sign|publish|verify`: from sources to signed lists in force.

Invariants: a person signs, at a terminal, after seeing what the signature puts in force; `build`, `publish` and
`verify` ask nothing; whatever is missing is named, and by whom it can be given.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from slopguard.cli.app import common, config_of
from slopguard.cli.lists_init import init
from slopguard.cli.lists_words import in_repository, layout_of
from slopguard.cli.persons import ask_for, ask_yes, key_folder, only_a_person, tell
from slopguard.config import Settings, load
from slopguard.curation.layout import Layout
from slopguard.errors import ListInvalid, SigningError, UsageError, printable

if TYPE_CHECKING:
    from slopguard.curation.book import Book
    from slopguard.curation.ceremony import Change, Waiting
    from slopguard.lists.trust import Trusted
    from slopguard.signing.keys import PublicKey

__all__ = ["build", "init", "publish", "sign", "verify"]

SCHEMA = "slopguard/lists-signing/1"
WHY = {
    "first": "first version",
    "content": "its content changed",
    "keys": "other keys must sign it",
    "expiry": "its signature ends soon",
}


@click.command(epilog="Example: slopguard lists build --renew 14")
@click.option("--renew", type=click.IntRange(0, 365), default=0, metavar="DAYS", help="Also what ends within DAYS.")
@in_repository
@common
@click.pass_context
def build(ctx: click.Context, renew: int, repository: Path | None, config: Path | None, form: str) -> int:
    """Build the bundles from the sources, and stage the next version of every role whose content changed.

    The same sources give the same bundles. Staged roles wait for signatures: slopguard lists sign.
    """
    del ctx, config
    from slopguard.curation import ceremony
    from slopguard.curation.book import Book

    layout = layout_of(repository)
    changes = ceremony.stage(layout, datetime.now(UTC).date(), renew)
    waits = ceremony.waiting(Book(layout))
    if form == "json":
        _json(staged=[_change(each) for each in changes], waiting=[_waiting(each) for each in waits])
        return 0
    for each in changes:
        click.echo(f"slopguard: {_said(each)}.")
    _tell_waiting(waits, "slopguard: nothing to sign; what is published is what the sources say.")
    return 0


@click.command(epilog="Example: slopguard lists sign --key ana")
@click.option("--key", metavar="NAME", help="Which of your keys signs; needed if several could.")
@in_repository
@common
@click.pass_context
def sign(ctx: click.Context, key: str | None, repository: Path | None, config: Path | None, form: str) -> int:
    """Sign what is staged, with your key: first it is shown what your signature puts in force.

    Several people sign one after the other: pull, sign, commit, push.
    """
    del form
    from slopguard.curation import ceremony, changes
    from slopguard.curation.book import Book
    from slopguard.signing.signers import signer_for

    settings = load(Path.cwd(), os.environ, config_file=config_of(ctx, config))
    only_a_person("sign lists", "slopguard lists sign")
    layout = layout_of(repository)
    book = Book(layout)
    ceremony.check(book, datetime.now(UTC).date())
    shown = ceremony.payloads(book)
    public, ours = _whose(settings, book, key)
    tell([f"Your key '{public.name}' signs:", *changes.lines(book, ours)])
    if not public.may_approve:  # with a passphrase or PIN, typing it is the answer
        ask_yes((), "Sign this?", "nothing was signed")
    signer = signer_for(public, key_folder(settings).folder, ask_for)
    _log(settings, public, ours)
    done, waits = ceremony.sign(layout, signer, shown=shown)
    click.echo(f"slopguard: signed: {', '.join(done)}." if done else "slopguard: your signature is there already.")
    _tell_waiting(waits, "")
    return 0


@click.command(epilog="Example: slopguard lists publish public --ci-key env:LISTS_CI_KEY")
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--ci-key", required=True, metavar="SPEC", help="env:VARIABLE, file:PATH, or a key's URI at a provider.")
@click.option("--pack", type=click.Path(path_type=Path), help="Also write all of it into this file (no network).")
@click.option("--ready", is_flag=True, help="Publish what is fully signed and leave the rest, instead of refusing.")
@in_repository
@common
@click.pass_context
def publish(
    ctx: click.Context, /, out: Path, repository: Path | None, config: Path | None, form: str, **options: Any
) -> int:
    """Put what is signed in force, in the folder OUT, which any static server or bucket can serve.

    Made for CI: nothing is asked. Run it daily; the timestamp must be renewed.
    """
    del ctx
    from slopguard.curation.publish import publish as put_in_force

    layout = layout_of(repository)
    signer = _ci_signer(layout, options["ci_key"])
    now, pack = datetime.now(UTC), options["pack"]
    done = put_in_force(layout, out, signer, now, pack and pack.absolute(), ready=options["ready"])
    if form == "json":
        versions = {**done.roles, "snapshot": done.snapshot, "timestamp": done.timestamp}
        waits = [_waiting(each) for each in done.waiting]
        _json(
            root=f"sha256:{done.pin}",
            published=versions,
            expires=_moment(done.expires),
            waiting=waits,
            notes=done.notes,
        )
        return 0
    new = ", ".join(f"{role} {version}" for role, version in done.roles.items()) or "nothing new"
    click.echo(f"slopguard: published: {new}; timestamp {done.timestamp}, good until {done.expires:%Y-%m-%d}.")
    click.echo(f"slopguard: for the settings of machines: root = sha256:{done.pin}")
    for line in (*done.notes, *(f"still waiting: {each}" for each in done.waiting)):
        click.echo(f"slopguard: {line}", err=True)
    return 0


@click.command(epilog="Example: slopguard lists verify    or: slopguard lists verify public --root sha256:...")
@click.argument("what", required=False, type=click.Path(path_type=Path))
@click.option("--root", metavar="sha256:HEX", help="The root that machines name; else the one that is found there.")
@common
@click.pass_context
def verify(ctx: click.Context, what: Path | None, root: str | None, config: Path | None, form: str) -> int:
    """Verify the shipped lists and those of this machine; or WHAT: a repository, a published folder, a pack.

    One line each; it ends in 4 with a line that says what is wrong.
    """
    if what is None:
        lines = _machine(load(Path.cwd(), os.environ, config_file=config_of(ctx, config)))
    else:
        lines = _place(what, root)
    if form == "json":
        _json(verified=list(lines))
        return 0
    for line in lines:
        click.echo(printable(f"slopguard: {line}"))
    return 0


def _machine(settings: Settings) -> Iterable[str]:
    from slopguard.lists import shipped, sources
    from slopguard.lists.digests import ENDS

    for bundle in shipped.bundles():
        yield f"shipped list '{bundle.name}': {_rows(bundle.data):,} rows, as this version was built with"
    yield f"shipped lists: signatures hold, root = sha256:{shipped.verify_signatures()}, until {ENDS}"
    found = sources.installed(settings, datetime.now(UTC))
    for bundle in found.bundles:
        old = "; too old to allow anything" if bundle.name in found.stale else ""
        yield f"list '{bundle.name}': {_rows(bundle.data):,} rows, signatures hold{old}"
    yield from found.notes


def _place(what: Path, root: str | None) -> Iterable[str]:
    from slopguard.curation import verify as check
    from slopguard.lists import pack

    now = datetime.now(UTC)
    if (what / "lists.toml").is_file():
        return check.repository(Layout(what), now)
    if what.is_file():
        return _trusted(check.content(pack.read(what), root, now), root)
    if (what / "metadata" / "timestamp.json").is_file():
        return _trusted(check.published(what, root, now), root)
    raise ListInvalid("there are no lists at that place", "Name a repository, a published folder or a pack")


def _trusted(found: Trusted, root: str | None) -> Iterable[str]:
    for bundle in found.bundles:
        yield f"list '{bundle.name}': {_rows(bundle.data):,} rows, signatures hold"
    yield f"good until {found.expires:%Y-%m-%d}; root = sha256:{found.pin}" + ("" if root else " (compare it)")


def _rows(data: bytes) -> int:
    return data.count(b"\n") - 1


def _whose(settings: Settings, book: Book, name: str | None) -> tuple[PublicKey, tuple[Waiting, ...]]:
    """The key to sign with, and what it may sign.

    Raises:
        SigningError: the key may sign nothing, or none of this account's keys may.
        UsageError: nothing is staged, or several keys could sign.
    """
    from slopguard.curation.ceremony import signable, waiting

    folder = key_folder(settings)
    if name is not None:
        public = folder.public(name)
        return public, signable(book, public.keyid)
    ids = {keyid for each in waiting(book) for keyid in each.keyids}
    mine = [key for key in folder.all() if key.keyid in ids and not key.machine]
    if len(mine) > 1:
        raise UsageError(
            f"several of your keys could sign: {', '.join(key.name for key in mine)}", "Choose: --key NAME"
        )
    if not mine:
        signable(book, "")  # says what waits, if anything does
        raise SigningError("none of your keys may sign what is staged")
    return mine[0], signable(book, mine[0].keyid)


def _ci_signer(layout: Layout, spec: str) -> Any:
    """The CI key; for one at a provider its public half is taken from `keys/`."""
    from slopguard.curation import people
    from slopguard.signing.signers import machine_signer

    if spec.partition(":")[0] in ("env", "file"):
        return machine_signer(spec)
    found = people.read(layout)
    publics = [found.keys[name] for name in found.duties["timestamp"].keys]
    return machine_signer(spec, next((each for each in publics if each.uri == spec), publics[0]))


def _log(settings: Settings, public: PublicKey, ours: Iterable[Waiting]) -> None:
    """Write down what is signed, before it is."""
    from slopguard.store import acts

    what = " ".join(f"{each.role}:{each.version}" for each in ours)
    acts.record(settings, "lists", "signed", "lists", f"roles:{what}", f"slopguard lists sign --key {public.name}")


def _tell_waiting(waits: Iterable[Waiting], nothing: str) -> None:
    waits = list(waits)
    for each in waits:
        click.echo(printable(f"  {each}"))
    if waits and all(each.complete for each in waits):
        click.echo("slopguard: all signatures are there. Next: slopguard lists publish")
    elif not waits and nothing:
        click.echo(nothing)


def _said(change: Change) -> str:
    lost = f"; lost: the signatures of {', '.join(change.lost)}" if change.lost else ""
    if change.why == "undone":
        return f"{change.role} is as published again, so nothing of it waits any more{lost}"
    return f"{change.role} {change.version} waits for signatures ({WHY[change.why]}){lost}"


def _change(change: Change) -> dict[str, Any]:
    return {"role": change.role, "version": change.version, "why": change.why, "lost": change.lost}


def _waiting(each: Waiting) -> dict[str, Any]:
    quorums = [{"threshold": q.threshold, "signed": q.signed, "missing": q.may} for q in each.quorums]
    return {
        "role": each.role,
        "version": each.version,
        "expires": _moment(each.expires),
        "complete": each.complete,
        "signatures": quorums,
    }


def _moment(when: datetime) -> str:
    return f"{when:%Y-%m-%dT%H:%M:%SZ}"


def _json(**content: Any) -> None:
    click.echo(json.dumps({"schema": SCHEMA, **content}, indent=1))
