"""The egress net, judged by what gets past it: bytes on the wire, confined processes, real clients."""
