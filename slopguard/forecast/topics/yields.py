"""What each family of names of a request is expected to yield, per ecosystem.

Written by `tools/fit_forecast.py`.
"""

from __future__ import annotations

from collections.abc import Mapping

from slopguard.forecast.fusing import Yield
from slopguard.model import Ecosystem

YIELDS: Mapping[Ecosystem, Mapping[str, Yield]] = {
    Ecosystem.PYPI: {
        "anchored": Yield(0.006008, 0.9),
        "crossed": Yield(0.1207, 1.35),
        "django-{}": Yield(0.09423, 1.6),
        "py-{}": Yield(0.001784, 0.35),
        "python-{}": Yield(0.1493, 1.55),
        "py{}": Yield(1.045, 1.9),
        "r-s": Yield(0.02297, 1.2),
        "s": Yield(0.02258, 0.45),
        "s-r": Yield(0.06052, 1.05),
        "s-s-s": Yield(0.0008275, 0.8),
        "s-to-s": Yield(0.009126, 1.1),
        "s-w": Yield(0.06452, 1.0),
        "s-w-r": Yield(0.003831, 1.0),
        "s2s": Yield(0.01253, 0.9),
        "sr": Yield(0.02862, 1.05),
        "ss": Yield(0.04961, 1.1),
        "table": Yield(1.113, 1.5),
        "w-r": Yield(0.1205, 1.05),
        "w-s": Yield(0.06462, 0.95),
        "w-s-r": Yield(0.003082, 0.8),
        "{}-py": Yield(0.07242, 1.3),
        "{}-python": Yield(0.03213, 1.0),
        "{}lib": Yield(0.1107, 1.75),
        "{}py": Yield(0.6202, 2.1),
    },
    Ecosystem.NPM: {
        "@s/r": Yield(0.06139, 1.3),
        "@s/w": Yield(0.004548, 0.9),
        "@s/w-r": Yield(0.01826, 1.45),
        "anchored": Yield(0.0005291, 0.45),
        "crossed": Yield(0.0003694, 0.0),
        "express-{}": Yield(0.0365, 1.2),
        "js-{}": Yield(0.0008553, 0.25),
        "next-{}": Yield(0.01009, 0.85),
        "ngx-{}": Yield(0.1092, 1.75),
        "node-{}": Yield(0.2778, 1.95),
        "r-s": Yield(0.02252, 1.0),
        "react-{}": Yield(0.2533, 1.75),
        "s": Yield(0.02213, 0.65),
        "s-r": Yield(0.04339, 1.1),
        "s-s-s": Yield(0.00242, 0.7),
        "s-to-s": Yield(0.003654, 0.8),
        "s-w": Yield(0.03395, 0.85),
        "s-w-r": Yield(0.004496, 0.9),
        "s2s": Yield(0.0006987, 0.5),
        "sr": Yield(0.002692, 0.8),
        "ss": Yield(0.04835, 1.75),
        "svelte-{}": Yield(0.03395, 1.3),
        "table": Yield(0.2643, 0.85),
        "ts-{}": Yield(0.005213, 0.85),
        "use-{}": Yield(0.00193, 0.4),
        "vue-{}": Yield(0.02507, 1.05),
        "w-r": Yield(0.08416, 1.05),
        "w-s": Yield(0.02907, 0.8),
        "w-s-r": Yield(0.005308, 0.8),
        "{}-js": Yield(0.3299, 1.75),
        "{}-node": Yield(0.007081, 0.7),
        "{}-react": Yield(0.0002553, 0.0),
        "{}-ts": Yield(0.005203, 0.85),
        "{}.js": Yield(0.08414, 1.75),
        "{}js": Yield(0.01963, 1.3),
    },
}
