"""The gate for a team: one address, tokens, several worker processes (`slopguard serve`)."""
