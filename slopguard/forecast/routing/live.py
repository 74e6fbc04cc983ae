"""What responses say of acceptance while requests are routed, slice by slice, and what follows from it.

A table is a promise about traffic like that of its bench; these counters see the traffic there is. A slice is demoted
to plain when the lower bound of its acceptance falls under `DEMOTED`, and comes back when it rises over `BACK`. A cell
is admitted when its lower bound lies above 0.65; the two lie as far below and above that as the interval of a window of
200 requests reaches, so that a slice is not thrown out, nor let back, by that interval's width. Of fewer it is wider:
then a slice little above the bound may be demoted without need, which costs time and nothing else. Every so many
requests a demoted slice still sends one to the speculating server: else nothing would be known of it any more.

Invariants: pure; nothing is judged by fewer than `FEWEST` requests; a slice that the table does not speculate is never
probed (`Router`).
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from math import sqrt

from slopguard.forecast.statistics import Z, wilson

DEMOTED, BACK = 0.60, 0.70
FEWEST = 30
"""Requests with drafts that a judgement rests on."""
WINDOW = 200
"""Requests that are looked back at: what was long ago says little of what is asked now."""
PROBE = 50
"""Of a demoted slice, one request in so many is speculated."""


@dataclass(slots=True)
class Live:
    """The acceptance of one slice.

    Args:
        demoted: it goes to the plain server.
        times: how often it was demoted.
    """

    demoted: bool = False
    times: int = 0
    _window: deque[tuple[int, int]] = field(default_factory=lambda: deque(maxlen=WINDOW))
    _since: int = 0

    def seen(self, drafted: int, accepted: int) -> None:
        """Take what one response says; of one without drafts, nothing."""
        if drafted <= 0:
            return
        self._window.append((accepted, drafted))
        low = self.low
        if low is None:
            return
        if not self.demoted and low < DEMOTED:
            self.demoted, self.times, self._since = True, self.times + 1, 0
            self._window.clear()  # what comes back is judged by what comes from now on
        elif self.demoted and low > BACK:
            self.demoted = False

    def probing(self) -> bool:
        """Whether the next request of a demoted slice is the one in `PROBE` that is speculated; counts it."""
        self._since += 1
        return self._since % PROBE == 0

    @property
    def requests(self) -> int:
        """In the window."""
        return len(self._window)

    @property
    def low(self) -> float | None:
        """The lower end of the 95 % interval of acceptance; `None` while too little was seen."""
        return low(self._window) if len(self._window) >= FEWEST else None


def low(window: deque[tuple[int, int]]) -> float:
    """The lower end of a ratio's interval over requests: linearised, as it is reckoned for every response.

    Where all requests are alike there is no spread to see; then it is Wilson's, of as many trials as requests.
    """
    parts, ofs, count = sum(part for part, _ in window), sum(of for _, of in window), len(window)
    rate = parts / ofs
    spread = sum((part - rate * of) ** 2 for part, of in window) / max(1, count - 1) / count
    if spread <= 1e-12:
        return wilson(round(rate * count), count)[0]
    return max(0.0, rate - Z * sqrt(spread) * count / ofs)
