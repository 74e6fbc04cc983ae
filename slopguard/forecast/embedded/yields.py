"""How many hits each sort of candidate promises: the fitted figures that order every forecast.

A candidate of cost `c` promises `exp(height - slope * c)`.
The table is written by `tools/fit_embedded.py`, which fits it to names that were given for requests, none of them from
a list that forecasts are measured on. On PyPI the strata of what stands in for a real name (`import`, `namespace`,
`stdlib`, `start`, `language-start`, `language-end`, `role-end`) are not as fitted but lifted: `LIFT` in
`tools/fit_promises.py` says how far, and why. Whole names that the tables list are believed by half (`DOUBT`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from slopguard.model import Ecosystem


class Yield(NamedTuple):
    """The promise of one stratum.

    Args:
        height: logarithm of the hits that a candidate of no cost would promise.
        slope: by how much that falls with each nat of cost.
    """

    height: float
    slope: float


NONE = Yield(-30.0, 1.0)
"""What a stratum without a figure promises: next to nothing."""

YIELDS: Mapping[Ecosystem, Mapping[str, Yield]] = {
    Ecosystem.PYPI: {
        "before": Yield(-3.71, 0.87),
        "behind": Yield(-4.43, 0.79),
        "cross-before": Yield(-4.66, 1.03),
        "cross-behind": Yield(-3.03, 1.10),
        "g2": Yield(2.32, 0.77),
        "g2+": Yield(1.28, 0.75),
        "gw": Yield(2.53, 1.00),
        "gw+": Yield(4.65, 0.98),
        "import": Yield(0.67, 0.92),
        "import-part": Yield(-3.77, 1.00),
        "language-end": Yield(0.70, 1.02),
        "language-start": Yield(0.73, 0.92),
        "listed": Yield(-6.85, 0.67),
        "listed-other": Yield(-6.23, 0.59),
        "middle": Yield(-1.52, 0.57),
        "namespace": Yield(1.16, 1.00),
        "npm-joined": Yield(-4.10, 1.00),
        "npm-name": Yield(-3.82, 0.99),
        "npm-tail": Yield(-3.87, 0.99),
        "role-end": Yield(0.74, 1.00),
        "start": Yield(0.79, 0.98),
        "stdlib": Yield(-0.05, 1.00),
        "topic-ah": Yield(-2.31, 0.80),
        "topic-ahr": Yield(-2.06, 0.97),
        "topic-ahw": Yield(-1.46, 1.04),
        "topic-awr": Yield(-4.81, 1.00),
        "topic-ha": Yield(-2.75, 0.89),
        "topic-hh": Yield(0.24, 0.97),
        "topic-hr": Yield(1.48, 1.09),
        "topic-hra": Yield(-2.47, 1.02),
        "topic-hrg": Yield(-1.35, 0.94),
        "topic-hw": Yield(-0.22, 0.85),
        "topic-hwa": Yield(-1.54, 0.96),
        "topic-hwg": Yield(0.22, 1.09),
        "topic-hwr": Yield(2.80, 1.22),
        "topic-hww": Yield(1.65, 1.00),
        "topic-rh": Yield(-3.77, 1.00),
        "topic-wh": Yield(-0.74, 0.80),
        "topic-whr": Yield(-2.16, 1.00),
        "topic-wr": Yield(-2.99, 0.78),
        "topic-wrg": Yield(-1.66, 1.04),
        "topic-ww": Yield(-1.79, 0.77),
        "topic-wwr": Yield(-0.41, 0.98),
        "w1": Yield(5.35, 1.22),
        "w2": Yield(-0.80, 0.46),
        "w2+": Yield(0.45, 0.55),
        "w3": Yield(4.95, 1.02),
        "w3+": Yield(4.22, 0.91),
        "w4": Yield(4.05, 1.00),
        "w4+": Yield(5.80, 1.14),
        "wg": Yield(3.06, 1.00),
        "wg+": Yield(2.09, 0.86),
    },
    Ecosystem.NPM: {
        "before": Yield(-4.03, 0.83),
        "behind": Yield(-4.73, 0.56),
        "cross-before": Yield(-5.77, 1.00),
        "cross-behind": Yield(-3.81, 0.81),
        "dot": Yield(4.18, 1.07),
        "dot+": Yield(0.36, 0.84),
        "g2": Yield(2.04, 0.83),
        "g2+": Yield(3.09, 0.96),
        "gw": Yield(3.38, 1.00),
        "gw+": Yield(1.61, 0.78),
        "joined": Yield(-1.52, 0.81),
        "language-end": Yield(-2.43, 0.95),
        "language-start": Yield(-2.52, 1.00),
        "listed": Yield(-6.38, 0.20),
        "listed-other": Yield(-7.59, 0.94),
        "middle": Yield(-1.54, 0.78),
        "namespace": Yield(-3.31, 1.00),
        "pypi-name": Yield(-3.96, 0.99),
        "pypi-told": Yield(-3.91, 0.99),
        "role-end": Yield(-3.64, 0.99),
        "s2": Yield(3.43, 0.96),
        "s2+": Yield(0.49, 0.94),
        "s3": Yield(2.54, 1.00),
        "s3+": Yield(1.38, 0.80),
        "scoped": Yield(-2.37, 0.71),
        "start": Yield(-1.94, 0.79),
        "swapped": Yield(-2.23, 0.96),
        "topic-@hr": Yield(-1.15, 0.95),
        "topic-@hw": Yield(-1.41, 0.96),
        "topic-@hwr": Yield(0.20, 1.02),
        "topic-ah": Yield(-2.84, 0.81),
        "topic-ahr": Yield(0.07, 1.14),
        "topic-ahw": Yield(-0.28, 1.02),
        "topic-awr": Yield(-2.49, 0.95),
        "topic-ha": Yield(-3.75, 0.92),
        "topic-hh": Yield(-0.52, 0.92),
        "topic-hr": Yield(-1.03, 0.84),
        "topic-hra": Yield(-0.64, 0.99),
        "topic-hrg": Yield(-3.81, 1.00),
        "topic-hw": Yield(0.01, 0.89),
        "topic-hwa": Yield(-1.35, 0.94),
        "topic-hwg": Yield(-3.80, 1.00),
        "topic-hwr": Yield(2.46, 1.13),
        "topic-hww": Yield(0.66, 0.84),
        "topic-rh": Yield(-3.87, 1.00),
        "topic-wh": Yield(0.73, 1.01),
        "topic-whr": Yield(1.87, 1.07),
        "topic-wr": Yield(-2.82, 0.91),
        "topic-wrg": Yield(-4.40, 1.00),
        "topic-ww": Yield(-1.79, 0.91),
        "topic-wwr": Yield(-0.12, 0.97),
        "unscoped": Yield(-1.56, 0.85),
        "w1": Yield(5.73, 1.31),
        "w2": Yield(-0.77, 0.48),
        "w2+": Yield(-1.64, 0.39),
        "w3": Yield(3.58, 1.00),
        "w3+": Yield(0.61, 0.60),
        "w4": Yield(6.97, 1.00),
        "w4+": Yield(1.37, 0.89),
        "wg": Yield(4.88, 1.00),
        "wg+": Yield(4.77, 1.03),
    },
}
