"""The grammar of `slopguard.toml` and `[tool.slopguard]`: which keys there are, their types, and what loosens.

Invariants: a file is read whole or refused; an unknown key is an error that names the nearest known one; every key
knows by itself whether a new value is looser than the one in force, so that no layer needs rules of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from slopguard.config.settings import DEFAULT_CACHE_MB, ListSource, RadarSetting, ServedIndex
from slopguard.errors import ConfigError
from slopguard.model import Ecosystem, Mode
from slopguard.patterns import regex

Value = Any
"""A checked setting: `Mode`, `int`, `float`, `bool`, `str`, `Path`, or a tuple of `str` or `ListSource`."""

MODES = tuple(Mode)
"""Strictest first, as `Mode` lists them."""
MAX_DAYS = 3650
MAX_CACHE_MB = 1 << 20
_HOST = regex(r"(\*|(\*\.)?[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?\Z")
"""A name (punycode, not letters of another script), an address, or a pattern for all hosts of a domain."""

_SPAN = regex(r"([1-9][0-9]{0,4})([mhd])\Z")
_UNITS = {"m": 60, "h": 3600, "d": 86400}
_VARIABLE = regex(r"[A-Za-z_][A-Za-z0-9_]{0,99}\Z")
_LOOPBACK = regex(r"http://(localhost|127(\.[0-9]{1,3}){3}|\[::1\])(:[0-9]{1,5})?(/|\Z)")

_KEY = regex(r"[a-z0-9][a-z0-9-]{0,59}\Z")
_SCOPE = regex(r"@[a-z0-9~-][a-z0-9._~-]{0,99}\Z")


class Unfit(Exception):
    """A value that is not what its key takes; the message completes "'key' must be ..."."""


@dataclass(frozen=True, slots=True)
class Key:
    """One setting.

    Args:
        read: checks a TOML value and gives the setting; raises `Unfit`.
        loosens: whether a new value is looser than the one in force.
        merge: the value in force after a new one was let through.
        default: what is in force when nobody says anything.
    """

    read: Callable[[object], Value]
    loosens: Callable[[Value, Value], bool]
    merge: Callable[[Value, Value], Value]
    default: Value


def _whole(low: int, high: int) -> Callable[[object], Value]:
    def read(value: object) -> Value:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise Unfit(f"a whole number from {low} to {high}")
        return value

    return read


def _seconds(value: object) -> Value:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0.1 <= value <= 120:
        raise Unfit("a number of seconds from 0.1 to 120")
    return float(value)


def _mode(value: object) -> Value:
    if value not in MODES:
        raise Unfit("one of " + ", ".join(f'"{mode}"' for mode in MODES))
    return Mode(str(value))


def _flag(value: object) -> Value:
    if not isinstance(value, bool):
        raise Unfit("true or false")
    return value


def _path(value: object) -> Value:
    if not isinstance(value, str) or not value:
        raise Unfit("the path of a file")
    return Path(value)


def _url(value: object) -> Value:
    if not isinstance(value, str) or not value.startswith(("https://", "http://", "file://")):
        raise Unfit("a https://, http:// or file:// URL")
    if "@" in value.partition("://")[2].partition("/")[0]:
        raise Unfit("a URL without credentials (keep them where your client keeps them)")
    return value


def _remote(value: object) -> Value:
    """A URL that something is sent to or read from beside the indexes: over TLS, or on this machine."""
    url = str(_url(value))
    if not _leads_somewhere(url) or not (url.startswith("https://") or _LOOPBACK.match(url)):
        raise Unfit("an https:// URL, or an http:// one of this machine")
    return url


def _leads_somewhere(url: str) -> bool:
    """Whether a URL has a host, a port that can be one, and no odd character."""
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and parts.port != 0 and url.isprintable() and " " not in url
    except ValueError:
        return False


def _span(value: object) -> Value:
    """A span of time in seconds, from ten minutes to a month."""
    found = _SPAN.match(value) if isinstance(value, str) else None
    seconds = int(found[1]) * _UNITS[found[2]] if found else 0
    if not 600 <= seconds <= 30 * 86400:
        raise Unfit('a span of time from "10m" to "30d", such as "6h"')
    return seconds


def _rate(value: object) -> Value:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0.01 <= value <= 1000:
        raise Unfit("a number of requests a second from 0.01 to 1000")
    return float(value)


def _variable(value: object) -> Value:
    if not isinstance(value, str) or not _VARIABLE.match(value):
        raise Unfit("the name of an environment variable")
    return value


def _list_of(read: Callable[[object], Value], what: str) -> Callable[[object], Value]:
    def read_all(value: object) -> Value:
        if not isinstance(value, list):
            raise Unfit(f"a list of {what}")
        return tuple(read(item) for item in value)

    return read_all


def _text(what: str) -> Callable[[object], Value]:
    def read(value: object) -> Value:
        if not isinstance(value, str) or not value or not value.isascii() or not value.isprintable():
            raise Unfit(f"a list of {what}")
        return value

    return read


def _host(value: object) -> Value:
    if not isinstance(value, str) or not _HOST.match(value):
        raise Unfit('a list of hosts: "host", "*.domain" or "host:port"')
    return value.lower()


def _urls(value: object) -> Value:
    return _list_of(_url, "URLs")([value] if isinstance(value, str) else value)


def _source(value: object) -> Value:
    if not isinstance(value, dict) or set(value) != {"url", "root"}:
        raise Unfit('a list of tables {url = "...", root = "sha256:..."}')
    root = value["root"]
    if not isinstance(root, str) or not root.startswith("sha256:"):
        raise Unfit('a list of tables whose root is "sha256:..."')
    return ListSource(_url(value["url"]), root)


def _served(value: object) -> Value:
    known = {"ecosystem", "key", "url", "scope"}
    if not isinstance(value, dict) or not {"ecosystem", "key", "url"} <= set(value) <= known:
        raise Unfit('a list of tables {ecosystem = "npm", key = "acme", url = "...", scope = "@acme"}')
    ecosystem, key, scope = value["ecosystem"], value["key"], value.get("scope", "")
    if ecosystem not in tuple(Ecosystem) or not isinstance(key, str) or not _KEY.match(key):
        raise Unfit('a list of tables whose ecosystem is "pypi" or "npm", and whose key is small letters and digits')
    if not isinstance(scope, str) or bool(scope) != (ecosystem == Ecosystem.NPM) or (scope and not _SCOPE.match(scope)):
        raise Unfit('a list of tables of which those of npm, and no others, have scope = "@..."')
    return ServedIndex(Ecosystem(ecosystem), key, _url(value["url"]), scope)


def _lower(current: Value, new: Value) -> bool:
    return bool(new < current)


def _higher(current: Value, new: Value) -> bool:
    return bool(new > current)


def _later_mode(current: Value, new: Value) -> bool:
    return MODES.index(new) > MODES.index(current)


def _differs(current: Value, new: Value) -> bool:
    return bool(new != current)


def _adds(current: Value, new: Value) -> bool:
    return not set(new) <= set(current)


def _switched_on(current: Value, new: Value) -> bool:
    return bool(new and not current)


def _switched_off(current: Value, new: Value) -> bool:
    return bool(current and not new)


def _never(current: Value, new: Value) -> bool:
    del current, new
    return False


def _replace(current: Value, new: Value) -> Value:
    del current
    return new


def _union(current: Value, new: Value) -> Value:
    return tuple(dict.fromkeys((*current, *new)))


def _number(low: int, high: int, default: int) -> Key:
    return Key(_whole(low, high), _lower, _replace, default)


def _widening(read: Callable[[object], Value], what: str) -> Key:
    return Key(_list_of(read, what), _adds, _union, ())


def _known() -> dict[str, Key]:
    """Every key there is, dotted, in the order of the contract."""
    keys = {
        "mode": Key(_mode, _later_mode, _replace, Mode.BALANCED),
        "established_days": _number(0, MAX_DAYS, 90),
        "established_releases": _number(0, 1000, 3),
        "min_version_age_days": _number(0, MAX_DAYS, 3),
        "watch_rank": _number(0, 10_000_000, 10_000),
        "timeout": Key(_seconds, _never, _replace, 10.0),
        "policy": Key(_path, _differs, _replace, None),
        "lists.sources": _widening(_source, "tables"),
        "lists.teams": _widening(_text("team names"), "team names"),
        "internal.index": Key(_urls, _adds, _union, ()),
        "sealed.paths": Key(_list_of(_text("globs"), "globs"), _never, _union, ()),
        "check.exclude": _widening(_text("globs"), "globs"),
        "net.allow": _widening(_host, "hosts"),
        "serve.indexes": _widening(_served, "tables"),
        "serve.own_login": Key(_urls, _adds, _union, ()),
        "net.enforce": Key(_flag, _switched_off, _replace, True),
        "cache.size_mb": Key(_whole(0, MAX_CACHE_MB), _higher, _replace, DEFAULT_CACHE_MB),
    }
    usual = RadarSetting()
    readers = {"every": _span, "rate": _rate, "webhook_secret": _variable}
    for part in RadarSetting.__dataclass_fields__:  # none of it may come from a project: who is asked, who is told
        keys[f"radar.{part}"] = Key(readers.get(part, _remote), _differs, _replace, getattr(usual, part))
    for ecosystem in Ecosystem:
        keys[f"upstream.{ecosystem}.url"] = Key(_url, _differs, _replace, None)
        keys[f"upstream.{ecosystem}.dates_from"] = Key(_url, _differs, _replace, None)
        keys[f"upstream.{ecosystem}.curated"] = Key(_flag, _switched_on, _replace, False)
        keys[f"internal.{ecosystem}"] = _widening(_text("name globs"), "name globs")
        keys[f"own.{ecosystem}"] = _widening(_text("name globs"), "name globs")
    return keys


KEYS: Mapping[str, Key] = _known()
TABLES = frozenset(key.rpartition(".")[0] for key in KEYS if "." in key) | {"upstream"}


def read_table(table: Mapping[str, object], where: str, prefix: str = "") -> dict[str, Value]:
    """The settings of one parsed TOML table, dotted keys to checked values.

    Args:
        where: the file, as errors should name it.

    Raises:
        ConfigError: a key is unknown, or its value is of the wrong type or out of range.
    """
    found: dict[str, Value] = {}
    for name, value in table.items():
        key = prefix + name
        if key in TABLES:
            if not isinstance(value, dict):
                raise ConfigError(f"{where}: '{key}' must be a table, written [{key}]")
            found |= read_table(value, where, key + ".")
        elif key in KEYS:
            found[key] = _checked(key, value, where)
        else:
            raise ConfigError(f"{where}: there is no setting '{_shown(key)}'{_nearest(key)}")
    return found


def _checked(key: str, value: object, where: str) -> Value:
    try:
        return KEYS[key].read(value)
    except Unfit as why:
        raise ConfigError(f"{where}: '{key}' must be {why}") from None


def _shown(key: str) -> str:
    """The key as it may be printed: ASCII, one line, at most 64 characters."""
    return ascii(key)[1:-1][:64]


def _nearest(key: str) -> str:
    import difflib

    near = difflib.get_close_matches(key, [*KEYS, *TABLES], n=1, cutoff=0.5)
    return f"; the nearest is '{near[0]}'" if near else ""
