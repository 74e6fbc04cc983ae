"""What may stand in a prompt: words, verified names, lines without secrets.

A prompt leaves this process, and with `--allow-remote` this machine. Invariants: what may be a secret, an address or a
person's mail is left out whole, never sent in part; the environment is looked at for what must not be sent alone; a
name of the user's own project is sent only if it stands on the verified lists, so that private names stay here.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping

from slopguard.patterns import regex
from slopguard.store.redact import redact

LONGEST_TOPIC, LONGEST_LINE = 80, 4000
_WORD = regex(r"[A-Za-z0-9@][A-Za-z0-9.+#/_-]*")
_TOPIC = regex(r"[^A-Za-z0-9.+#/@_ -]+")
_RANDOM = regex(r"[A-Za-z0-9+/_=-]{20,}")
_FORMS = regex(
    r"\b(?:sk|pk|rk|hf|xox[abprs]|ya29|AIza|dop_v1|shpat|glsa|lin_api|SG)[_.-]?[A-Za-z0-9_-]{12,}"
    r"|-----BEGIN|[\w.+-]+@[\w-]+(?:\.[\w-]+)+|[A-Za-z][A-Za-z0-9+.-]*://[^\s/]*@"
    r"|(?i:\b(?:passw(?:or)?d|passphrase|secret|token|credentials?|api[ _-]?key)(?:\s*[:=]\s*|\s+is\s+)[^\s,.])"
    r"|\b[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\b"
)
"""Well-known forms of keys, mail addresses, addresses with a login, what somebody says that a password is, UUIDs."""
_SECRETS = regex(r"token|secret|passw|passphrase|credential|key|auth|(?:^|_)(?:pw|pass|pat)(?:_|$)", re.IGNORECASE)
"""Names of variables that hold secrets."""
_SHORTEST = 8
_NO_WORD = 32
_WINDOW = 900
"""Characters looked at at once: `redact` keeps the first thousand."""


def hidden(environment: Mapping[str, str]) -> frozenset[str]:
    """The secrets of an environment: what variables hold that are called after keys, tokens and passwords."""
    return frozenset(
        value.strip()
        for name, value in environment.items()
        if _SECRETS.search(name) and len(value.strip()) >= _SHORTEST
    )


def topics(texts: Iterable[str], never: Collection[str] = ()) -> tuple[str, ...]:
    """The topics that may be sent, as they are sent, each once; what is no plain phrase is left out.

    Args:
        never: texts that no topic may hold (`hidden`).
    """
    return tuple(dict.fromkeys(found for text in texts if (found := topic(text, never))))


def topic(text: str, never: Collection[str] = ()) -> str | None:
    """A topic as it is sent: a phrase of plain words; `None` if it may hold a secret or has no word in it."""
    if secret(text, never):
        return None
    words = " ".join(_WORD.findall(_TOPIC.sub(" ", text)))[: LONGEST_TOPIC + 1]
    if len(words) > LONGEST_TOPIC:
        words = words.rpartition(" ")[0]
    return words or None


def lines(texts: Iterable[str], never: Collection[str] = ()) -> tuple[tuple[str, ...], int]:
    """The lines of a file of prompts that may be sent, each once, and how many were left out."""
    whole = [" ".join(text.split()) for text in texts]
    asked = [text for text in whole if text and not text.startswith("#")]
    kept = [text for text in asked if len(text) <= LONGEST_LINE and text.isprintable() and not secret(text, never)]
    return tuple(dict.fromkeys(kept)), len(asked) - len(kept)


def secret(text: str, never: Collection[str] = ()) -> bool:
    """Whether a text may hold a secret: better one prompt too few."""
    if any(each in text for each in never):
        return True
    plain = "".join(each if " " <= each <= "~" else "?" for each in text)
    pieces = (plain[at : at + _WINDOW] for at in range(0, max(1, len(plain)), _WINDOW // 2))
    return bool(_FORMS.search(plain)) or any(map(_random, _RANDOM.findall(plain))) or any(map(_redacted, pieces))


def _redacted(piece: str) -> bool:
    return redact(piece) != piece


def _random(word: str) -> bool:
    """Whether a long word looks drawn: a digit and both cases, many digits, or far too long for a word."""
    digits = sum(each.isdigit() for each in word)
    both = bool(re.search(r"[a-z]", word)) and bool(re.search(r"[A-Z]", word))
    joined = "-" in word or "_" in word
    return (both and digits >= 1) or (digits >= 5 and not joined) or (len(word) >= _NO_WORD and both)
