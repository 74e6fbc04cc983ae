"""How many hits each sort of candidate promises: the fitted figures that order every forecast.

A candidate of cost `c` promises `exp(height - slope * c)`.
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
        "before": Yield(-3.68, 0.62),
        "behind": Yield(-5.21, 0.50),
        "cross-before": Yield(-2.40, 1.06),
        "cross-behind": Yield(-3.58, 0.81),
        "g2": Yield(4.48, 0.88),
        "g2+": Yield(3.27, 0.82),
        "gw": Yield(2.70, 0.92),
        "gw+": Yield(4.40, 0.96),
        "import": Yield(-0.50, 0.88),
        "import-part": Yield(-2.10, 0.93),
        "language-end": Yield(-1.86, 1.02),
        "language-start": Yield(-0.49, 0.92),
        "middle": Yield(-2.25, 0.49),
        "namespace": Yield(-2.40, 0.99),
        "npm-joined": Yield(-4.13, 1.00),
        "npm-name": Yield(-3.13, 0.64),
        "npm-tail": Yield(-3.87, 1.00),
        "role-end": Yield(0.30, 0.95),
        "start": Yield(-1.58, 0.91),
        "stdlib": Yield(-3.37, 1.00),
        "w1": Yield(5.68, 1.12),
        "w2": Yield(1.63, 0.62),
        "w2+": Yield(2.03, 0.57),
        "w3": Yield(3.46, 0.88),
        "w3+": Yield(4.87, 0.92),
        "w4": Yield(3.98, 1.00),
        "w4+": Yield(7.18, 1.25),
        "wg": Yield(2.19, 1.00),
        "wg+": Yield(3.35, 0.95),
    },
    Ecosystem.NPM: {
        "before": Yield(-3.82, 0.63),
        "behind": Yield(-7.12, 0.30),
        "cross-before": Yield(-4.33, 0.78),
        "cross-behind": Yield(-3.80, 0.78),
        "dot": Yield(2.44, 0.93),
        "dot+": Yield(2.22, 0.92),
        "g2": Yield(1.97, 0.84),
        "g2+": Yield(4.67, 1.07),
        "gw": Yield(4.67, 0.99),
        "gw+": Yield(0.18, 0.68),
        "joined": Yield(-1.68, 0.86),
        "language-end": Yield(-1.55, 0.89),
        "language-start": Yield(-1.13, 1.00),
        "middle": Yield(-1.38, 0.66),
        "namespace": Yield(-1.26, 1.00),
        "pypi-name": Yield(-4.05, 1.00),
        "pypi-told": Yield(-4.02, 1.00),
        "role-end": Yield(-3.10, 0.99),
        "s2": Yield(2.83, 0.89),
        "s2+": Yield(2.03, 0.73),
        "s3": Yield(1.90, 1.00),
        "s3+": Yield(1.14, 0.74),
        "scoped": Yield(-2.77, 0.60),
        "start": Yield(-1.69, 0.96),
        "swapped": Yield(-2.23, 0.85),
        "unscoped": Yield(-1.74, 0.93),
        "w1": Yield(5.40, 1.14),
        "w2": Yield(2.37, 0.70),
        "w2+": Yield(1.07, 0.52),
        "w3": Yield(3.48, 0.93),
        "w3+": Yield(0.14, 0.55),
        "w4": Yield(4.09, 1.00),
        "w4+": Yield(2.10, 0.94),
        "wg": Yield(2.87, 1.00),
        "wg+": Yield(6.05, 1.13),
    },
}
