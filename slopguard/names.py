"""Package names: the only place that turns text into a `NormalizedName`.

Invariants:

* A name is accepted or rejected, never repaired: no trimming, no folding of look-alike characters, no guessing.
* PyPI names follow PEP 508's grammar and are normalised by PEP 503; `normalize` is idempotent.
* npm names follow validate-npm-package-name. Its legacy forms (capitals, ``~'!()*``) are accepted as they stand,
  because such packages exist; their case is kept, since `Foo` and `foo` are two packages on the npm registry.
* Every accepted name is printable ASCII without a space.
"""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase

from slopguard.errors import InputError
from slopguard.model import Ecosystem, NormalizedName
from slopguard.patterns import regex

LONGEST = {Ecosystem.PYPI: 255, Ecosystem.NPM: 214}
"""Longest accepted name in characters: npm's own limit; for PyPI the longest file name that could hold one."""

_SEPARATORS = regex(r"[-_.]+")
_PYPI = regex(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_URL_SAFE = r"[A-Za-z0-9._~!*'()-]"
_NPM = regex(rf"(?:@(?!\.){_URL_SAFE}+/(?!\.){_URL_SAFE}+|(?![._-]){_URL_SAFE}+)")
_NPM_RESERVED = frozenset({"node_modules", "favicon.ico"})
_PLAIN = regex(r"[!-~]+")
_VISIBLE = regex(r"[!-&(-\[\]-~]*")
"""What `shown` leaves as it is: visible ASCII without the quote and the backslash."""

_INVISIBLE_CATEGORIES = frozenset({"Cc", "Cf", "Zl", "Zp", "Zs"})
_INVISIBLE_OTHERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Characters of other categories that most fonts draw as nothing: joiners, fillers, the blank Braille cell."""

_DRAWN_ALIKE = {
    "a": "\u0430\u03b1\u0251",
    "b": "\u044c\u03b2",
    "c": "\u0441\u03f2\u1d04",
    "d": "\u0501\u056a",
    "e": "\u0435\u03b5\u04bd",
    "g": "\u0261\u050d\u0581",
    "h": "\u04bb\u0570",
    "i": "\u0456\u03b9\u0131\u0269",
    "j": "\u0458\u03f3\u0575",
    "k": "\u043a\u03ba",
    "l": "\u04cf\u2113",
    "m": "\u043c",
    "n": "\u0578\u057c\u03b7",
    "o": "\u043e\u03bf\u0585\u1d0f\u03c3",
    "p": "\u0440\u03c1",
    "q": "\u051b\u0566",
    "r": "\u0433\u1d26",
    "s": "\u0455\ua731",
    "t": "\u0442\u03c4",
    "u": "\u057d\u03c5\u1d1c",
    "v": "\u03bd\u0475\u1d20",
    "w": "\u051d\u03c9\u1d21",
    "x": "\u0445\u03c7",
    "y": "\u0443\u03b3\u04af",
    "z": "\u1d22",
    "3": "\u0437\u04e1",
    "6": "\u0431",
    "-": "\u2010\u2011\u2012\u2013\u2014\u2212",
    "_": "\uff3f",
    ".": "\u2024",
}
"""ASCII characters, and those of other scripts drawn like them (after NFKD and lower case)."""
_SKELETON = str.maketrans({alike: plain for plain, row in _DRAWN_ALIKE.items() for alike in row})

_PROBLEMS = {
    "invisible": "the name holds an invisible character",
    "confusable": "the name imitates a plain one with look-alike characters",
    "non-ascii": "the name holds characters that no package name may hold",
    "ill-formed": "the name is not well-formed",
    "too-long": "the name is too long",
}


class BadName(InputError):
    """Text that is no package name in its ecosystem.

    Args:
        problem: `invisible`, `confusable`, `non-ascii`, `ill-formed` or `too-long`.
    """

    code = "bad-name"
    default_hint = "Retype the name in plain letters"

    def __init__(self, problem: str) -> None:
        super().__init__(_PROBLEMS[problem])
        self.problem = problem


def normalize(ecosystem: Ecosystem, raw: str) -> NormalizedName:
    """The one canonical spelling of `raw`: PEP 503 for PyPI; for npm the name as written, case kept.

    Raises:
        BadName: `raw` is not a name in this ecosystem.
    """
    problem = problem_of(ecosystem, raw)
    if problem is not None:
        raise BadName(problem)
    return NormalizedName(_pep503(raw) if ecosystem is Ecosystem.PYPI else raw)


def problem_of(ecosystem: Ecosystem, raw: str) -> str | None:
    """Why `raw` is not a name in this ecosystem (a `BadName.problem` code), or `None` if it is one."""
    if not _PLAIN.fullmatch(raw):
        found = _character_problem(raw)
        if found is not None:
            return found
    if len(raw) > LONGEST[ecosystem]:
        return "too-long"
    return None if _well_formed(ecosystem, raw) else "ill-formed"


def shown(raw: str, limit: int = 64) -> str:
    r"""`raw` made safe to print inside single quotes: ASCII, one line, at most `limit` characters (at least 4).

    Anything but visible ASCII, and the quote and backslash, is written as `\xNN`, `\uNNNN` or `\UNNNNNNNN`;
    what does not fit is replaced by `...`. No escape is ever cut in two.
    """
    if len(raw) <= limit and _VISIBLE.fullmatch(raw):
        return raw
    pieces: list[str] = []
    room = limit
    for character in raw:
        piece = _escaped(character)
        if len(piece) > room:
            return _cut(pieces, limit)
        pieces.append(piece)
        room -= len(piece)
    return "".join(pieces)


def phrase(raw: str, limit: int = 64) -> str:
    """`raw` made safe to print as words: each as `shown` gives it, at most `limit` characters long."""
    return " ".join(shown(word, limit) for word in raw.split())


def drawn_like(raw: str) -> str:
    """What `raw` looks like in plain letters: for suggestions beside a refusal, never as a name to install."""
    import unicodedata  # only for names that are refused anyway: start-up is a feature

    decomposed = unicodedata.normalize("NFKD", raw).lower().translate(_SKELETON)
    return "".join(c for c in decomposed if "!" <= c <= "~" or not _drawn_as_nothing(c, unicodedata.category(c)))


def npm_scope(name: NormalizedName) -> str | None:
    """The scope of an npm name with its `@`, or `None` for an unscoped one."""
    return name.partition("/")[0] if name.startswith("@") else None


def matches(globs: Iterable[str], name: NormalizedName, ecosystem: Ecosystem | None = None) -> bool:
    """Whether `name` matches one of the `[internal]` or `[own]` globs; case counts, as it does in `name`.

    Args:
        globs: shell-style patterns (`acme-*`, `@acme/*`).
        ecosystem: when PyPI, the globs are brought to PEP 503 spelling first (`Acme_*` means `acme-*`).
    """
    if ecosystem is Ecosystem.PYPI:
        globs = map(_pep503, globs)
    return any(fnmatchcase(name, glob) for glob in globs)


def _pep503(text: str) -> str:
    return _SEPARATORS.sub("-", text).lower()


def _well_formed(ecosystem: Ecosystem, raw: str) -> bool:
    if ecosystem is Ecosystem.PYPI:
        return _PYPI.fullmatch(raw) is not None
    return _NPM.fullmatch(raw) is not None and raw.lower() not in _NPM_RESERVED


def _character_problem(raw: str) -> str | None:
    """The problem of text with a space, a control character or anything outside ASCII; `None` for plain spaces."""
    import unicodedata

    if any(_invisible(c, unicodedata.category(c)) for c in raw):
        return "invisible"
    if raw.isascii():
        return None
    return "confusable" if _PLAIN.fullmatch(drawn_like(raw)) else "non-ascii"


def _invisible(character: str, category: str) -> bool:
    if character == " ":  # visible enough, and never part of a name: ill-formed
        return False
    selector = "\ufe00" <= character <= "\ufe0f" or "\U000e0000" <= character <= "\U000e0fff"
    return category in _INVISIBLE_CATEGORIES or character in _INVISIBLE_OTHERS or selector


def _drawn_as_nothing(character: str, category: str) -> bool:
    """Whether nothing of it stands on the line: invisible, or an accent over the letter before it."""
    return category == "Mn" or _invisible(character, category)


def _escaped(character: str) -> str:
    if "!" <= character <= "~" and character not in "'\\":
        return character
    code = ord(character)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _cut(pieces: list[str], limit: int) -> str:
    length = sum(map(len, pieces))
    while length > limit - 3:
        length -= len(pieces.pop())
    return "".join(pieces) + "..."
