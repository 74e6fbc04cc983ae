"""Settings: layers, grammar, actors."""
