"""The gate, judged by what comes over the wire and by what real clients make of it."""
