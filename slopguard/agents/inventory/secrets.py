"""What a server is handed, by name: variables, headers, options that hold secrets.

Invariant: no value leaves this module, nor a part of one; a value is only ever looked at to tell whether it is a secret
that stands in the file, a reference to something elsewhere, or nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import urlsplit

from slopguard.agents.inventory.model import Handed, Noted
from slopguard.names import shown
from slopguard.patterns import regex
from slopguard.readers.text import Table, string, strings, table

_SECRET = regex(
    r"(?i)(?:^|[_.\s-])(?:\w*token|\w*secrets?|\w*passw(?:or)?d|passphrase|pwd|pass|pat|\w*api_?-?key|\w*access_?-?key"
    r"|private_?-?key|\w*auth(?:orization)?|credentials?|cookie|session|dsn|connection_?-?string|bearer|\w*jwt)(?:$|[_.\s-])"
    r"|[_-]key$|^key$|^database_url$"
)
_LOOKS = regex(
    r"(?:\b(?:gh[pousr]_|github_pat_|glpat-|xox[abprs]-|sk-|hf_|npm_|pypi-|AKIA|ASIA|AIza|ya29\.|eyJ[\w-]{8,}\.)"
    r"(?=[\w.-]*\d)[\w.-]{12,}|-----BEGIN |\b(?:[Bb]earer|[Bb]asic)\s+(?![$%{<])\S{4,})"
)
_USERINFO = regex(r"[a-z][\w+.-]*://[^/\s:@?#]*:(?![$%{])[^/\s@]+@", re.IGNORECASE)
_QUERY = regex(
    r"[?&;](?:[\w.-]*(?:token|secret|key|auth|passw|sig|code|session)[\w.-]*)=(?![$%{])[^&#\s]+", re.IGNORECASE
)
_REFERENCE = regex(
    r"\$\{\{.*\}\}|\$\{.*\}|\{\{.*\}\}|\{(?:env|file):.*\}|\$\(.*\)|\$\w+|%\w+%|(?:op|keychain|vault|secret)[:/].*|COPILOT_MCP_\w+|<[^<>]*>",
    re.DOTALL,
)
_SCHEME = regex(r"(?i)(?:bearer|basic|token|apikey)\s+")
_OPTION = regex(r"--?([A-Za-z][\w-]*)(?:=(.*))?", re.DOTALL)
_ASSIGNED = regex(r"(?<![\w$-])([A-Za-z_]\w{2,100})=(\"[^\"]*\"|'[^']*'|\$\([^)]*\)|[^\s;&|]*)")
_HEADER = regex(r"\s*([A-Za-z][\w-]{0,100})\s*:\s*(.*)", re.DOTALL)
_INDEXES = regex(
    r"(?i)(?:npm_config_(?:\w*registry|\w*proxy|userconfig|globalconfig|strict_ssl|cafile)|uv_(?:\w*index\w*|find_links|config_file|insecure_host)"
    r"|pip_(?:\w*index_url|find_links|config_file|trusted_host|proxy)|pipx_default_index\w*|yarn_(?:npm_)?registry\w*|bun_config_registry"
    r"|https?_proxy|all_proxy|node_tls_reject_unauthorized|node_extra_ca_certs|ssl_cert_file|requests_ca_bundle)"
)
_INTERPRETERS = regex(
    r"(?i)(?:node_options|node_path|node_repl_external_module|python(?:path|startup|home|inspect|usersite|breakpoint)|ld_(?:preload|library_path|audit)"
    r"|dyld_\w+|path|bash_env|env|zdotdir|perl5(?:lib|opt)|ruby(?:lib|opt)|java_tool_options|deno_dir)"
)
NAMED, READ = 200, 4_000
"""Letters of a name, and of a value, that are looked at: whoever wrote the file may want this to take for ever."""
_ENVIRONMENT = ("env", "envs", "environment")
_NAMES = ("env_vars", "env_keys")


def handed(server: Table, words: Sequence[str], line: str) -> tuple[Handed, ...]:
    """Everything that a server is handed, each name once.

    Args:
        server: its entry, flattened.
        words: its program and arguments.
        line: of a server that a shell starts: the shell's text.
    """
    found = [*_variables(server), *_headers(server), *_arguments(words), *_assigned(line), *_extensions(server)]
    address = next((string(server.get(key)) for key in ("url", "serverUrl", "httpUrl", "uri") if server.get(key)), "")
    if _in_address(address):
        found.append(Handed("argument", "address", secret=True, given="literal"))
    best: dict[tuple[str, str], Handed] = {}
    for each in found:
        same = best.get((each.kind, each.name))
        if same is None or (each.exposed and not same.exposed):
            best[each.kind, each.name] = each
    return tuple(best.values())


def noted(found: Iterable[Handed]) -> Iterator[Noted]:
    """The findings about what a server is handed."""
    found = list(found)
    groups = {
        "secret-in-file": [each for each in found if each.exposed and each.kind != "argument"],
        "secret-in-arguments": [each for each in found if each.exposed and each.kind == "argument"],
        "index-redirected": [each for each in found if each.kind == "variable" and _INDEXES.fullmatch(each.name)],
        "interpreter-redirected": [
            each for each in found if each.kind == "variable" and _INTERPRETERS.fullmatch(each.name)
        ],
    }
    yield from (Noted(code, tuple(each.name for each in some)) for code, some in groups.items() if some)


def secret_name(name: str) -> bool:
    """Whether something is called like a secret."""
    return _SECRET.search(re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name[:NAMED])) is not None


def looks_secret(value: str) -> bool:
    """Whether a value looks like a secret, whatever it is called."""
    start = value[:READ]
    return any(pattern.search(start) for pattern in (_LOOKS, _USERINFO, _QUERY))


def host_of(address: str) -> str:
    """Scheme, host and port of an address; `""` if it has none, `...` for a part that the client fills in."""
    try:
        parts = urlsplit(address.strip())
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "..."
    if not parts.scheme or not host:
        return "..." if address.strip() else ""
    host = f"[{host}]" if ":" in host else host
    if _REFERENCE.search(host) or not re.fullmatch(r"[\w.\[\]:-]+", host):
        host = "..."
    return f"{shown(parts.scheme, 16)}://{shown(host, 120)}" + (f":{port}" if port else "")


def _variables(server: Table) -> Iterator[Handed]:
    for key in _ENVIRONMENT:
        for name, value in table(server.get(key)).items():
            yield _one("variable", str(name), value)
        for text in strings(server.get(key)):  # a list of NAME=VALUE
            name, joint, value = text.partition("=")
            yield _one("variable", name, value if joint else "$")
    for key in _NAMES:
        for each in server.get(key) or () if isinstance(server.get(key), list) else ():
            name = string(each) or string(table(each).get("name"))
            name, joint, value = name.partition("=")
            if name:
                yield _one("variable", name, value if joint else "$")
    if bearer := string(server.get("bearer_token_env_var")):
        yield Handed("variable", bearer, secret=True)
    if string(server.get("envFile")):
        yield Handed("file", "envFile", secret=True)


def _headers(server: Table) -> Iterator[Handed]:
    places = [server.get("headers"), server.get("http_headers")]
    places += [table(server.get(key)).get("headers") for key in ("requestInit", "requestOptions")]
    for found in places:
        for name, value in table(found).items():
            yield _one("header", str(name), value)
    for name in table(server.get("env_http_headers")):
        yield Handed("header", str(name), secret_name(str(name)))
    if string(server.get("bearer_token")):
        yield Handed("header", "Authorization", secret=True, given="literal")


def _extensions(server: Table) -> Iterator[Handed]:
    """What an editor's extension keeps for its server."""
    for name, value in table(server.get("settings")).items():
        if isinstance(value, str):
            yield _one("variable", str(name), value)


def _arguments(words: Sequence[str]) -> Iterator[Handed]:
    """Options that are called like secrets, headers, `-e NAME=VALUE`, and arguments that look like a secret."""
    for at, word in enumerate(words[1:], 1):
        before = words[at - 1]
        if option := _OPTION.fullmatch(word):
            if option[2] is not None:
                yield from _option(option[1], option[2])
            continue
        if (option := _OPTION.fullmatch(before)) and option[2] is None and at > 1:
            yield from _option(option[1], word)
        elif looks_secret(word):
            yield Handed("argument", f"argument {at}", secret=True, given="literal")


def _option(name: str, value: str) -> Iterator[Handed]:
    """What one option of the command line hands over."""
    if name.lower() in ("e", "env"):
        variable, joint, given = value.partition("=")
        yield _one("variable", variable, given if joint else "$", argument=bool(joint))
    elif name.lower() in ("h", "header") and (header := _HEADER.fullmatch(value)):
        yield _one("header", header[1], header[2], argument=True)
    elif secret_name(name) or looks_secret(value):
        yield _one("argument", f"--{name}" if len(name) > 1 else f"-{name}", value, secret=True)


def _assigned(line: str) -> Iterator[Handed]:
    """Variables that a shell's text sets, where they are called like secrets or redirect something."""
    for name, value in _ASSIGNED.findall(line[:READ]):
        if secret_name(name) or _INDEXES.fullmatch(name) or _INTERPRETERS.fullmatch(name):
            yield _one("variable", name, value.strip("\"'"), argument=True)
    if looks_secret(line):
        yield Handed("argument", "command line", secret=True, given="literal")


def _one(kind: str, name: str, value: object, *, argument: bool = False, secret: bool = False) -> Handed:
    text = value if isinstance(value, str) else "" if value is None else str(value)
    secret = secret or secret_name(name) or looks_secret(text)
    given = _given(text)
    return Handed("argument" if argument and secret and given == "literal" else kind, name, secret, given)


def _given(value: str) -> str:
    """Whether a value stands in the file, is filled in from elsewhere, or is nothing."""
    bare = _SCHEME.sub("", value.strip(), count=1).strip()
    if not bare:
        return "empty"
    if looks_secret(value):
        return "literal"
    if bare == "$" or _REFERENCE.fullmatch(bare):
        return _default(bare)
    return "literal"


def _default(reference: str) -> str:
    """`${X:-value}` brings a value of its own; one that looks like no secret is none."""
    found = re.fullmatch(r"\$\{\w+:?-(.*)\}", reference, re.DOTALL)
    return "literal" if found and looks_secret(found[1]) else "reference"


def _in_address(address: str) -> bool:
    """Whether an address holds a secret: before its host, or in its query."""
    return looks_secret(address)
