"""`slopguard allow`: the release valve. A person lets one package through, for a while, and signs for it.

Invariants: what is known of the package is shown before anything is asked; what a release cannot lift is refused and
nothing is written; a release counts only with the signature of a key that approves on this account, whose passphrase
or PIN is typed at the controlling terminal each time; it is in the ledger before it counts. Where a team's lists are
configured nothing counts here: the wish becomes a request to its reviewers.
"""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from slopguard.cli.app import common, config_of
from slopguard.cli.persons import approval_key, ask_for, key_folder, new_secret, only_a_person, tell
from slopguard.config import Settings, load
from slopguard.errors import UsageError, printable
from slopguard.lists.released import Kept, Release, Released
from slopguard.messages import utc
from slopguard.model import Ecosystem, Verdict
from slopguard.names import phrase
from slopguard.store import acts
from slopguard.versions import same_version

if TYPE_CHECKING:
    from slopguard.check.wishes import Wanted
    from slopguard.signing.keys import PublicKey, Secret

SCHEMA = "slopguard/releases/1"
FIRST_KEY = "approval"
REQUESTED = 3
"""Exit code of a wish that became a request: it is in quarantine still."""
WIDE = 300
FIRST = (
    "This account has no key that lets packages through yet; it is made now.",
    "Its passphrase is asked for whenever you let a package through or trust something: no agent has it.",
    "Do not type it anywhere else, and do not tell it to an agent.",
)


class Allow(click.Group):
    """The group whose first word may be a package instead of a command."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As click does, with `add` filled in; a package that is called like a command is written `pypi:list`."""
        known = (*self.commands, *ctx.help_option_names)
        return super().parse_args(ctx, args if args and args[0] in known else ["add", *args])


@click.group(cls=Allow, epilog="Example: slopguard allow pypi:flask-magic --why 'reviewed by ana' --for 30d")
def allow() -> None:
    """Let one package through for a while: allow NAME[==V] --why TEXT [--for 30d].

    A name is let through past quarantine; with ==V (that version's files, by digest) also past predicted-registered,
    lookalike-new and foreign-source. Nothing lifts the other blocks. A person must give a passphrase at the terminal.
    """


@allow.command(hidden=True, epilog="Example: slopguard allow npm:left-pad@1.3.0 --why 'read it' --for 7d")
@click.argument("name", metavar="NAME[==V]")
@click.option("--why", default="", metavar="TEXT", help="Why it may come in; kept with the release.")
@click.option("--for", "lasts", default="30d", show_default=True, metavar="TIME", help="12h, 7d, ...; 90d at most.")
@click.option("--hash", "hashes", multiple=True, metavar="DIGEST", help="sha256:HEX of a file, instead of the index's.")
@click.option("-e", "--ecosystem", type=click.Choice([eco.value for eco in Ecosystem]), help="Where the name belongs.")
@click.option("--key", metavar="KEY", help="The key to sign with, if several approve.")
@common
@click.pass_context
def add(
    ctx: click.Context,
    name: str,
    why: str,
    lasts: str,
    hashes: tuple[str, ...],
    ecosystem: str | None,
    key: str | None,
    config: Path | None,
    form: str,
) -> int:
    """Let NAME (also pypi:NAME==V, npm:NAME@V) through for a while."""
    del form  # a person reads the answer
    command = _command(name, why, lasts, hashes, ecosystem, key)
    only_a_person("let a package through", command)
    from slopguard.check import wishes
    from slopguard.model import Door

    cwd = Path.cwd()
    settings = load(cwd, os.environ, config_file=config_of(ctx, config))
    wish = wishes.wanted(name, ecosystem, why, lasts, hashes, cwd)
    verdict, then = wishes.looked_up(wish, settings, cwd, Door("allow", command))
    if not verdict.outcome.refuses:
        return _ended(verdict, _already(verdict, wish), 0)
    refused = wishes.refusal(wish, verdict, then)
    if refused is not None:
        return _ended(verdict, f"{refused[0]}; nothing was written", refused[1])
    release = wishes.release_of(wish, wishes.digests_of(wish, verdict))
    if settings.list_sources:
        return _ask_reviewers(release, wish, verdict, settings)
    return _let_through(release, wish, verdict, settings, key, command)


@allow.command("list", epilog="Example: slopguard allow list --format json")
@common
@click.pass_context
def show(ctx: click.Context, config: Path | None, form: str) -> int:
    """What was let through on this account: until when, why, by which key, and whether it counts."""
    rows = list(releases(_settings(ctx, config)))
    if form == "json":
        click.echo(json.dumps({"schema": SCHEMA, "releases": rows}, indent=1))
        return 0
    for row in rows:
        version = f" {row['version']}" if row["version"] else ""
        until = f"until {row['until']}  by {row['by']}  {phrase(row['why'], WIDE)}" if row["until"] else ""
        problem = "" if row["counts"] else f"   does not count: {row['problem']}"
        click.echo(f"{phrase(row['package'])}{version}  {until}{problem}".rstrip())
    if not rows:
        click.echo("slopguard: nothing was let through.", err=True)
    return 0


@allow.command(epilog="Example: slopguard allow remove pypi:flask-magic")
@click.argument("name", metavar="NAME[==V]")
@click.option("-e", "--ecosystem", type=click.Choice([eco.value for eco in Ecosystem]), help="Where the name belongs.")
@common
@click.pass_context
def remove(ctx: click.Context, name: str, ecosystem: str | None, config: Path | None, form: str) -> int:
    """Take back what was let through under NAME, or only its version V; nobody needs to prove anything for that."""
    del form
    from slopguard.check.wishes import one_request

    settings = _settings(ctx, config)
    request = one_request(name, ecosystem, Path.cwd())
    releases = _released(settings)
    known = releases.about(request.ecosystem, request.name or request.raw)
    left = [kept for kept in known if request.version and not _is_about(kept, request.version)]
    if len(left) == len(known):
        raise UsageError("nothing was let through under that name", "See: slopguard allow list")
    package = f"{request.ecosystem.value}:{request.name or request.raw}"
    acts.record(settings, "allow", "removed", "released", package, f"slopguard allow remove {name}")
    releases.keep(request.ecosystem, request.name or request.raw, [kept.envelope for kept in left if kept.envelope])
    click.echo("slopguard: taken back.")
    return 0


def _let_through(
    release: Release, wish: Wanted, verdict: Verdict, settings: Settings, name: str | None, command: str
) -> int:
    """Let the person sign the release, write it to the ledger, and put it where it counts."""
    from slopguard.cli.releasing import known
    from slopguard.signing.envelope import seal
    from slopguard.signing.signers import signer_for

    key = approval_key(settings, name)
    tell([*known(verdict), *_proposal(release, wish)])
    key, secret = (key, ask_for) if key is not None else _first_key(settings)
    release = replace(release, by=key.name)
    sealed = seal(release.payload(), signer_for(key, key_folder(settings).folder, secret))
    acts.record(settings, "allow", "released", "released", wish.package, command)
    releases = _released(settings)
    others = [
        kept.envelope
        for kept in releases.about(release.ecosystem, release.name)
        if kept.release and kept.problem is None and kept.release.version != release.version
    ]
    releases.keep(release.ecosystem, release.name, [*others, sealed])
    back = f"slopguard allow remove {shlex.quote(wish.target)}"
    click.echo(f"slopguard: let through until {utc(release.until)}. Take it back with: {back}")
    return 0


def _first_key(settings: Settings) -> tuple[PublicKey, Secret]:
    """Make the account's approval key; it is used at once, with the passphrase just typed."""
    folder = key_folder(settings)
    folder.free(FIRST_KEY)
    tell(FIRST)
    typed = new_secret("your approval key")
    return folder.new(FIRST_KEY, typed, approves=True), lambda what: typed


def _ask_reviewers(release: Release, wish: Wanted, verdict: Verdict, settings: Settings) -> int:
    """Turn the wish into a request, and print what is to be handed over, and the command that a reviewer would run."""
    from slopguard.check import wishes
    from slopguard.cli.releasing import known

    path = wishes.ask_reviewers(wish, release, verdict, settings, "allow")
    for line in known(verdict):
        click.echo(line)
    click.echo("slopguard: your team's reviewers decide; nothing was let through.", err=True)
    click.echo(printable(f"  the request: {path}"), err=True)
    command = shlex.join(wishes.reviewer_command(wish, release, wish.why))
    click.echo(printable(f"  a reviewer runs: {command}"), err=True)
    return REQUESTED


def _proposal(release: Release, wish: Wanted) -> Iterator[str]:
    count = len(release.hashes)
    files = f", {count} file{'s' * (count != 1)} by digest" if count else ", every version"
    yield f"to be let through on this account: {wish.target}{files}"
    yield f"  until    {utc(release.until)}"
    yield f"  because  {phrase(release.why, WIDE)}"


def _ended(verdict: Verdict, line: str, code: int) -> int:
    for each in _shown(verdict):
        click.echo(each)
    end = "" if ": slopguard " in line else "."  # a command at the end runs as printed
    click.echo(f"slopguard: {line}{end}", err=True)
    return code


def _already(verdict: Verdict, wish: Wanted) -> str:
    if verdict.evidence.released == "pinned" and wish.request.version is None:
        return f"only versions of it were let through; for the name, first: slopguard allow remove {wish.package}"
    if verdict.rule == "released":
        return f"it was let through already; to change that: slopguard allow remove {shlex.quote(wish.package)}"
    return "it is allowed already; nothing was written"


def _shown(verdict: Verdict) -> list[str]:
    from slopguard.reports import text

    return list(text.report([verdict]))


def releases(settings: Settings) -> Iterator[dict[str, Any]]:
    """What was let through on this account, a row each."""
    elsewhere = "your team's reviewers let packages through" if settings.list_sources else None
    for kept in _released(settings).all():
        release, problem = kept.release, kept.problem or elsewhere
        yield {
            "package": kept.package,
            "version": release.version if release else None,
            "until": utc(release.until) if release else None,
            "why": release.why if release else None,
            "by": release.by if release else None,
            "counts": problem is None,
            "problem": problem,
        }


def _is_about(kept: Kept, version: str) -> bool:
    release = kept.release
    return bool(release and release.version and same_version(release.ecosystem, version, release.version))


def _settings(ctx: click.Context, config: Path | None) -> Settings:
    return load(Path.cwd(), os.environ, config_file=config_of(ctx, config))


def _released(settings: Settings) -> Released:
    assert settings.user is not None  # `load` always sets it
    return Released(settings.user)


def _command(name: str, why: str, lasts: str, hashes: Sequence[str], ecosystem: str | None, key: str | None) -> str:
    reason = " ".join(why.split()) or "TEXT"
    words = ["slopguard", "allow", name, *(("-e", ecosystem) if ecosystem else ()), "--why", reason]
    words += ["--for", lasts, *(word for digest in hashes for word in ("--hash", digest))]
    words += ["--key", key] if key else []
    return shlex.join(words)
