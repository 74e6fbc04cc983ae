"""The egress net: what a guarded client may connect to besides the gate."""

from slopguard.egress.net import Net, Refusal

__all__ = ["Net", "Refusal"]
