"""Measuring whether speculation helps: acceptance, equal output, gain and slow requests, each with its interval."""
