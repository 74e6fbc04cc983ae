"""Takes secrets out of text before it is written to the ledger.

Invariant: what may be a secret goes; a reader still sees which option or URL held it. The text comes out as one line of
printable characters, at most `LONGEST` of them.
"""

from __future__ import annotations

import re

LONGEST = 1000
"""Characters of a command that are kept."""
HIDDEN = "***"

_GUARDED = (
    r"[\w.:/@-]{0,200}(?:token|passw(?:or)?d|secret|credential|(?:api|access)[-_]?key|_auth|authorization|otp"
    r"|signature|(?<=[?&])sig)[\w-]*"
)
_VALUE = r"(?:\"[^\"]*\"|'[^']*'|[^\s&;|\"']+)"
_URL_USERINFO = re.compile(r"(?<=:[/\\][/\\])(?:[^/\s?#@]*@)+|(?<=://)[^/\s:@?#]{1,200}:(?!\d+/)[^\s@]{1,200}@")
"""Up to the last `@` before the path; and where somebody typed a password with a `/`, `?` or `#` in it."""
_ASSIGNED = re.compile(rf"(?i)((?<![\w-])-{{0,2}}{_GUARDED}\s*=\s*){_VALUE}")
_NEXT_ARGUMENT = re.compile(rf"(?i)((?<!\S)--?{_GUARDED}\s+)(?!-){_VALUE}")
_NPM_SET = re.compile(rf"(?i)(\bset\s+{_GUARDED}\s+)(?!-){_VALUE}")
_HEADER = re.compile(r"(?i)\b((?:bearer|basic)\s+)[A-Za-z0-9._~+/=-]{6,}|(authorization:\s*)(?!bearer|basic)\S+")
_KNOWN = re.compile(
    r"\b(?:(?:npm|ghp|gho|ghs|ghu|ghr|glpat|pypi|github_pat|sgt)[_-][A-Za-z0-9_-]{16,}"
    r"|eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*|A(?:KIA|SIA)[A-Z0-9]{16})"
)
_UNPRINTABLE = re.compile(r"[^\x20-\x7e]")


def redact(text: str) -> str:
    """`text` without URL user information, token and password values, and well-known token forms."""
    text = _UNPRINTABLE.sub(lambda found: f"\\x{{{ord(found[0]):x}}}", text[: 4 * LONGEST])
    text = _URL_USERINFO.sub(f"{HIDDEN}@", text)
    text = _HEADER.sub(lambda found: f"{found[1] or found[2]}{HIDDEN}", text)
    for pattern in (_ASSIGNED, _NEXT_ARGUMENT, _NPM_SET):
        text = pattern.sub(lambda found: f"{found[1]}{HIDDEN}", text)
    return _KNOWN.sub(HIDDEN, text)[:LONGEST]
