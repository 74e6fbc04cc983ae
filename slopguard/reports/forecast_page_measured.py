"""What the forecaster without a server was measured to cover; docs/forecast.md tells how, and holds the same figures.

Each entry names the list that it was measured on. A test holds this table against the one in docs/forecast.md.
"""

from __future__ import annotations

from slopguard.model import Ecosystem
from slopguard.reports.forecast_page_model import Covering, Measured

MEASURED: tuple[Covering, ...] = (
    Covering(
        Ecosystem.PYPI,
        "documented inventions (484)",
        (Measured(10_000, 54, 484), Measured(100_000, 120, 484), Measured(1_000_000, 169, 484)),
    ),
    Covering(
        Ecosystem.NPM,
        "documented inventions (320)",
        (Measured(10_000, 5, 320), Measured(100_000, 31, 320), Measured(1_000_000, 75, 320)),
    ),
)
"""Per ecosystem and list: predictions, how many names of the list stood among them, and of how many."""
