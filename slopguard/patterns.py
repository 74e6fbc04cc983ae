"""Regular expressions that are compiled when they are first used.

Every command imports some hundred of them and uses a few; compiling all would take a sixth of what a small guarded
install takes. Where a pattern is used, it behaves as what `re.compile` gives.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, AnyStr

if TYPE_CHECKING:
    from re import Pattern


def regex(text: AnyStr, flags: int = 0) -> Pattern[AnyStr]:
    """`re.compile(text, flags)`, put off; a pattern that is wrong is noticed when it is first used."""
    found: Any = _Waiting(text, flags)
    return found  # type: ignore[no-any-return]  # it has all that a compiled one has, once it is asked for any of it


class _Waiting:
    """Becomes a compiled pattern's equal when an attribute is asked for; from then on asking costs no more."""

    def __init__(self, text: Any, flags: int) -> None:
        self._arguments = (text, flags)

    def __getattr__(self, name: str) -> Any:
        compiled = re.compile(*self._arguments)
        self.__dict__.update((each, getattr(compiled, each)) for each in dir(compiled) if not each.startswith("_"))
        return getattr(compiled, name)
