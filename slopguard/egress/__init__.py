"""The egress net: what a guarded client may connect to besides the gate."""
