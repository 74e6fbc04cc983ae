"""yarn's commands and options, yarn 1's and those of 2 and later in one table; data only.

Where the two read a word differently the table errs on the side of judging more.
"""

from __future__ import annotations

from slopguard.clients.argv import Grammar, listed

INSTALLING = listed("""
    install add remove up upgrade upgrade-interactive dedupe rebuild link unlink import focus patch patch-commit unplug
    version constraints pack dlx create init global plugin set policies
    """)
"""Commands that may fetch packages, or code of yarn's own."""
NAMING = listed("add up upgrade")
"""Commands whose words are packages."""
NESTED = listed("npm plugin set policies global config cache tag owner team")
"""Commands whose next word is a command too."""
WRITING = listed("publish login logout") | frozenset(
    {"npm publish", "npm login", "npm logout", "npm tag", "npm stage", "tag", "owner", "team"}
    | {f"{word} {more}" for word in ("tag", "owner", "team") for more in ("add", "remove", "rm", "create", "destroy")}
)
OTHERS = listed("""
    access audit autoclean bin cache check config exec explain generate-lock-entry help info licenses list
    lockfile login logout node npm outdated owner publish run search stage start stop tag team test versions
    why workspaces
    """)
"""Commands that install nothing; any other word is a script of the project's."""

_GLOBAL = frozenset(
    "--" + name
    for name in listed("""
    cwd registry cache-folder modules-folder preferred-cache-folder global-folder link-folder mutex proxy
    https-proxy network-concurrency network-timeout otp use-yarnrc prefix use-manifest child-concurrency
    """)
)
_NAMES = (("-h", "--help"), ("-v", "--version"))
FIRST = Grammar(_GLOBAL, names=_NAMES, stop_at_word=True)
"""What stands before the command."""
PLAIN = Grammar(_GLOBAL | {"--mode", "--strategy", "--depth", "--level"}, names=_NAMES)
DLX = Grammar(_GLOBAL | {"--package", "-p"}, names=(*_NAMES, ("-p", "--package")), stop_at_word=True)
INIT = Grammar(
    _GLOBAL | {"--install", "--name", "-i", "-n"},
    names=(*_NAMES, ("-i", "--install"), ("-n", "--name")),
    stop_at_word=True,
)
FOREACH = Grammar(
    _GLOBAL | {"--from", "--include", "--exclude", "--jobs", "-j"}, names=(*_NAMES, ("-j", "--jobs")), stop_at_word=True
)

DROPPED = listed("""
    --registry --prefer-offline --proxy --https-proxy --use-yarnrc --no-default-rc
    """)
"""Options of yarn 1 that lead past the gate."""
