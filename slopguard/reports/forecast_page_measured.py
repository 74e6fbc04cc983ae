"""What the forecaster without a server was measured to cover; docs/forecast.md tells how, and holds the same figures.

Each entry names the list that it was measured on. A test holds this table against the one in docs/forecast.md.
"""

from __future__ import annotations

from slopguard.reports.forecast_page_model import Covering

MEASURED: tuple[Covering, ...] = ()
"""Per ecosystem and list: predictions, how many names of the list stood among them, and of how many."""
