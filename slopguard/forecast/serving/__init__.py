"""A server of our own for a model in a file: llama.cpp in a child process, looked after until it is told to stop.

| module | holds |
|---|---|
| `header` | what a GGUF file says of itself, read to its bounds |
| `fitting` | whether a model can be served with drafts, and by what |
| `plan` | how the server is to be: one value, from the command line to the child |
| `host` | the child: imports `xllamacpp`, serves, ends when its parent does |
| `child` | starts it and hears whether it came up |
| `keeping` | keeps it up: restarts, signals, the end |

Invariants: llama.cpp runs in no process of ours but the child, for it ends a process it is unhappy in; it listens on
loopback only; a child never outlives its parent.
"""
