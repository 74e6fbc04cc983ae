"""Command lines that install nothing, known by how they begin: their client starts before anything else is imported.

Invariant: this only ever says "installs nothing", and only where the full reading in `slopguard.clients` says so too;
what is not listed here is read in full.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


FIRST: Mapping[str, frozenset[str]] = {
    "pip": _words("cache check completion config debug freeze hash help index inspect list show uninstall"),
    "npm": _words("""
        bugs completion config docs doctor explain explore fund get help help-search login logout ls outdated owner
        ping pkg prefix profile publish query repo root run sbom search set start stop test token version view whoami
        """),
    "bun": _words("build completions exec help outdated publish test upgrade"),
    "pdm": _words("""
        cache completion config export fix import info init list new outdated py python search show use venv
        """),
    "pipx": _words("""
        cache completions ensurepath environment exec expose health help list pin reset unexpose uninject uninstall
        uninstall-all unpin
        """),
    "poetry": _words("about check config help list run search shell version"),
    "uv": _words("auth cache generate-shell-completion help init publish python self"),
    "yarn": _words("""
        access audit autoclean bin cache config explain help info licenses list login logout node npm outdated owner
        publish run search start stop tag team test versions why
        """),
}
"""Client to the first words of its command lines that install nothing, whatever follows."""
UV_PIP = _words("check freeze list show tree uninstall")
"""The same for the word after `uv pip`."""
ALONE = _words("--version -V --help -h")
"""Options that install nothing when nothing else is there."""


def installs_nothing(client: str, argv: Sequence[str]) -> bool:
    """Whether `client` with these arguments certainly installs nothing.

    Args:
        client: `pip`, `uv`, `npm` ...; of one that is not listed nothing is certain.
        argv: the arguments after the client's name.
    """
    known = FIRST.get(client)
    if known is None or not argv:
        return False
    if client == "uv" and argv[0] == "pip":
        return len(argv) > 1 and argv[1] in UV_PIP
    alone = argv[0] in ALONE and (client, argv[0]) != ("yarn", "-V")  # which yarn 1 does not know, and installs
    return argv[0] in known or (len(argv) == 1 and alone)
