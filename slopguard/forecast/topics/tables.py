"""The tables of topics: what packages for a kind of task are called after, and the names a model would reach for.

They were written from general knowledge of the field, and from no list of invented names: those measure the forecasts.
Whether a name in them exists was never looked at. Invariant: a table that breaks the form is an error, never skipped.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from slopguard.errors import InputError
from slopguard.model import Ecosystem, NormalizedName
from slopguard.names import normalize

FOLDER = "words"
LISTS = ("heads", "words", "roles")


@dataclass(frozen=True, slots=True)
class Topic:
    """One kind of task.

    Args:
        name: a few plain words.
        heads: what packages for it are called after, the most usual first.
        same: groups of words that stand for each other.
        words: further words that a request for it, or a package's name, may hold.
        roles: what such a package does, the most usual first.
        names: per ecosystem, names that a model would reach for, best first; real ones among them.
    """

    name: str
    heads: tuple[str, ...]
    same: tuple[tuple[str, ...], ...]
    words: tuple[str, ...]
    roles: tuple[str, ...]
    names: Mapping[Ecosystem, tuple[NormalizedName, ...]]


@cache
def topics() -> tuple[Topic, ...]:
    """Every topic, in the order of the files' names; each name of a topic once.

    Raises:
        InputError: a table cannot be read.
    """
    found: dict[str, Topic] = {}
    for file in _tables():
        for topic in read(file.read_text("ascii"), file.name):
            found.setdefault(topic.name, topic)
    return tuple(found.values())


def read(text: str, where: str) -> list[Topic]:
    """The topics of one table.

    Raises:
        InputError: it breaks the form.
    """
    try:
        return [_topic(table) for table in tomllib.loads(text)["topic"]]
    except (tomllib.TOMLDecodeError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{where}: this is no table of topics") from error


def _tables() -> Iterator[Traversable]:
    folder = files("slopguard.forecast.topics") / FOLDER
    return iter(sorted((each for each in folder.iterdir() if each.name.endswith(".toml")), key=lambda each: each.name))


def _topic(table: Mapping[str, Any]) -> Topic:
    heads, words, roles = (tuple(dict.fromkeys(_word(word) for word in table[key])) for key in LISTS)
    same = tuple(tuple(_word(word) for word in group) for group in table["same"])
    names = {each: tuple(dict.fromkeys(normalize(each, name) for name in table[each.value])) for each in Ecosystem}
    return Topic(table["name"].strip(), heads, same, words, roles, names)


def _word(word: str) -> str:
    return word.strip().lower()
