"""What a command writes, where that stands in the script itself: `echo`, `printf`, `cat <<EOF`.

Invariant: pure; what any other command writes is not known.
"""

from __future__ import annotations

import re

from slopguard.commands.scope import Scope, Word
from slopguard.commands.steps import Feed, Raw, Simple
from slopguard.commands.unwrap import base

COMMANDS = frozenset({"echo", "printf", "cat", "tee", "print", "Write-Output"})
"""The commands whose output is followed."""
_HOPS = 12
"""Through how many commands of a pipeline a text is followed."""


def fed(feed: Feed, scope: Scope, hops: int = 0) -> tuple[str, int] | None:
    """The text of a standard input and its line; `None` if it cannot be known."""
    if hops > _HOPS:
        return None
    lookup = next(iter(scope.lookups([])))
    if feed.text is not None:
        if feed.word:
            return " ".join(word.text for word in scope.words([Raw(feed.text, feed.line)], lookup)), feed.line
        return feed.text, feed.line
    if feed.source is None:
        return None
    return output(feed.source, tuple(scope.words(feed.source.words, lookup)), scope, hops + 1)


def output(step: Simple, words: tuple[Word, ...], scope: Scope, hops: int = 0) -> tuple[str, int] | None:
    """What a command writes, if that stands in the script."""
    name = base(words[0].text) if words else ""
    if name in ("echo", "print", "Write-Output"):
        texts = [word.text for word in words[1:]]
        while texts and re.fullmatch(r"-[neE]+", texts[0]):
            texts = texts[1:]
        return " ".join(texts).replace("\\n", "\n"), words[0].line
    if name == "printf" and len(words) > 1:
        return _printed([word.text for word in words[1:]]), words[0].line
    reads = name == "tee" or (name == "cat" and all(word.text == "-" for word in words[1:]))
    return fed(step.feed, scope, hops) if reads and step.feed and not step.feed.file else None


def _printed(words: list[str]) -> str:
    """What `printf FORMAT WORDS` writes: the format again and again, until no word is left."""
    pieces, rest = words[0].replace("\\n", "\n").split("%s"), words[1:]
    width = len(pieces) - 1
    if not width:
        return pieces[0]
    rest += [""] * (-len(rest) % width or (not rest) * width)
    rounds = (rest[at : at + width] for at in range(0, len(rest), width))
    return "".join(piece + word for each in rounds for piece, word in zip(pieces, [*each, ""], strict=True))
