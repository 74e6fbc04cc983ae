"""End to end: the real command, real clients, local registries; one theme a file, one claim a test."""
