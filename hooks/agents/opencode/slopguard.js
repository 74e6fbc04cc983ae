// slopguard enable: taken out by slopguard disable
// It runs: sh -c '[ ! -x "${SLOPGUARD_HOME:-${XDG_DATA_HOME:-$HOME/.local/share}/slopguard}/hooks/run" ] || exec "${SLOPGUARD_HOME:-${XDG_DATA_HOME:-$HOME/.local/share}/slopguard}/hooks/run" opencode --project'
import { spawn } from "node:child_process"

const READERS = new Set(["read", "glob", "grep", "list", "webfetch", "websearch", "todowrite", "task", "skill"])
const LIMIT = 30000
const models = new Map()

function asked(cwd, call) {
  return new Promise((done) => {
    const hook = spawn("/bin/sh", ["-c", "sh -c '[ ! -x \"${SLOPGUARD_HOME:-${XDG_DATA_HOME:-$HOME/.local/share}/slopguard}/hooks/run\" ] || exec \"${SLOPGUARD_HOME:-${XDG_DATA_HOME:-$HOME/.local/share}/slopguard}/hooks/run\" opencode --project'"], { cwd, stdio: ["pipe", "pipe", "ignore"] })
    const limit = setTimeout(() => hook.kill("SIGKILL"), LIMIT)
    let said = ""
    hook.stdout.on("data", (piece) => (said += piece))
    hook.stdin.on("error", () => {})
    hook.on("error", () => { clearTimeout(limit); done(null) })
    hook.on("close", (code) => { clearTimeout(limit); done(code === 0 ? said.trim() : null) })
    hook.stdin.end(JSON.stringify(call))
  })
}

export default async (ctx) => ({
  "chat.params": async (input) => {
    models.set(input?.sessionID, input?.model?.id ?? "")
  },
  "tool.execute.before": async (input, output) => {
    if (READERS.has(input.tool)) return // tools of MCP servers have names of their own
    const call = {
      agent: "opencode",
      event: "tool.execute.before",
      tool: input.tool,
      args: output.args,
      sessionID: input.sessionID,
      directory: ctx.directory,
      model: models.get(input.sessionID) ?? "",
    }
    const said = await asked(ctx.directory, call)
    if (said === null) throw new Error("slopguard could not look at this, so it was not done: slopguard status")
    if (!said) return
    const answer = JSON.parse(said)
    if (answer.decision === "deny") throw new Error(answer.reason)
  },
})
