"""npm's commands, their other spellings, and its options (npm 6 to 12); data only."""

from __future__ import annotations

import re
from dataclasses import replace

from slopguard.clients.argv import Abbreviations, Grammar, listed

COMMANDS = listed("""
    access adduser approve-scripts audit bugs cache ci completion config dedupe deny-scripts deprecate diff
    dist-tag docs doctor edit exec explain explore find-dupes fund get help help-search init install
    install-ci-test install-scripts install-test link ll login logout ls org outdated owner pack ping pkg
    prefix profile prune publish query rebuild repo restart root run sbom search set shrinkwrap stage star
    stars start stop team test token trust undeprecate uninstall unpublish unstar update version view whoami
    """)

ALIASES = dict(
    pair.split("=")
    for pair in listed("""
    author=owner home=docs issues=bugs info=view show=view find=search add=install unlink=uninstall
    remove=uninstall rm=uninstall r=uninstall un=uninstall rb=rebuild list=ls ln=link create=init i=install
    it=install-test cit=install-ci-test u=update up=update c=config s=search se=search tst=test t=test
    ddp=dedupe v=view run-script=run clean-install=ci clean-install-test=install-ci-test x=exec why=explain
    la=ll verison=version ic=ci innit=init in=install ins=install inst=install insta=install instal=install
    isnt=install isnta=install isntal=install isntall=install install-clean=ci isntall-clean=ci hlep=help
    dist-tags=dist-tag upgrade=update udpate=update rum=run sit=install-ci-test urn=run ogr=org
    add-user=adduser cinstall=ci
    """)
)

TREE = frozenset({"install", "ci", "update", "dedupe", "install-test", "install-ci-test", "audit", "prune", "link"})
"""Commands that install what the project's files say."""
INSTALLING = TREE | frozenset({"exec", "init", "uninstall", "pack", "shrinkwrap"})
WRITING = listed("""
    access adduser deprecate dist-tag login logout org owner profile publish star stage team token trust
    undeprecate unpublish unstar
    """)
FROZEN = frozenset({"ci", "install-ci-test"})

_NAMES = (
    ("-C", "--prefix"),
    ("--reg", "--registry"),
    ("-w", "--workspace"),
    ("-c", "--call"),
    ("-g", "--global"),
    ("-h", "--help"),
    ("-H", "--help"),
    ("-?", "--help"),
    ("-v", "--version"),
    ("--usage", "--help"),
    ("-y", "--yes"),
)
_VALUES = frozenset(
    "--" + name
    for name in listed("""
    _auth access allow-directory allow-file allow-git allow-remote allow-scripts also audit-level auth-type
    before enjoy-by browser ca cache cache-max cache-min cafile call cert cidr cpu depth diff diff-dst-prefix
    diff-src-prefix diff-unified editor expect-result-count expires fetch-retries fetch-retry-factor
    fetch-retry-maxtimeout fetch-retry-mintimeout fetch-timeout git globalconfig heading https-proxy include
    init-author-email init-author-name init-author-url init-license init-module init-type init-version
    init.author.email init.author.name init.author.url init.license init.module init.version install-strategy
    key libc local-address location lockfile-version loglevel logs-dir logs-max maxsockets message
    min-release-age min-release-age-exclude name node-gyp node-options noproxy omit only orgs os otp
    pack-destination package packages prefix preid provenance-file proxy reg registry replace-registry-host
    save-prefix sbom-format sbom-type scope scopes password script-shell searchexclude searchlimit searchopts
    searchstaleness shell tag tag-version-prefix umask user-agent userconfig viewer which workspace
    edit-dir extension-file global-ignore-file orgs-permission packages-and-scopes-permission patches-dir to
    token-description
    """)
) | {"-C", "-L", "-m", "-w", "-c"}
NOT_IN_ALL = frozenset(
    "--" + name
    for name in listed("""
    allow-directory allow-file allow-scripts edit-dir expires extension-file global-ignore-file init-type
    min-release-age min-release-age-exclude name node-gyp orgs orgs-permission packages
    packages-and-scopes-permission password patches-dir scopes to token-description
    """)
)
"""Of these, what npm 10, 11 or 12 does not know and so reads as a flag: the next word is a word to it, then."""
_FLAGS = frozenset(
    "--" + name
    for name in listed("""
    all allow-same-version audit bin-links color commit-hooks description dev dry-run engine-strict force
    foreground-scripts format-package-lock fund git-tag-version global global-style help if-present
    ignore-scripts include-staged include-workspace-root install-links json legacy-bundling legacy-peer-deps
    link local long no offline omit-lockfile-registry-resolved optional package-lock package-lock-only
    parseable prefer-dedupe prefer-offline prefer-online production progress provenance quiet read-only
    rebuild-bundle save save-bundle save-dev save-exact save-optional save-peer save-prod shrinkwrap
    sign-git-commit sign-git-tag silent strict-peer-deps strict-ssl timing unicode update-notifier usage
    verbose version versions workspaces workspaces-update ws yes
    allow-scripts-pending allow-scripts-pin allow-unused-patches bypass-2fa dangerously-allow-all-scripts
    diff-ignore-all-space diff-name-only diff-no-prefix diff-text expect-results ignore-existing ignore-extension
    ignore-patch-failures include-attestations init-private keep-edit-dir packages-all strict-allow-scripts
    strict-npmrc dd ddd desc iwr porcelain readonly
    """)
)

_LETTERS = "acdfghlmnpqsvwyBCDEHLNOPS?"
GRAMMAR = Grammar(_VALUES, _FLAGS, _NAMES, Abbreviations.UNIQUE, letters=_LETTERS)
_EXEC_NAMES = (*_NAMES, ("-p", "--package"))
EXEC = Grammar(_VALUES | {"-p"}, _FLAGS, _EXEC_NAMES, Abbreviations.UNIQUE, letters=_LETTERS)
NPX = replace(EXEC, stop_at_word=True)

DROPPED = listed("""
    --registry --offline --prefer-offline --no-prefer-online --allow-git --allow-remote
    --replace-registry-host --proxy --https-proxy --noproxy --no-proxy --userconfig --globalconfig
    """)
"""Options that lead past the gate; `--@scope:registry` too."""


def canonical(word: str) -> str | None:
    """The command that npm takes a word for (its `cmd-list.js`): camelCase, aliases, typos, unique beginnings."""
    word = re.sub(r"[A-Z]", lambda found: "-" + found[0].lower(), word)
    if word in COMMANDS:
        return word
    if word in ALIASES:
        return ALIASES[word]
    found = {ALIASES.get(full, full) for full in COMMANDS | ALIASES.keys() if full.startswith(word)}
    exact = {full for full in COMMANDS | ALIASES.keys() if full.startswith(word)}
    return found.pop() if len(exact) == 1 or len(found) == 1 else None
