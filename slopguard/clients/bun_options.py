"""bun's commands, their other spellings, and its options (bun 1.0 to 1.4); data only."""

from __future__ import annotations

from dataclasses import replace

from slopguard.clients.argv import Grammar, listed

COMMANDS = dict(
    pair.split("=")
    for pair in listed("""
    i=install install=install ci=ci a=add add=add update=update up=update r=remove rm=remove remove=remove
    uninstall=remove link=link unlink=unlink patch=patch patch-commit=patch-commit dedupe=dedupe prune=prune pm=pm
    audit=audit outdated=outdated info=info why=why publish=publish x=x c=create create=create init=init
    upgrade=upgrade completions=completions getcompletes=getcompletes discord=discord help=help test=test
    build=build exec=exec run=run repl=repl
    """)
)
"""What bun takes the first word that is no option for; every other word is a file, a script or a program to run."""
TREE = frozenset({"install", "ci", "add", "update", "remove", "link", "patch", "patch-commit", "dedupe", "prune"})
"""Commands that bring `node_modules` to what the project's files say."""
RESOLVING = frozenset({"install", "add", "update", "remove", "link", "patch", "patch-commit", "pm"})
"""Commands of every bun that may ask for manifests; others are a project's own scripts to some."""
PM = frozenset({"fetch", "migrate", "trust", "cache", "scan"})
"""Words after `bun pm` that fetch, run install scripts, or write a lock file; `cache` only with `unpack`."""
WRITING = frozenset({"publish"})

_NAMES = (
    ("-c", "--config"),
    ("-g", "--global"),
    ("-h", "--help"),
    ("-a", "--analyze"),
    ("-y", "--yarn"),
    ("-P", "--production"),
    ("-p", "--production"),
    ("--prod", "--production"),
    ("-F", "--filter"),
    ("-m", "--message"),
    ("-U", "--unified"),
)
_VALUES = listed("""
    --ca --cafile --cache-dir --cwd --env-file --backend --registry --concurrent-scripts --network-concurrency --omit
    --linker --minimum-release-age --minimum-release-age-excludes --cpu --os --libc --filter -F --patches-dir
    --audit-level --ignore --depth --message -m --preid --destination --filename --gzip-level --git-tag-version
    --diff --unified -U --access --tag --otp --auth-type
    """)
NEW = listed("--env-file --minimum-release-age --minimum-release-age-excludes --libc --depth")
"""Options that not every bun knows, each with a value: written apart, which word is a package would depend on it."""
GRAMMAR = Grammar(_VALUES, names=_NAMES)

BUNX = Grammar(
    listed("--package -p --cwd --env-file --minimum-release-age --registry --ca --cafile"),
    names=(("-p", "--package"), ("-h", "--help"), ("-v", "--version"), ("-b", "--bun")),
    stop_at_word=True,
)
BUNX_NEW = listed("--cwd --env-file --minimum-release-age --registry --ca --cafile")
"""The same of bunx."""

RUN = replace(
    BUNX,
    values=listed("""
    --elide-lines --filter -F --shell --watch-kill-signal -r --preload --require --import --cpu-prof-name
    --cpu-prof-dir --cpu-prof-interval --heap-prof-name --heap-prof-dir --install -e --eval -p --print --port
    --conditions --fetch-preconnect --max-http-header-size --dns-result-order --redirect-warnings --disable-warning
    --title --unhandled-rejections --console-depth --user-agent --cron-title --cron-period --main-fields
    --extension-order --tsconfig-override -d --define --drop --feature -l --loader --jsx-factory --jsx-fragment
    --jsx-import-source --jsx-runtime --env-file --cwd
    """),
    names=(("-c", "--config"), ("-h", "--help"), ("-v", "--version")),
)

DROPPED = listed("--registry --config --prefer-offline")
"""Options that lead past the gate, or that slopguard answers in its own way."""
