"""The plugin by which opencode runs slopguard's hook, as text.

Invariants: it exports one function and nothing else, or opencode would not load it; it uses what node has, so that it
needs no package; a hook that fails, hangs or is not found refuses the tool, because opencode knows no question.
"""

from __future__ import annotations

import json

_TEXT = """// {mark}
// It runs: {start}
import {{ spawn }} from "node:child_process"

const READERS = new Set(["read", "glob", "grep", "list", "webfetch", "websearch", "todowrite", "task", "skill"])
const LIMIT = 30000
const models = new Map()

function asked(cwd, call) {{
  return new Promise((done) => {{
    const hook = spawn("/bin/sh", ["-c", {command}], {{ cwd, stdio: ["pipe", "pipe", "ignore"] }})
    const limit = setTimeout(() => hook.kill("SIGKILL"), LIMIT)
    let said = ""
    hook.stdout.on("data", (piece) => (said += piece))
    hook.stdin.on("error", () => {{}})
    hook.on("error", () => {{ clearTimeout(limit); done(null) }})
    hook.on("close", (code) => {{ clearTimeout(limit); done(code === 0 ? said.trim() : null) }})
    hook.stdin.end(JSON.stringify(call))
  }})
}}

export default async (ctx) => ({{
  "chat.params": async (input) => {{
    models.set(input?.sessionID, input?.model?.id ?? "")
  }},
  "tool.execute.before": async (input, output) => {{
    if (READERS.has(input.tool)) return // tools of MCP servers have names of their own
    const call = {{
      agent: "opencode",
      event: "tool.execute.before",
      tool: input.tool,
      args: output.args,
      sessionID: input.sessionID,
      directory: ctx.directory,
      model: models.get(input.sessionID) ?? "",
    }}
    const said = await asked(ctx.directory, call)
    if (said === null) throw new Error("slopguard could not look at this, so it was not done: slopguard status")
    if (!said) return
    const answer = JSON.parse(said)
    if (answer.decision === "deny") throw new Error(answer.reason)
  }},
}})
"""


def plugin(start: str, mark: str) -> str:
    """The plugin.

    Args:
        start: the hook as a shell command.
        mark: what tells that the file is slopguard's.
    """
    return _TEXT.format(mark=mark, start=start, command=json.dumps(start))
