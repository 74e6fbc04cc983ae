"""A server of the Model Context Protocol over stdio, for agents to start: one tool, `run_cmd`, that runs nothing."""

from __future__ import annotations

import json
import sys

TOOL = {
    "name": "run_cmd",
    "description": "Runs a command.",
    "inputSchema": {"type": "object", "properties": {"command": {"type": "string"}}, "required": ["command"]},
}


def main() -> None:
    """Answer until the input ends."""
    for line in sys.stdin:
        asked = json.loads(line)
        if "id" in asked:
            told = {"jsonrpc": "2.0", "id": asked["id"], "result": result(asked["method"], asked.get("params") or {})}
            sys.stdout.write(json.dumps(told) + "\n")
            sys.stdout.flush()


def result(method: str, params: dict[str, object]) -> dict[str, object]:
    """The result of one request."""
    if method == "initialize":
        about = {"name": "loop", "version": "1"}
        return {
            "protocolVersion": params.get("protocolVersion"),
            "capabilities": {"tools": {}},
            "serverInfo": about,
        }
    if method == "tools/list":
        return {"tools": [TOOL]}
    return {"content": [{"type": "text", "text": "ran"}]} if method == "tools/call" else {}


if __name__ == "__main__":
    main()
