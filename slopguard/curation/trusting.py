"""From what a team runs already to entries that allow it.

Invariants: every package was judged; one that a block rule refuses, or that could not be verified, never becomes an
entry, and one in quarantine only where that was asked for; an entry that is there is only ever added to, in its own
form: what people wrote is neither narrowed nor widened to more than it speaks of.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from slopguard.curation import sources
from slopguard.curation.checks import DIGITS
from slopguard.curation.entries import ListEntry, exact
from slopguard.model import Outcome, RowKind, Verdict

FORMS = {"names": RowKind.BASELINE, "versions": RowKind.REVIEWED, "hashes": RowKind.PINNED}
"""What an entry speaks of, and how strong its row is."""
STRENGTH = (RowKind.BASELINE, RowKind.REVIEWED, RowKind.PINNED)
FILE = "imported.toml"
COMMENT = "What we run already. Made by `slopguard lists import locks`, which keeps no comments in this file."
_DIGEST = re.compile("|".join(f"{algorithm}:[0-9a-f]{{{digits}}}" for algorithm, digits in DIGITS.items()))
NO_VERSION = "not pinned to one version"
NO_DIGEST = "no strong digest"


@dataclass(frozen=True, slots=True)
class Wish:
    """How packages become entries.

    Args:
        form: a key of `FORMS`.
        quarantined: those in quarantine too.
    """

    form: str
    owner: str
    reason: str
    today: date
    quarantined: bool = False


@dataclass(slots=True)
class Proposal:
    """What becomes of the packages that were judged.

    Args:
        entries: what would be written, one for each package.
        refused: verdicts on what is left out, for what they say.
        unfit: what could be trusted but not in the form asked for, with the reason.
        known: how many the lists allow already, as strongly or stronger.
        internal: how many are internal names, which need no entry.
    """

    entries: tuple[ListEntry, ...] = ()
    refused: list[Verdict] = field(default_factory=list)
    unfit: list[tuple[Verdict, str]] = field(default_factory=list)
    known: int = 0
    internal: int = 0


def propose(verdicts: Iterable[Verdict], wish: Wish) -> Proposal:
    """Sort what was judged: what becomes an entry, and what does not."""
    made = Proposal()
    found: dict[tuple[str, str, str], ListEntry] = {}
    for verdict in verdicts:
        if verdict.outcome.refuses and not (wish.quarantined and verdict.outcome is Outcome.QUARANTINE):
            made.refused.append(verdict)
        elif verdict.evidence.internal:
            made.internal += 1
        elif _as_strong(verdict, wish.form):
            made.known += 1
        elif why := _unfit(verdict, wish.form):
            made.unfit.append((verdict, why))
        else:
            entry = _entry(verdict, wish)
            known = found.get(entry.key)
            found[entry.key] = _joined(known, entry) if known else entry
    made.entries = tuple(found[key] for key in sorted(found))
    return made


def _as_strong(verdict: Verdict, form: str) -> bool:
    row = verdict.evidence.allow
    return row is not None and STRENGTH.index(row.kind) >= STRENGTH.index(FORMS[form])


def _unfit(verdict: Verdict, form: str) -> str:
    """Why a package cannot become an entry of this form; empty if it can."""
    request = verdict.request
    if form != "names" and (request.version is None or not exact(request.ecosystem, request.version)):
        return NO_VERSION
    return NO_DIGEST if form == "hashes" and not _strong(request.digests) else ""


def _strong(digests: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(digest for digest in digests if _DIGEST.fullmatch(digest)))


def _entry(verdict: Verdict, wish: Wish) -> ListEntry:
    request = verdict.request
    assert request.name is not None  # what has no name is blocked
    return ListEntry(
        "allow",
        request.ecosystem,
        request.name,
        versions=(request.version,) if wish.form != "names" and request.version else (),
        hashes=_strong(request.digests) if wish.form == "hashes" else (),
        owner=wish.owner,
        reason=wish.reason,
        added=wish.today,
    )


def _joined(one: ListEntry, other: ListEntry) -> ListEntry:
    """One entry with the versions and hashes of both; the rest is that of the first."""
    return replace(
        one,
        versions=tuple(dict.fromkeys((*one.versions, *other.versions))),
        hashes=tuple(dict.fromkeys((*one.hashes, *other.hashes))),
    )


# ---------------------------------------------------------------- what becomes of the list


@dataclass(frozen=True, slots=True)
class Merged:
    """What becomes of the files of a list.

    Args:
        imported: all entries of `FILE`.
        elsewhere: entries of other files that are added to.
        added: how many are new.
        changed: how many are added to.
        left: entries that stand there in another form, with the file that holds them: to be changed by a person.
    """

    imported: tuple[ListEntry, ...]
    elsewhere: tuple[ListEntry, ...]
    added: int
    changed: int
    left: tuple[tuple[ListEntry, Path], ...]


def merge(folder: Path, entries: Sequence[ListEntry], today: date) -> Merged:
    """Bring entries together with those of a list; nothing is written.

    Raises:
        InputError: a file of the list cannot be read.
    """
    there = sources.located(folder)
    imported = {key: entry for key, (entry, path) in there.items() if path == folder / FILE}
    elsewhere: list[ListEntry] = []
    left: list[tuple[ListEntry, Path]] = []
    added = changed = 0
    for entry in entries:
        if entry.key not in there:
            added += 1
            imported[entry.key] = entry
            continue
        old, path = there[entry.key]
        new = _joined(old, entry)
        if _form(old) != _form(entry) or old.ended(today):
            left.append((old, path))
        elif new != old:
            changed += 1
            if entry.key in imported:
                imported[entry.key] = new
            else:
                elsewhere.append(new)
    return Merged(tuple(imported.values()), tuple(elsewhere), added, changed, tuple(left))


def _form(entry: ListEntry) -> tuple[bool, bool]:
    return bool(entry.versions), bool(entry.hashes)


def write(folder: Path, merged: Merged) -> list[Path]:
    """Write what was merged; gives the files.

    Raises:
        InputError: a file cannot be written.
    """
    from slopguard.curation.edit import put, write_generated

    paths = dict.fromkeys(put(folder, entry) for entry in merged.elsewhere)
    if merged.imported:
        write_generated(folder / FILE, merged.imported, COMMENT)
        paths[folder / FILE] = None
    return list(paths)
