"""pnpm's commands, their other spellings, and its options (pnpm 10 to 12); data only."""

from __future__ import annotations

from dataclasses import replace

from slopguard.clients.argv import Grammar, listed

ALIASES = dict(
    pair.split("=")
    for pair in listed("""
    i=install it=install-test up=update upgrade=update uninstall=remove rm=remove un=remove uni=remove
    ln=link dislink=unlink rb=rebuild ls=list la=ll c=config t=test tst=test run-script=run rt=runtime
    multi=recursive m=recursive clean-install=ci ic=ci install-clean=ci purge=clean adduser=login
    licences=licenses info=view show=view v=view s=search se=search find=search home=docs issues=bugs
    dist-tags=dist-tag owners=owner author=owner ss=set-script
    """)
)

TREE = listed("""
    install add update remove dedupe prune ci fetch install-test link unlink import deploy pipeline patch-commit
    patch-remove audit rebuild approve-builds approve permissions
    """)
"""Commands that install, or may, what the project's files say."""
FETCHING = listed("dlx create self-update patch shim store env runtime")
"""Commands that fetch what their words say, and nothing of the project's."""
RUNNING = listed("run exec test start stop restart tasks")
"""Commands that run the project's own code, after they installed what is missing if they are told to (pnpm 11)."""
READING = listed("""
    bin bugs cache cat-file cat-index change clean completion completion-server config docs doctor edit find-hash fund
    get help ignored-builds init lane licenses list ll outdated pack pack-app peers ping pkg prefix repo root sbom
    search server set set-script setup stars token-list version view whoami why xmas
    """)
WRITING = listed("""
    access deprecate dist-tag login logout owner profile publish stage star team token undeprecate unpublish unstar
    """)
COMMANDS = TREE | FETCHING | RUNNING | READING | WRITING | {"with", "recursive"}
FROZEN = frozenset({"ci", "fetch"})
UNSWITCHED = listed("completion completion-server store cat-file cat-index find-hash doctor setup")
"""Commands for which pnpm 11 does not become the pnpm that the project names."""

_NAMES = (
    ("-C", "--dir"),
    ("--prefix", "--dir"),
    ("--store", "--store-dir"),
    ("-F", "--filter"),
    ("-r", "--recursive"),
    ("-w", "--workspace-root"),
    ("-g", "--global"),
    ("-h", "--help"),
    ("-H", "--help"),
    ("-?", "--help"),
    ("--usage", "--help"),
    ("-v", "--version"),
    ("--userconfig", "--npmrc-auth-file"),
)
_VALUES = frozenset(
    "--" + name
    for name in listed("""
    access allow-build audit-level base branch bump ca cache-dir cafile catalog-mode cert changed-files-ignore-pattern
    child-concurrency cidr config-dir cpu depth dir edit-dir entry env-file fetch-min-speed-ki-bps fetch-retries
    fetch-retry-factor fetch-retry-maxtimeout fetch-retry-mintimeout fetch-timeout fetch-warn-timeout-ms
    fetching-concurrency filter filter-prod find-by format git git-shallow-hosts global-bin-dir global-dir global-path
    global-pnpmfile global-virtual-store-dir hoist-pattern hoisting-limits http-proxy https-proxy ignore
    init-author-email init-author-name init-author-url init-license init-type init-version interval key libc
    local-address location lockfile-dir loglevel maxsockets merge-git-branch-lockfiles-branch-pattern message
    minimum-release-age minimum-release-age-exclude modules-cache-max-age dlx-cache-max-age modules-dir
    network-concurrency node-linker node-options node-package-map-type node-version noproxy npm-path npmrc-auth-file
    only os otp out output-dir output-name pack-destination pack-gzip-level package package-import-method patches-dir
    peers-suffix-max-length pm-on-fail pnpmfile pnpr-server prefix preid proxy public-hoist-pattern publication-name
    publish-branch publish-wait-timeout registry release-notes repo report-to reporter resolution-mode resume-from
    runtime-on-fail save-catalog-name save-prefix sbom-authors sbom-format sbom-spec-version sbom-supplier sbom-type
    scope script-shell scripts-prepend-node-path search-limit sort-by state-dir store store-dir summary
    sync-injected-deps-after-scripts tag tag-version-prefix target test-pattern trust-policy trust-policy-exclude
    trust-policy-ignore-after umask upload-variant user-agent userconfig variant variant-integrity virtual-store-dir
    virtual-store-dir-max-length virtual-store-type which workspace-concurrency workspace-packages
    """)
) | {"-C", "-F"}
_FLAGS = frozenset(
    "--" + name
    for name in listed("""
    aggregate-output all allow-same-version auto-dedupe auto-install-peers bail bare batch benchmark bin-links changeset
    check ci color commit-hooks compatible config dangerously-allow-all-builds dd ddd dedupe-direct-deps
    dedupe-injected-deps dedupe-peer-dependents dedupe-peers deploy-all-files description dev development
    disallow-workspace-cycles dry-run embed-readme enable-global-virtual-store enable-modules-dir
    enable-pre-post-scripts engine-strict exclude-links-from-lockfile exclude-peers extend-node-path fail-if-no-match
    fix-lockfile force force-legacy-deploy frozen-lockfile frozen-store full git-branch-lockfile git-checks
    git-tag-version global help hoist hoist-workspace-packages if-present ignore-compatibility-db ignore-existing
    ignore-manifest-check ignore-pnpmfile ignore-registry-errors ignore-scripts ignore-unfixable ignore-workspace
    ignore-workspace-cycles ignore-workspace-root-check include-github-actions include-workspace-root
    init-package-manager inject-workspace-packages interactive json latest legacy legacy-dir-filtering
    link-workspace-packages local lockfile lockfile-include-tarball-url lockfile-only long merge-git-branch-lockfiles
    minimum-release-age-ignore-missing-time minimum-release-age-strict modify-path node-experimental-package-map notes
    offline once only-allow-trusted only-projects optimistic-repeat-install optional package-lock parallel parseable
    patches peer pending porcelain prefer-frozen-lockfile prefer-offline prefer-symlinked-executables
    prefer-workspace-packages preserve-absolute-paths prod production progress provenance quiet read-only
    recursive recursive-install registry-supports-time-field report report-summary reporter-hide-prefix
    resolve-peers-from-workspace-root reverse runtime save save-build save-catalog save-dev save-exact save-optional
    save-peer save-prod save-types save-workspace-protocol sequential shamefully-hoist shared-workspace-lockfile
    shell-emulator shell-mode side-effects-cache side-effects-cache-readonly sign-git-tag silent
    skip-manifest-obfuscation sort split stream strict-dep-builds strict-peer-dependencies strict-ssl
    strict-store-pkg-content-check symlink table tilde trust-lockfile unsafe-perm update-checksums update-notifier usage
    use-beta-cli use-node-version use-stderr variants verbose verify-store-integrity version
    virtual-store-only watch workspace workspace-root yes block-exotic-subdeps exclude allow-new cache
    """)
)
_LETTERS = "CFrwghH?vsdLqflpSDPEOiyeomcat"
GRAMMAR = Grammar(_VALUES, _FLAGS, _NAMES, letters=_LETTERS)
PATCH = replace(GRAMMAR, values=_VALUES | {"-d"})
HEAD = replace(GRAMMAR, stop_at_word=True)
"""What stands before the command, and before the package of `dlx`."""
VAGUE = listed("true false null always auto never deep")
"""Words that pnpm 10 and 11 take for the value of a flag before them, and pnpm 12 does not."""

DROPPED = listed("""
    --registry --offline --no-offline --prefer-offline --no-prefer-offline --cache-dir --update-notifier --proxy
    --http-proxy --https-proxy --noproxy --no-proxy --pnpr-server --npm-path
    """)
"""Options that lead past the gate; `--@scope:registry`, `--//host...` and the same behind `--config.` too."""


def canonical(word: str) -> str | None:
    """The command that pnpm takes a word for; `None` for a script or an executable of the project's."""
    found = ALIASES.get(word, word)
    return found if found in COMMANDS else None


def known(name: str) -> bool:
    """Whether an option is one of pnpm's in every version, or has a form that needs no table."""
    plain = "--" + name.removeprefix("--").removeprefix("no-")
    letter = len(name) == 2 and name[1] in _LETTERS
    bound = name.startswith(("--config.", "--//", "--@"))
    return (
        name in ("", "--") or letter or bound or GRAMMAR.known(name) or (GRAMMAR.known(plain) and name != "--no-proxy")
    )
