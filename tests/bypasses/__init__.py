"""The ways around a guard that its rivals admit, each tried for real: what stops it, or that nothing does."""
