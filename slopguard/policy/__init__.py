"""The decision: a Cedar policy, the facts it weighs, and the engine that asks it. No I/O at run time, no clock.

`Policy.load(thresholds)` once, then `decide(request, evidence, policy, now)` for every question.
"""

from slopguard.policy.engine import Policy, decide
from slopguard.policy.facts import Thresholds
from slopguard.policy.waiting import until

__all__ = ["Policy", "Thresholds", "decide", "until"]
