"""A first look at what an agent is about to do: most of it installs nothing, and is answered without any import.

Invariants: only builtins are used, because every import costs more than the whole look; "nothing to object" is said
only where the full reading (`agents.hook`) would say so too; what this look does not understand goes there. Of what is
no JSON at all it may let pass what names nothing in its strings, where the full reading would ask.

The input is JSON, of which only the strings matter: with escaped quotes set aside, every other piece between two quotes
is one. A string that a colon follows is a key.
"""

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:  # not from `typing`: that import takes as long as all that is done here
    from collections.abc import Sequence

AGENTS = ("claude-code", "codex", "gemini", "cursor", "copilot", "windsurf", "cline", "opencode", "qwen")
QUIET = {"cursor": '{"permission":"allow"}\n'}
"""What an agent is told when there is nothing to object; nothing at all if it is not here."""
_TOLD = frozenset(
    b"cwd transcript_path transcriptPath session_id sessionId tool_use_id toolUseId tool_call_id tool_name toolName "
    b"hook_event_name hookEventName hookName event permission_mode permissionMode prompt_id turn_id generation_id "
    b"conversation_id cursor_version user_email workspace_roots workspaceRoots timestamp taskId userId clineVersion "
    b"trajectory_id execution_id agent_action_name model model_name agent_id agent_type call_id "
    b"callID sessionID description explanation agent tool".split()
)
"""Keys whose values the agent itself fills in: no command and no content stands there."""
_PATHS = frozenset(
    b"file_path filePath path notebook_path absolute_path relative_path target_file targetFile TargetFile file "
    b"filename uri".split()
)
"""Keys whose values are files that will change."""
_FOLDERS = frozenset(b"cwd workspace_roots workspaceRoots directory workdir working_directory dir_path".split())
"""Keys whose values are folders that a command runs in."""
_MOVES = frozenset(
    b"source source_path sourcePath src old_path oldPath from destination destination_path destinationPath dest dst "
    b"target new_path newPath to".split()
)
"""Keys whose values are files that are moved, or take another's place."""
_RUNS = frozenset(
    b"command commands cmd commandLine command_line CommandLine shell_command shellCommand script".split()
)
"""Keys whose values are run."""
_PATCHES = (b"\n*** ", b"\n--- ", b"\ndiff --git ")
"""How the lines begin that name a file in a patch."""
_CLIENTS = (
    b"pip uv npm npx pnp yarn bun poetry pdm deno corepack conda mamba hatch rye tox nox install dlx exec eval "
    b"volta easy_ mise asdf slopguard sqlite".split()
)
"""Parts of words that name what could install something, or the guard itself."""
_GUARDED = (
    b".claude .codex .cursor .gemini .qwen .github .bash .zsh .profile .config .local windsurf cline opencode copilot "
    b"hook settings config.toml pyproject allowlists shims activate /etc fish".split()
)
"""Parts of words that name what belongs to the guard or to an agent's settings: reading that is nobody's business."""
_SHORT = frozenset(b"pn pnx ni nlx lerna ng nx expo pixi".split())
"""Clients that are parts of other words."""
_LISTS = (b"requirements", b"constraints", b"package.json")
"""Parts of names of files that name packages."""
MOVED = (
    b"SLOPGUARD_HOME SLOPGUARD_CONFIG CLAUDE_CONFIG_DIR CODEX_HOME COPILOT_HOME QWEN_HOME CLINE_DIR "
    b"OPENCODE_CONFIG_DIR GEMINI_CLI_SYSTEM_SETTINGS_PATH QWEN_CODE_SYSTEM_SETTINGS_PATH"
).split()
"""Variables that say where the guard or an agent keeps its files: all of `protected.hook_files`, and the guard's."""
_SHELLS = frozenset(b"sh bash dash zsh ksh fish ash cmd powershell pwsh iex expression busybox".split())
_READERS = frozenset(b"python pythonw pypy node nodejs perl ruby php py".split())
"""What runs a text that is piped to it."""
_REMOVING = frozenset(
    b"rm rmdir unlink mv shred find xargs rsync checkout restore stash clean reset trash srm del erase rd move "
    b"rename apply am rebase revert switch pull worktree unset rimraf".split()
)
"""Programs and commands that could take away or put back a file without naming it."""
_WRITING = frozenset(
    b"cp sed tee ln perl dd truncate touch chmod chown patch ed ex vi vim nano emacs awk gawk tar unzip curl wget scp "
    b"sponge git gio crudini yq jq nvim micro pico gzip bzip2 xz dos2unix unix2dos fallocate mkfile wipe chgrp chattr "
    b"setfacl chflags xattr setfattr chcon gcp ditto gsed sd dasel litecli".split()
)
"""Those that could change one that is named, or meant by a pattern: all of `protected.writes`."""
_OUTPUT = frozenset(b"sort openssl gpg pandoc age".split())
"""Those that write where an option with an `o` in it says."""
_AGENTS = frozenset(b"claude codex gemini qwen copilot opencode cursor agent cline".split())
"""Programs that can switch off hooks, their own."""
_SOURCES = (
    b".py .pyi .js .jsx .mjs .cjs .ts .tsx .css .scss .html .vue .svelte .go .rs .java .kt .c .h .cc .cpp .hpp .cs .rb "
    b".php .swift .sql .svg .csv"
).split()
"""Endings of files that hold source code, and at most imports for us."""
_NAMED = frozenset(b"setup.py noxfile.py tasks.py dodo.py fabfile.py conanfile.py .pnpmfile.cjs".split())
_IMPORTING = frozenset(b"import require from script include export load cdn esm".split())
"""Words without which source code asks for no package."""
_JOINTS = bytes(10 if each in b";|&()" else each for each in range(256))
"""Translates what ends a command to line breaks."""
_BREAKS = bytes(each if each > 127 or chr(each).isalnum() or chr(each) == "_" else 32 for each in range(256)).lower()
"""Translates whatever stands between words to spaces."""


def main(argv: "Sequence[str]") -> int:
    """Answer one call of an agent's hook: `[AGENT] [--strict]`; the exit code for the agent.

    Args:
        argv: the arguments after `slopguard hook`.
    """
    agent = argv[0] if argv and argv[0][:1] != "-" else ""
    data = sys.stdin.buffer.read()
    if idle(data):
        sys.stdout.write(quiet(agent, data))
        return 0
    if sys.flags.no_site:
        import site

        site.main()
    import gc

    gc.disable()  # what it would free in so short a life is not worth the looking
    from slopguard.agents import hook

    return hook.main(agent, data, strict="--strict" in argv)


def quiet(agent: str, data: bytes) -> str:
    """What is printed where there is nothing to object."""
    if b'"cursor_version"' not in data:
        return QUIET.get(agent, "")
    return QUIET["cursor"] if agent in ("", "cursor") else "{}\n"  # Cursor runs the hooks of others, and reads JSON


def plain(argv: "Sequence[str]") -> bool:
    """Whether `slopguard hook ARGV...` is spelled as agents call it; all else is for click."""
    words = [word for word in argv if word != "--strict"]
    known = not words or (len(words) == 1 and words[0] in AGENTS)
    return known and sys.stdin is not None and not sys.stdin.isatty()


def idle(data: bytes) -> bool:
    """Whether there is certainly nothing to object to, and nothing to log."""
    if b"\x01" in data or b"\x02" in data or b"\0" in data or not _utf8(data):  # no JSON in UTF-8 holds them
        return False
    pieces = data.replace(b"\\\\", b"\x02").replace(b'\\"', b"\x01").split(b'"')
    if len(pieces) < 3 or not len(pieces) % 2 or pieces[-1].rstrip()[-1:] != b"}":
        return False
    keys, said, paths, folders = _sorted(pieces)
    if any(sign in key for key in keys for sign in (b"\\", b"\x01", b"\x02")):
        return False
    if not keys.isdisjoint(_MOVES):
        return False
    text = b"\n".join([b"", *said]).replace(b"\\n", b"\n").replace(b"\\t", b" ").replace(b"\\r", b"\n")
    if any(head in text for head in _PATCHES):
        return False
    if paths:  # arguments may come as the text of an object, too, with keys of their own
        nested = any(each.lstrip()[:1] in (b"{", b"[") for each in said)
        return not nested and keys.isdisjoint(_RUNS) and _only_source(paths, text)
    return _harmless(text, b"\n".join(folders).lower())


def _utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _sorted(pieces: "list[bytes]") -> "tuple[set[bytes], list[bytes], list[bytes], list[bytes]]":
    """The strings of a document: its keys, and of its values what is said, files, and folders."""
    keys, said, paths, folders, key = set(), [], [], [], b""
    for at in range(1, len(pieces), 2):
        if pieces[at + 1].lstrip()[:1] == b":":
            key = pieces[at]
            keys.add(key)
            continue
        if b"}" in pieces[at - 1]:
            key = b""  # a value after an object is no longer that of the object's last key
        if key in _PATHS:
            paths.append(pieces[at])
        elif key in _FOLDERS:
            folders.append(pieces[at])
        elif key not in _TOLD:
            said.append(pieces[at])
    return keys, said, paths, folders


def _only_source(paths: "list[bytes]", text: bytes) -> bool:
    """Whether an edit changes nothing but source code, and imports nothing there."""
    for path in paths:
        name = path.replace(b"\x02", b"/").rpartition(b"/")[2].lower()
        if name in _NAMED or not name.endswith(tuple(_SOURCES)) or b"\\" in name:
            return False
        if any(part in path.lower() for part in (b"hook", b"slopguard", b"opencode", b"plugin", b".config", b".local")):
            return False
    words = set(text.lower().translate(_BREAKS).split())
    return _IMPORTING.isdisjoint(words) and not any(word in text for word in (b"import", b"require", b"\\u"))


def _harmless(text: bytes, folders: bytes) -> bool:
    """Whether commands that run in some folders neither install anything nor touch what belongs to the guard."""
    quoted = text.lower()
    text = quoted.replace(b"\x01", b"").replace(b"'", b"")
    if any(sign in text for sign in (b"\x02", b"\\", b"$", b"`")):
        return False  # a name could be spelled without being written
    if b"{" in text and (b"," in text or b".." in text):
        return False
    if any(part in text for part in _CLIENTS) and not all(map(_only_runs, text.translate(_JOINTS).split(b"\n"))):
        return False
    words = {*text.translate(_BREAKS).split(), *quoted.translate(_BREAKS).split()}
    if not _SHELLS.isdisjoint(words) or not _REMOVING.isdisjoint(words) or not _SHORT.isdisjoint(words):
        return False
    if b"hook" in text and not _AGENTS.isdisjoint(words):
        return False
    reads = any(word.rstrip(b"0123456789") in _READERS for word in words)
    if (b"|" in text and (reads or not words.isdisjoint((b"at", b"batch")))) or b"<(" in text:
        return False
    if not reads and b">" not in text and _WRITING.isdisjoint(words) and not _puts_out(text, words):
        return True
    where = folders + text
    guarded = (*_GUARDED, *_LISTS, b"slopguard", *_elsewhere())
    return not any(part in where for part in guarded) and not any(sign in text for sign in (b"*", b"?", b"["))


def _puts_out(text: bytes, words: "set[bytes]") -> bool:
    return not _OUTPUT.isdisjoint(words) and any(word[:1] == b"-" and b"o" in word for word in text.split())


def _elsewhere() -> "list[bytes]":
    """The last parts of the folders that variables name for the guard and for agents."""
    environ = getattr(sys.modules.get("posix"), "environ", {})
    named = [environ.get(name, b"").rstrip(b"/").rpartition(b"/")[2].lower() for name in MOVED]
    return [part for part in named if part]


def _only_runs(command: bytes) -> bool:
    """Whether a command that may name a client is one of its commands that install nothing, such as `npm test`."""
    words = command.decode("utf-8", "replace").split()
    named = [at for at, word in enumerate(words) if any(part.decode() in word for part in _CLIENTS)]
    if not named:
        return True
    from slopguard.guard.quick import installs_nothing

    return named == [0] and words[1:2] != ["pkg"] and installs_nothing(words[0], words[1:])
