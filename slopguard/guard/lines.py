"""What a guarded command says on stderr, and the code it ends with. Fixed words; secrets in addresses are cut out."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING

from slopguard import messages
from slopguard.clients.interface import Invocation
from slopguard.clients.sources import canonical
from slopguard.indexes import Index, without_credentials
from slopguard.model import SourceKind, Verdict
from slopguard.names import phrase, shown
from slopguard.patterns import regex
from slopguard.rules import EXIT_CODES

if TYPE_CHECKING:
    from slopguard.model import Note

EXIT_ORDER = (1, 5, 2, 4, 3)
"""Which code wins when several things went wrong."""
_LONGEST = 120
"""Characters shown of an address, or of where it is named."""
_PLAIN = regex(r"[A-Za-z0-9:/@._~+%=,-]+")
"""An address that a shell takes as it stands."""
_SECRET = regex(r"(?<!\w)(\w+://)[^/@\s]+@")


def say(text: str) -> None:
    """One line on stderr, after whatever the client wrote."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def verdicts(found: Iterable[Verdict], said: set[str]) -> None:
    """The one-line message of each refusal, once."""
    for verdict in found:
        line = messages.line(verdict)
        if line not in said:
            said.add(line)
            say(line)


def sources(found: Iterable[Verdict], indexes: Sequence[Index], said: set[str]) -> None:
    """Of each index for which something was refused: where it is named, and what to do; once."""
    for verdict in found:
        request = verdict.request
        url = request.source.index
        if verdict.rule != "foreign-source" or request.source.kind is not SourceKind.REGISTRY or not url:
            continue
        known = next((i for i in indexes if "://" in url and canonical(i.url) == canonical(url)), None)
        place = next((f"{at.path}:{at.line or 1}" for at in request.locations), "")
        line = source(url, known.named if known else place)
        if line not in said:
            said.add(line)
            say(line)


def source(url: str, named: str) -> str:
    """The line about one index that nobody trusted; fixed words, the address without credentials and in ASCII."""
    address = shown(without_credentials(url), _LONGEST)
    if "://" not in url and not url.startswith("file:"):
        return f"slopguard: no index is configured under the name {address}. Leave it out, or write its address there."
    words = phrase(named, _LONGEST)
    where = f"is named by {words}; nobody trusted it" if words else "is named and not trusted"
    remove = "Unset it" if named.startswith("the variable") else "Leave it out"
    plain = address == url and _PLAIN.fullmatch(url)
    return f"slopguard: index {address} {where}. {remove}, or a person runs: slopguard trust {url if plain else 'URL'}"


def notes(found: Iterable[Note], said: set[str]) -> None:
    """The line for each version that was stepped over; in mode `observe` none was, and the line says so."""
    for note in found:
        if note.verdict.enforced:
            say(messages.note(note.verdict, note.used))
        else:
            verdicts([note.verdict], said)


def code(found: Iterable[Verdict]) -> int | None:
    """The contract's exit code for what was refused; `None` if nothing was."""
    codes = {EXIT_CODES[verdict.outcome] for verdict in found if verdict.stops}
    return worst(codes)


def worst(codes: Iterable[int | None]) -> int | None:
    """The code that wins."""
    held = set(codes)
    return next((code for code in EXIT_ORDER if code in held), None)


def not_started(call: Invocation, refused: Sequence[Verdict]) -> str:
    """The closing line of a command that was refused before its client started."""
    text = f"slopguard: {call.client} was not started; nothing was installed."
    rest = remaining(call, refused)
    return f"{text} Without it: {rest}" if rest else text


def stopped_below(call: Invocation, ours: int) -> str:
    """The line about guarded commands in scripts: clients hide what scripts print."""
    return f"slopguard: a guarded command that {call.client} started ended in {ours}. What it said: slopguard log"


def remaining(call: Invocation, refused: Sequence[Verdict]) -> str:
    """The command without what was refused; `""` when something refused stands in a file."""
    if any(verdict.request.locations for verdict in refused):
        return ""
    return rest_of(call, {verdict.request.raw for verdict in refused})


def rest_of(call: Invocation, names: Collection[str]) -> str:
    """The command without these names, `""` when nothing of it is left or they cannot be told apart in it."""
    kept = [sighting for sighting in call.typed if sighting.raw not in names]
    words = [word for word in call.argv if not _names_one_of(word, names)]
    from_files = call.files and call.command in ("install", "pip install") and call.client != "npm"
    if len(words) == len(call.argv) or not (kept or from_files):
        return ""
    return redacted([call.client, *words])


def _names_one_of(word: str, names: Collection[str]) -> bool:
    """Whether an argument is a requirement for one of the names."""
    return any(word == name or (word.startswith(name) and word[len(name)] in "[=<>!~@;, ") for name in names)


def typed(call: Invocation) -> str:
    """The command for the ledger."""
    return redacted([call.client, *call.argv])


def redacted(words: Sequence[str]) -> str:
    """A command line as a person would type it, without secrets in addresses."""
    return _SECRET.sub(r"\1", shlex.join(words))
