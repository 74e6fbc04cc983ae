"""Is the gate transparent? Resolver scenarios, resolved directly and through the gate, and compared."""
