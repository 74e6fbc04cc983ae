"""The MCP servers that clients on this machine and in this project start: what they run, and what they are given.

Invariants: nothing is started; secrets are named, never read out; importing this imports nothing.
"""
