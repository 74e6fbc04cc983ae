"""Doors for coding agents: hooks that run before a tool, and an MCP server.

Invariants: a hook answers in its agent's own shape whatever it is given; it has no opinion where there is nothing to
object; whatever goes wrong becomes a question to the user (`--strict`: a refusal), never a crash and never an allow;
what an agent suggested is on disk before a refusal is answered; importing this package imports nothing.
"""
