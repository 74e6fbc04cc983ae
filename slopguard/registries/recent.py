"""What was used a moment ago, in memory, bounded in bytes."""

from __future__ import annotations

from collections import OrderedDict
from typing import Generic, TypeVar

V = TypeVar("V")


class Recent(Generic[V]):
    """A mapping that forgets what was not used for longest.

    Invariant: what it holds weighs no more than the limit, but the last thing put in stays whatever it weighs.

    Args:
        limit: in bytes.
    """

    def __init__(self, limit: int) -> None:
        self._limit, self._weight = limit, 0
        self._held: OrderedDict[str, tuple[V, int]] = OrderedDict()

    def get(self, name: str) -> V | None:
        """What is held under a name; it counts as used now."""
        found = self._held.get(name)
        if found is None:
            return None
        self._held.move_to_end(name)
        return found[0]

    def put(self, name: str, value: V, weight: int) -> None:
        """Hold something, in place of what has that name."""
        self.drop(name)
        self._held[name] = (value, weight)
        self._weight += weight
        while self._weight > self._limit and len(self._held) > 1:
            self._weight -= self._held.popitem(last=False)[1][1]

    def drop(self, name: str) -> None:
        """Forget what is held under a name."""
        gone = self._held.pop(name, None)
        self._weight -= gone[1] if gone else 0

    @property
    def weight(self) -> int:
        """Bytes held."""
        return self._weight
