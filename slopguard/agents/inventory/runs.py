"""What a command line starts, apart from packages of PyPI and npm: containers, other ecosystems, local programs.

Invariants: pure; nothing is started, looked up or expanded; what cannot be told is said to be undecidable.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from slopguard.agents.inventory.model import Package, Rights
from slopguard.clients.argv import listed
from slopguard.patterns import regex

_CONTAINERS = listed("docker podman nerdctl container finch")
_SHELLS = listed("sh bash zsh dash ksh fish ash cmd command powershell pwsh")
_WRAPPERS = listed(
    "env nohup sudo doas nice time timeout stdbuf op dotenv dotenvx envmcp direnv doppler infisical mise"
)
_INTERPRETERS = listed(
    "node python python3 py deno bun ruby perl php java dotnet tsx ts-node uv uvx poetry pdm npm pnpm yarn go cargo"
)
_RUNS_TEXT = regex(r"/[ckr]|-[a-z]*c|-command", re.IGNORECASE)
_EXTENSION = regex(r"\.(?:exe|cmd|bat|ps1|com)$", re.IGNORECASE)
_ASSIGNED = regex(r"[A-Za-z_]\w*=.*", re.DOTALL)
_SHELL_TEXT = regex(r"[;&|`\n<>]|\$\(")
_VALUED = listed(
    "-a --attach --add-host --annotation --blkio-weight --cap-add --cap-drop --cgroup-parent --cgroupns --cidfile"
    " --cpu-period --cpu-quota --cpu-shares -c --cpus --cpuset-cpus --cpuset-mems --detach-keys --device --dns"
    " --dns-option --dns-search --domainname --entrypoint -e --env --env-file --expose --gpus --group-add"
    " --health-cmd --health-interval --health-retries --health-timeout -h --hostname --ip --ip6 --ipc --isolation"
    " -l --label --label-file --link --log-driver --log-opt --mac-address -m --memory --memory-reservation"
    " --memory-swap --mount --name --net --network --network-alias --oom-score-adj --pid --pids-limit --platform"
    " -p --publish --pull --restart --runtime --security-opt --shm-size --stop-signal --stop-timeout --storage-opt"
    " --sysctl --tmpfs --ulimit -u --user --userns --uts -v --volume --volume-driver --volumes-from -w --workdir"
    " --arch --authfile --cert-dir --creds --secret --userns --pod --umask"
)
"""Options of `run` that take the next word."""
_ALONE = listed(
    "--disable-content-trust --detach --help --init --interactive --no-healthcheck --no-hosts --oom-kill-disable"
    " --privileged --publish-all --quiet --read-only --replace --rm --rmi --sig-proxy --tty --tls-verify"
)
"""Options of `run` that take none; so do single letters."""
_REFERENCE = regex(r"(?:[\w.-]+(?::\d+)?/)?[\w.-]+(?:/[\w.-]+)*(?::[\w.-]{1,128})?")
_NUGET = regex(r"[\w.-]+(?:@[\w.*+-]+)?")
_DNX_ALONE = listed("--yes -y --prerelease --allow-roll-forward --interactive --no-http-cache --ignore-failed-sources")
_DNX_VALUED = listed("--source --add-source --configfile --framework --verbosity --version -v")
_DIGEST = regex(r"([^@]+)@(sha256:[0-9a-f]{64})")
_OPENING = {
    ("--net", "host"): "host-network",
    ("--network", "host"): "host-network",
    ("--pid", "host"): "host-processes",
    ("--ipc", "host"): "host-processes",
    ("--userns", "host"): "host-users",
}
_BROAD = frozenset({"/", "~", "$HOME", "${HOME}", "C:\\", "C:/", "/etc", "/root", "/home", "/var", "/usr"})
_SOCKETS = ("docker.sock", "podman.sock", "containerd.sock", "docker_engine")
_SPEC = regex(r"(@?[^@\s]+)(?:@(.+))?", re.DOTALL)
_SCRIPT = regex(r"\.(?:[cm]?[jt]sx?|py|rb|pl|php|jar|dll)$|[/\\](?!/)")
_EXACT = regex(r"v?\d+(?:\.\d+){1,3}(?:[-+][\w.+-]+)?")

USER = Rights("user")
"""All that the account may."""


@dataclass(frozen=True, slots=True)
class Run:
    """What a command line comes to.

    Args:
        program: what is started, as written.
        words: the words of the innermost program.
        rights: what it may do.
        packages: those of other ecosystems, and images.
        local: it runs from files on this machine.
        undecidable: it cannot be told what runs.
    """

    program: str = ""
    words: tuple[str, ...] = ()
    rights: Rights = USER
    packages: tuple[Package, ...] = ()
    local: bool = False
    undecidable: bool = False

    @property
    def broad(self) -> bool:
        """Whether a container reaches what lies outside it."""
        return bool(self.rights.open) or any(mount.rstrip("/") in ("", *_BROAD) for mount in self.rights.mounts)


def of(words: str | Sequence[str]) -> Run:
    """What a command line, or the text of a shell, starts."""
    given = _split(words) if isinstance(words, str) else list(words)
    if not given:
        return Run(undecidable=True)
    program = next((word for word in given if not _ASSIGNED.fullmatch(word)), "")
    inner, unclear = given, False
    for _ in range(8):
        peeled = _peeled(inner)
        if peeled is None:
            break
        inner, more = peeled
        unclear = unclear or more
    if not inner:
        return Run(program, undecidable=True)
    name = _name(inner[0])
    if name in _CONTAINERS:
        return _container(program, inner)
    packages = _others(name, inner)
    local = not packages and _is_local(name, inner)
    return Run(program, tuple(inner), packages=packages, local=local, undecidable=unclear or name in _SHELLS)


def _split(text: str) -> list[str]:
    try:
        return shlex.split(text.replace("\\", "\\\\") if re.match(r"[A-Za-z]:\\", text) else text)
    except ValueError:
        return text.split()


def _name(word: str) -> str:
    return _EXTENSION.sub("", re.split(r"[/\\]", word.strip())[-1]).lower()


def _peeled(words: list[str]) -> tuple[list[str], bool] | None:
    """What a wrapper or shell starts, and whether more may run beside it; `None` if this is neither."""
    if words and _ASSIGNED.fullmatch(words[0]):
        return words[1:], False
    name = _name(words[0]) if words else ""
    if name in _SHELLS:
        at = next((number for number, word in enumerate(words[1:], 1) if _RUNS_TEXT.fullmatch(word)), None)
        if at is None or at + 1 >= len(words):
            return None
        text = words[at + 1] if len(words) == at + 2 else shlex.join(words[at + 1 :])
        return _split(text), bool(_SHELL_TEXT.search(words[at + 1]))
    if name in _WRAPPERS and len(words) > 1:
        if "--" in words:
            return words[words.index("--") + 1 :], False
        at = next((n for n, word in enumerate(words[1:], 1) if not _aside(word)), len(words))
        return words[at:], False
    return None


def _aside(word: str) -> bool:
    """Whether a word behind a wrapper is its own: an option, a variable, a number, the word `run`."""
    return word.startswith("-") or bool(_ASSIGNED.fullmatch(word)) or word in ("run", "exec") or word[:1].isdigit()


def _container(program: str, words: list[str]) -> Run:
    """What `docker run` and the like start; what a gateway or a composition starts is not written here."""
    if "run" not in words[1:] or {"mcp", "compose", "gateway"} & {*words[1 : words.index("run")]}:
        return Run(program, tuple(words), Rights("container"), undecidable=True)
    mounts: list[str] = []
    opened: dict[str, None] = {}
    rest = words[words.index("run") + 1 :]
    while rest and rest[0].startswith("-"):
        option, joint, value = rest.pop(0).partition("=")
        if not joint and option in _VALUED and rest:
            value = rest.pop(0)
        elif not joint and option.startswith("--") and option not in _ALONE:
            rest = []  # what follows may be its value, or the image
        elif not joint and re.match(r"-[evpuwlmh].", option) and not option.startswith("--"):
            option, value = option[:2], option[2:]
        mounts += _mounted(option, value)
        opened |= dict.fromkeys(_opened(option, value))
    if any(socket in mount for mount in mounts for socket in _SOCKETS):
        opened["docker-socket"] = None
    rights = Rights("container", tuple(mounts), tuple(opened))
    image = rest[0] if rest else ""
    exact = _DIGEST.fullmatch(image)
    if not _REFERENCE.fullmatch(exact[1] if exact else image):
        return Run(program, tuple(words), rights, undecidable=True)
    return Run(program, tuple(words), rights, (_image(image),))


def _mounted(option: str, value: str) -> list[str]:
    """The folder of this machine that an option lets a container see; a volume of its own is none."""
    if option in ("-v", "--volume"):
        drive = 2 if re.match(r"[A-Za-z]:[\\/]", value) else 0
        source = value[:drive] + value[drive:].partition(":")[0]
        return [source] if re.match(r"[/\\.~$%{]|[A-Za-z]:", source) else []
    if option == "--mount":
        fields = dict(part.partition("=")[::2] for part in value.split(","))
        source = fields.get("source", fields.get("src", ""))
        return [source] if fields.get("type") == "bind" and source else []
    return []


def _opened(option: str, value: str) -> list[str]:
    if option == "--privileged" and value != "false":
        return ["privileged"]
    if option == "--cap-add":
        return ["capabilities"]
    if option == "--device":
        return ["devices"]
    found = _OPENING.get((option, value))
    return [found] if found else []


def _image(image: str) -> Package:
    if exact := _DIGEST.fullmatch(image):
        return Package("image", exact[1], exact[2], pinned="digest")
    head, slash, last = image.rpartition("/")
    name, _, tag = last.partition(":")
    return Package("image", f"{head}{slash}{name}", None, asked=tag or "latest", pinned="no")


def _others(name: str, words: list[str]) -> tuple[Package, ...]:
    """Packages of ecosystems that nobody judges here."""
    if name == "dnx" or words[1:3] == ["tool", "exec"]:
        return _nuget(words[1 if name == "dnx" else 3 :])
    if name == "go" and words[1:2] == ["run"]:
        found = next((word for word in words[2:] if not word.startswith("-")), "")
        return (_spec("go", found),) if "@" in found else ()
    if name == "deno":
        found = next((word for word in words[1:] if word.startswith("jsr:")), "")
        return (_spec("jsr", found.removeprefix("jsr:")),) if found else ()
    return ()


def _nuget(words: list[str]) -> tuple[Package, ...]:
    """The package that comes before or between dnx's options; of an option that is not known the value could be it."""
    rest, version = list(words), next((b for a, b in pairwise(words) if a == "--version"), None)
    while rest and rest[0].startswith("-"):
        option = rest.pop(0)
        rest = rest[1:] if option in _DNX_VALUED else rest if option in _DNX_ALONE or "=" in option else []
    return (_spec("nuget", rest[0], version),) if rest and _NUGET.fullmatch(rest[0]) else ()


def _spec(ecosystem: str, text: str, version: str | None = None) -> Package:
    found = _SPEC.fullmatch(text)
    name, asked = (found[1], version or found[2] or "") if found else (text, version or "")
    asked = asked.partition("/")[0]
    exact = _EXACT.fullmatch(asked) is not None
    return Package(ecosystem, name, asked if exact else None, "" if exact else asked, "yes" if exact else "no")


def _is_local(name: str, words: list[str]) -> bool:
    """Whether files of this machine are run: an interpreter with a script, a program by a path that is not absolute."""
    if re.match(r"\.{1,2}[/\\]|[\w.-]+[/\\]|~|[$%{]", words[0]):
        return True
    if name not in _INTERPRETERS and not re.fullmatch(r"python\d[\d.]*", name):
        return False
    scripts = (word for word in words[1:] if not word.startswith("-") and "://" not in word)
    return any(_SCRIPT.search(word) for word in scripts)
