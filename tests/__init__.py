"""The tests: claims about slopguard, made against local simulators and real clients."""
