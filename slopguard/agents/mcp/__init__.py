"""The MCP server: slopguard's answers as tools that an agent calls.

Invariants: a tool answers what `slopguard ask` would, from the same judge, recorded first; nothing an agent says to it
lets a package through; importing this imports nothing.
"""
