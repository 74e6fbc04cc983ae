"""`slopguard lists trust`: a person accepts a publisher of lists on this machine.

Invariants: what is accepted is the digest of one root, after the list behind it was fetched and verified and its people
were shown; only an answer at the terminal counts; comments in the settings file survive; settings that do not load
afterwards are put back.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from slopguard.cli.app import common, config_of
from slopguard.cli.lists_sync import count, described, fetch
from slopguard.cli.persons import only_a_person, prove
from slopguard.config import ListSource, Settings, load, private
from slopguard.config.places import FILE_NAME, read_bytes
from slopguard.errors import ConfigError, ListInvalid, SlopguardError, UsageError, printable
from slopguard.names import shown

if TYPE_CHECKING:
    from tuf.api.metadata import Root

    from slopguard.lists.trust import Trusted

NAMED = "x-slopguard-name"
"""Field of a key: whose it is, as the publisher says."""
SCHEMES = ("https", "http", "file")
ROLES = ("root", "targets", "snapshot", "timestamp")


@click.command(epilog="Example: slopguard lists trust https://lists.example/ --team payments")
@click.argument("url")
@click.option(
    "--root", metavar="sha256:HEX", help="The digest that the publisher told you; else it is shown and asked."
)
@click.option("--team", "teams", multiple=True, metavar="TEAM", help="Use this team's list too; may be repeated.")
@common
@click.pass_context
def trust(
    ctx: click.Context, url: str, root: str | None, teams: tuple[str, ...], config: Path | None, form: str
) -> int:
    """Accept a publisher of lists on this machine: its lists then decide what may be installed.

    Its people, keys and digest are shown first, and a person must answer at the terminal. Another root for an address
    that was accepted before replaces it.
    """
    del form  # the answer is for a person
    only_a_person("accept a publisher of lists", f"slopguard lists trust {shlex.quote(shown(url, 200))}")
    settings = load(Path(os.sep), os.environ, config_file=config_of(ctx, config))
    source, trusted, first = _offered(_address(url), root, teams, settings)
    old = next((each for each in settings.list_sources if _same(each.url, source.url)), None)
    _only_one_of_this_name(source, trusted, settings)
    prove(settings, list(_shown(source, trusted, first, teams, old)))
    from slopguard.store import acts

    acts.record(settings, "lists", "accepted", "trust", f"lists:{source.url}", f"slopguard lists trust {source.url}")
    assert settings.user is not None  # `load` always sets it
    _settle(settings.user / FILE_NAME, source, teams)
    after = load(Path(os.sep), os.environ, config_file=config_of(ctx, config))
    done = fetch(after, source)
    if isinstance(done, SlopguardError):
        raise done
    click.echo(described(done.after))
    click.echo("slopguard: accepted. Take it back by taking it out of [lists] in your slopguard.toml.")
    return 0


def _only_one_of_this_name(source: ListSource, trusted: Trusted, settings: Settings) -> None:
    """Two publishers of one name could not be told apart, so that nothing would be allowed any more.

    Raises:
        UsageError: another publisher that was accepted before gives its lists the same name.
    """
    from slopguard.lists.sources import current

    for other in settings.list_sources:
        if other.root == source.root or _same(other.url, source.url):
            continue
        name = None
        with suppress(ListInvalid):  # what was never fetched has no name yet
            name = current(settings, other, datetime.now(UTC))[0].name
        if name == trusted.name:
            where = shown(other.url, 200)
            raise UsageError(
                f"your settings have lists called '{name}' already, at {where}",
                "Take those out of [lists] in your slopguard.toml first, if these are to take their place",
            )


def _address(url: str) -> str:
    """The address, fit to be kept.

    Raises:
        UsageError: it is none.
    """
    try:
        parts = urlsplit(url)
        plain = shown(url, 400) == url and not parts.query and not parts.fragment and "@" not in parts.netloc
        fine = plain and parts.scheme in SCHEMES and bool(parts.hostname or parts.scheme == "file")
    except ValueError:
        fine = False
    if not fine:
        raise UsageError("that is not the address of a publisher", "Write it as https://HOST/PATH/, without a password")
    return url


def _same(one: str, other: str) -> bool:
    return one.rstrip("/") == other.rstrip("/")


def _offered(
    url: str, wanted: str | None, teams: Sequence[str], settings: Settings
) -> tuple[ListSource, Trusted, Root]:
    """What is published there: its root, and the list behind it, verified.

    Raises:
        UsageError: the root is not the one that was named, or a team is not there.
        SlopguardError: it cannot be fetched or verified.
    """
    from tuf.api.metadata import Metadata, Root

    from slopguard.lists.download import download, first_root
    from slopguard.lists.floor import NONE
    from slopguard.lists.sync import usable

    if wanted is not None and not wanted.startswith("sha256:"):
        raise UsageError("--root takes a digest", "Write it as sha256: and 64 digits")
    data = first_root(url, settings.timeout, wanted and wanted.removeprefix("sha256:"))
    pin = sha256(data).hexdigest()
    files = download(url, pin, teams, settings.timeout, {}, {})
    trusted = usable(files, pin, teams, datetime.now(UTC), NONE, timedelta())
    for team in teams:
        if team not in trusted.teams:
            raise UsageError(
                f"that publisher has no team '{shown(team)}'", f"It has: {', '.join(trusted.teams) or 'none'}"
            )
    return ListSource(url, f"sha256:{pin}"), trusted, Metadata[Root].from_bytes(data).signed


def _shown(
    source: ListSource, trusted: Trusted, first: Root, teams: Sequence[str], old: ListSource | None
) -> Iterator[str]:
    yield f"lists '{trusted.name}', published at {source.url}"
    yield f"  root    {source.root}"
    if old is not None and old.root != source.root:
        yield f"  before  {old.root}: it no longer counts"
    for role in ROLES:
        ids, threshold = first.roles[role].keyids, first.roles[role].threshold
        yield f"  {role}: {threshold} of {len(ids)} must sign: {', '.join(_who(first, keyid) for keyid in ids)}"
    if (newest := trusted.versions["root"]) != first.version:
        yield f"  this is root {first.version}; its people have replaced it since: in force is root {newest}"
    yield f"  teams: {', '.join(trusted.teams) or 'none'}; yours: {', '.join(teams) or 'none'}"
    yield f"  rows: {', '.join(f'{bundle.name} {count(bundle):,}' for bundle in trusted.bundles)}"
    yield "  what these people sign will count on this machine. Compare the digest with what they told you"


def _who(root: Root, keyid: str) -> str:
    name = root.keys[keyid].unrecognized_fields.get(NAMED)
    said = f"{shown(name)} " if isinstance(name, str) else ""
    return f"{said}({root.keys[keyid].keytype} {shown(keyid[:16])})"


def _settle(path: Path, source: ListSource, teams: Sequence[str]) -> None:
    """Write it into the user's settings; they load afterwards or are as they were.

    Raises:
        ConfigError: the settings, or the organisation's, do not allow it.
    """
    path = path.resolve()  # the file behind a link, where people keep their settings elsewhere
    before = read_bytes(path)
    private.put(path, _edited(before or b"", path, source, teams))
    try:
        load(Path(os.sep), os.environ)
    except ConfigError:
        if before is None:
            private.remove(path)
        else:
            private.put(path, before)
        raise


def _edited(data: bytes, path: Path, source: ListSource, teams: Sequence[str]) -> bytes:
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    try:
        document = tomlkit.parse(data.decode())
        table: Any = document.setdefault("lists", tomlkit.table())
        table["sources"] = _sources(table.get("sources"), source)
        known = list(table.get("teams", []))
        if set(teams) - set(known):
            table["teams"] = [*known, *(team for team in dict.fromkeys(teams) if team not in known)]
        return tomlkit.dumps(document).encode()
    except (UnicodeDecodeError, TOMLKitError, AttributeError, TypeError):
        raise ConfigError(printable(f"{path}: cannot be edited"), "Put the source into [lists] by hand") from None


def _sources(known: Any, source: ListSource) -> Any:
    """The sources with this one in place of the one with its address, or at the end."""
    import tomlkit

    if known is None:
        known = tomlkit.array()
    for entry in known:
        if isinstance(entry, Mapping) and _same(str(entry.get("url")), source.url):
            entry["root"] = source.root  # type: ignore[index]  # tomlkit's tables are mutable mappings
            return known
    fresh = tomlkit.table() if isinstance(known, tomlkit.items.AoT) else tomlkit.inline_table()
    fresh.update({"url": source.url, "root": source.root})
    known.append(fresh)
    return known
