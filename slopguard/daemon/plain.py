"""Frozen dataclasses as plain JSON values and back, driven by their annotations; light, because commands import it.

Invariants: what is decoded has the types that the annotations name, or `Garbled` is raised; a field that has its
default value does not travel, nor does a callable ever; an error of ours comes back as the class that it is.
"""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Callable, Mapping
from datetime import date, datetime
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any, Union, get_args, get_origin, get_type_hints

from slopguard import errors
from slopguard.errors import SlopguardError

Turn = Callable[[Any], Any]
_ERRORS = {name: kind for name, kind in vars(errors).items() if isinstance(kind, type) and name != "Exception"}


class Garbled(Exception):
    """What was received is not what it must be."""


def encode(hint: Any, value: Any) -> Any:
    """A value of the annotated type as plain JSON values."""
    return _pair(hint)[0](value)


def decode(hint: Any, value: Any) -> Any:
    """The value of the annotated type that plain JSON values stand for.

    Raises:
        Garbled: they stand for none.
    """
    try:
        return _pair(hint)[1](value)
    except (TypeError, ValueError, KeyError, AttributeError, OverflowError):
        raise Garbled from None


@cache
def _pair(hint: Any) -> tuple[Turn, Turn]:
    """How a type is encoded and decoded."""
    hint = getattr(hint, "__supertype__", hint)
    origin = get_origin(hint)
    if origin is not None:
        return _GENERIC[origin](get_args(hint))
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return _of_dataclass(hint)
    if issubclass(hint, Enum):
        return str, hint
    if issubclass(hint, SlopguardError):
        return _error_out, _error_in
    return _LEAVES[hint]


def _same(value: Any) -> Any:
    return value


def _exactly(*kinds: type) -> Turn:
    """A decoder that takes values of these very types (`True` is no number)."""

    def checked(value: Any) -> Any:
        if type(value) not in kinds:
            raise TypeError
        return kinds[0](value)

    return checked


def _from_text(make: Callable[[str], Any]) -> Turn:
    text = _exactly(str)
    return lambda value: make(text(value))


_LEAVES: dict[Any, tuple[Turn, Turn]] = {
    str: (_same, _exactly(str)),
    int: (_same, _exactly(int)),
    bool: (_same, _exactly(bool)),
    float: (_same, _exactly(float, int)),
    Path: (str, _from_text(Path)),
    datetime: (datetime.isoformat, _from_text(datetime.fromisoformat)),
    date: (date.isoformat, _from_text(date.fromisoformat)),
}


def _of_union(args: tuple[Any, ...]) -> tuple[Turn, Turn]:
    """`X | None`, the only kind of union in the vocabulary."""
    (kind,) = (arg for arg in args if arg is not types.NoneType)
    out, back = _pair(kind)
    return (
        lambda value: None if value is None else out(value),
        lambda value: None if value is None else back(value),
    )


def _of_tuple(args: tuple[Any, ...]) -> tuple[Turn, Turn]:
    if args[-1] is Ellipsis:
        return _of_many(tuple, args[0])
    outs, backs = zip(*map(_pair, args), strict=True)
    return (
        lambda value: [out(each) for out, each in zip(outs, value, strict=True)],
        lambda value: tuple([back(each) for back, each in zip(backs, _list(value), strict=True)]),
    )


def _of_many(kind: type, item: Any) -> tuple[Turn, Turn]:
    out, back = _pair(item)
    return (
        lambda value: [out(each) for each in value],
        lambda value: kind([back(each) for each in _list(value)]),
    )


def _of_mapping(args: tuple[Any, ...]) -> tuple[Turn, Turn]:
    """A mapping whose keys are text or words of an enumeration."""
    (key_out, key_back), (out, back) = map(_pair, args)
    return (
        lambda value: {key_out(key): out(each) for key, each in value.items()},
        lambda value: {key_back(key): back(each) for key, each in _dict(value).items()},
    )


_GENERIC: dict[Any, Callable[[tuple[Any, ...]], tuple[Turn, Turn]]] = {
    Union: _of_union,
    types.UnionType: _of_union,
    tuple: _of_tuple,
    frozenset: lambda args: _of_many(frozenset, args[0]),
    Mapping: _of_mapping,
}


def _list(value: Any) -> list[Any]:
    if type(value) is not list:
        raise TypeError
    return value


def _dict(value: Any) -> dict[str, Any]:
    if type(value) is not dict:
        raise TypeError
    return value


def _of_dataclass(kind: type) -> tuple[Turn, Turn]:
    """Of each field only what is needed is looked into: most have their default value, and never travel."""
    defaults = [(each.name, _default(each)) for each in dataclasses.fields(kind)]

    @cache
    def turns(name: str) -> tuple[Turn, Turn] | None:
        hint = _hints(kind)[name]
        return None if _is_callable(hint) else _pair(hint)

    def out(value: Any) -> dict[str, Any]:
        made = {}
        for name, default in defaults:
            found = getattr(value, name)
            if found is not default and found != default and (turn := turns(name)) is not None:
                made[name] = turn[0](found)
        return made

    def back(value: Any) -> Any:
        given = {name: (turns(name), each) for name, each in _dict(value).items()}
        if None in [turn for turn, _ in given.values()]:
            raise TypeError
        return kind(**{name: turn[1](each) for name, (turn, each) in given.items() if turn is not None})

    return out, back


_hints = cache(get_type_hints)


def _is_callable(hint: Any) -> bool:
    return any(get_origin(part) is Callable for part in (hint, *get_args(hint)))


def _default(part: dataclasses.Field[Any]) -> Any:
    """A field's default value; for one without, what equals nothing."""
    if part.default_factory is not dataclasses.MISSING:
        return part.default_factory()
    return part.default


def _error_out(error: SlopguardError) -> list[Any]:
    name = next(kind.__name__ for kind in type(error).__mro__ if _ERRORS.get(kind.__name__) is kind)
    return [name, str(error), error.hint, error.code, error.exit_code]


def _error_in(value: Any) -> SlopguardError:
    name, message, hint, code, exit_code = decode(tuple[str, str, str, str, int], value)
    kind = _ERRORS.get(name, SlopguardError)
    error: SlopguardError = kind(message, hint)
    if error.code != code:
        error.code = code
    if error.exit_code != exit_code:
        error.exit_code = exit_code
    return error
