"""Changing the files that people review: one entry at a time, and nothing else in the file.

An entry is found by its place in the text, changed there (each value by tomlkit, so that what stands beside it stays),
and the whole is read again before it is kept. Invariants: comments, order and layout of everything else stay byte for
byte; a file holds afterwards what it held before and the one change, or it was not touched; a file is replaced whole.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from slopguard.curation import generated, sources, writing
from slopguard.curation.entries import KINDS, ListEntry
from slopguard.curation.sources import Key
from slopguard.curation.statements import Place, Statement, find, key_of, slot
from slopguard.errors import InputError
from slopguard.model import Ecosystem

_BY_HAND = "Edit it by hand, or write the entry as [KIND.ECOSYSTEM.NAME]"


def put(folder: Path, entry: ListEntry) -> Path:
    """Add an entry to a list, or replace the one that is there; gives the file.

    It is changed where it stands; a new one goes into `ECOSYSTEM.toml`.

    Raises:
        InputError: the entry or a file of the list is not what it must be, or the file cannot be edited or written.
    """
    check(entry)
    there = sources.located(folder)
    known = there.get(entry.key)
    path = known[1] if known else folder / f"{entry.ecosystem.value}{sources.SUFFIX}"
    if known and known[0] == entry:
        return path
    if known and path.suffix == generated.SUFFIX:
        name = sources.dotted(*entry.key)
        raise InputError(f"{sources.where(path, folder)}: a tool wrote {name} there", "Take it out there first")
    text = sources.read(path, folder) if path.exists() else ""
    changed = _replaced(text, known[0], entry, sources.where(path, folder)) if known else _added(text, entry)
    _keep(path, folder, text, changed, {**_in_file(there, path), entry.key: entry})
    return path


def check(entry: ListEntry) -> None:
    """An entry must be one that a file may hold.

    Raises:
        InputError: it is not.
    """
    if entry.kind not in KINDS:
        raise InputError("an entry is of no known kind", f"Known are: {', '.join(KINDS)}")
    try:
        found = list(sources.parse(writing.block(entry), "the entry"))
    except InputError as why:
        raise InputError(str(why), "Nothing was written") from None
    if found != [entry]:
        raise InputError(f"{sources.dotted(*entry.key)}: cannot be written as it is", "Leave out what is empty")


def take_out(folder: Path, kind: str | None, ecosystem: Ecosystem, name: str) -> int:
    """Take the entries about a package out of a list, with the comments directly above them; gives how many.

    Args:
        kind: only those of this kind.

    Raises:
        InputError: a file of the list is not what it must be, or cannot be edited or written.
    """
    wanted = [(each, ecosystem.value, name) for each in KINDS if kind in (None, each)]
    there = sources.located(folder)
    found = [there[key] for key in wanted if key in there]
    for entry, path in found:
        del there[entry.key]
        text = sources.read(path, folder)
        if path.suffix == generated.SUFFIX:
            after = generated.without(text, entry)
        else:
            after = _without(text, _place(text, entry, sources.where(path, folder)))
        _keep(path, folder, text, after, _in_file(there, path))
    return len(found)


def write_generated(path: Path, entries: Iterable[ListEntry], comment: str) -> None:
    """Write a whole file, one line an entry, sorted: for tools.

    Args:
        comment: what stands in front.

    Raises:
        InputError: an entry is not what it must be or is there twice, or the file cannot be written.
    """
    found = tuple(sorted(entries, key=lambda entry: entry.key))
    text = writing.generated(found, comment)
    if tuple(sorted(sources.parse(text, path.name), key=lambda entry: entry.key)) != found:
        raise InputError(f"{path.name}: its entries cannot be written as they are", "Leave out what is empty or twice")
    write(path, text)


def write(path: Path, text: str) -> None:
    """Replace a file as a whole, on disk before this returns.

    Raises:
        InputError: it cannot be written.
    """
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with fresh.open("wb") as stream:
            stream.write(text.encode())
            stream.flush()
            os.fsync(stream.fileno())
        if path.exists():
            fresh.chmod(path.stat().st_mode & 0o777)
        fresh.replace(path)
    except OSError as why:
        with suppress(OSError):
            fresh.unlink(missing_ok=True)
        raise InputError(f"{path.name}: cannot be written ({type(why).__name__})", "Check its folder") from None


def _in_file(there: Mapping[Key, tuple[ListEntry, Path]], path: Path) -> dict[Key, ListEntry]:
    return {key: entry for key, (entry, at) in there.items() if at == path}


def _keep(path: Path, folder: Path, before: str, after: str, wanted: Mapping[Key, ListEntry]) -> None:
    """Write the new text, if it holds exactly what it should and nobody else wrote the file meanwhile."""
    where = sources.where(path, folder)
    if {entry.key: entry for entry in sources.parse(after, where)} != wanted:
        raise InputError(f"{where}: is written in a way that this command does not edit", _BY_HAND)
    if (sources.read(path, folder) if path.exists() else "") != before:
        raise InputError(f"{where}: was changed by somebody else meanwhile", "Run the command again")
    write(path, after)


def _place(text: str, entry: ListEntry, where: str) -> Place:
    place = find(text, entry)
    if place is None:
        raise InputError(f"{where}: {sources.dotted(*entry.key)} is written in a way that is not edited", _BY_HAND)
    return place


def _added(text: str, entry: ListEntry) -> str:
    """The text with a new block in its place."""
    at = slot(text, entry)
    before, after = text[:at], text[at:]
    block = _ends(writing.block(entry), text)
    line = _ends("\n", text)
    if after and not after.startswith(("\n", "\r\n")):
        return before + block + line + after
    if before and not before.endswith("\n"):
        before += line
    return before + (line if before else "") + block + after


def _without(text: str, place: Place) -> str:
    """The text less an entry, and less one blank line beside its block."""
    if place.line:
        return text[: place.line.start] + text[place.line.end :]
    before, after = text[: place.section.start], text[place.section.end :]
    for line in ("\n", "\r\n"):
        if after.startswith(line):
            return before + after.removeprefix(line)
    for line in ("\r\n", "\n"):
        if not after and before.endswith("\n" + line):
            return before.removesuffix(line)
    return before + after


def _replaced(text: str, old: ListEntry, new: ListEntry, where: str) -> str:
    place = _place(text, old, where)
    if place.line:
        line = text[place.line.start : place.line.end]
        return text[: place.line.start] + _set(line, new.name, writing.inline(new)) + text[place.line.end :]
    return _block_replaced(text, place, old, new)


def _block_replaced(text: str, place: Place, old: ListEntry, new: ListEntry) -> str:
    """The text with the values of one block changed, those alone that differ."""
    had, has = writing.values(old), writing.values(new)
    pieces = [text[: place.section.head.end].rstrip("\r\n") + _ends("\n", text)]
    waiting = {name: value for name, value in has.items() if name not in had}
    order = list(KINDS[new.kind])
    for each in place.section.body:
        piece = text[each.start : each.end]
        name = _key(each, piece, new.kind)
        if name:
            pieces += _new_before(waiting, order[: order.index(name)], text)
            if name not in has:
                continue
            piece = piece if had[name] == has[name] else _set(piece, name, has[name])
        pieces.append(piece)
    if waiting and not pieces[-1].endswith("\n"):
        pieces[-1] += _ends("\n", text)
    return "".join([*pieces, *_new_before(waiting, order, text), text[place.section.end :]])


def _key(statement: Statement, piece: str, kind: str) -> str | None:
    """The key of a value; `None` for comments, blank lines and what is no key of its kind."""
    found = key_of(piece) if statement.kind == "value" else None
    name = found.strip("\"'") if found else None
    return name if name in KINDS[kind] else None


def _new_before(waiting: dict[str, str], names: Iterable[str], text: str) -> list[str]:
    """The lines of new values that come before others, taken from those that wait."""
    return [_ends(f"{name} = {waiting.pop(name)}\n", text) for name in names if name in waiting]


def _set(line: str, name: str, value: str) -> str:
    """One statement with another value; what stands beside the value, and beside the items of a list, stays.

    Raises:
        InputError: it is written in a way that tomlkit does not read.
    """
    import tomlkit

    try:
        document = tomlkit.parse(line.replace("\r\n", "\n"))
        wanted = tomlkit.value(value)
        if not _few_items(document[name], wanted):
            document[name] = wanted
    except tomlkit.exceptions.TOMLKitError:
        raise InputError(f"the value of '{name}' is written in a way that is not edited", _BY_HAND) from None
    return _ends(tomlkit.dumps(document), line)


def _few_items(there: Any, wanted: Any) -> bool:
    """Bring a list to what it should hold by taking out and adding items; whether that was possible."""
    if not isinstance(there, list) or not isinstance(wanted, list):
        return False
    fresh = [item for item in wanted if item not in there]
    if [*(item for item in there if item in wanted), *fresh] != wanted:
        return False
    for item in [item for item in there if item not in wanted]:
        there.remove(item)
    for item in fresh:
        _append(there, item)
    return True


def _append(there: Any, item: str) -> None:
    """Add an item as the others stand: on a line of its own, or beside them."""
    if "\n" in there.as_string():
        there.add_line(item, indent="  ")
    else:
        there.append(item)


def _ends(piece: str, like: str) -> str:
    """A piece with the line ends of the text it goes into."""
    return piece.replace("\n", "\r\n") if "\r\n" in like else piece
