"""Guarded commands: judge, start the client against the gate, clean up, report."""
