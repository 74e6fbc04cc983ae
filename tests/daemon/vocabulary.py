"""Strategies for whatever travels between a command and the daemon, made from the annotations themselves."""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from enum import Enum
from pathlib import Path
from typing import Any, Union, get_args, get_origin, get_type_hints

from hypothesis import strategies as st

from slopguard.errors import SlopguardError, UpstreamAuth, UpstreamError

TEXT = st.text(st.one_of(st.characters(), st.characters(min_codepoint=0xDC80, max_codepoint=0xDCFF)), max_size=12)
"""Surrogates are what Python makes of file names that are no UTF-8."""
LEAVES: dict[Any, st.SearchStrategy[Any]] = {
    str: TEXT,
    int: st.integers(-(2**60), 2**60),
    bool: st.booleans(),
    float: st.floats(allow_nan=False),
    Path: TEXT.map(lambda text: Path("/") / text.replace("\0", "")),
    datetime: st.datetimes(timezones=st.just(UTC)),
    date: st.dates(),
}


def of(hint: Any) -> st.SearchStrategy[Any]:
    """Values of an annotated type; callables are left out, because they never travel."""
    hint = getattr(hint, "__supertype__", hint)
    origin, args = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        (kind,) = (arg for arg in args if arg is not types.NoneType)
        return st.none() | of(kind)
    if origin is tuple:
        return st.lists(of(args[0]), max_size=3).map(tuple) if args[-1] is ... else st.tuples(*map(of, args))
    if origin is frozenset:
        return st.frozensets(of(args[0]), max_size=3)
    if origin is Mapping:
        return st.dictionaries(of(args[0]), of(args[1]), max_size=3)
    if dataclasses.is_dataclass(hint):
        hints = get_type_hints(hint)
        told = {k: of(v) for k, v in hints.items() if not any(get_origin(p) is Callable for p in (v, *get_args(v)))}
        return st.builds(hint, **told)
    if issubclass(hint, Enum):
        return st.sampled_from(list(hint))
    if issubclass(hint, SlopguardError):
        return st.builds(UpstreamError, TEXT) | st.builds(UpstreamAuth, TEXT, TEXT)
    return LEAVES[hint]
