"""The indexes that npm's settings come to, for every client that reads them: npm, pnpm and yarn 1.

Invariant: whom to believe (authorities, proxies, no verification) is read from layers in which a project has no say.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from slopguard.clients import sources
from slopguard.clients.npm_config import NpmConfig
from slopguard.clients.sources import Setting
from slopguard.indexes import Index
from slopguard.model import Ecosystem


def built(
    config: NpmConfig,
    used: Sequence[Setting],
    known: Sequence[Setting],
    env: Mapping[str, str],
) -> tuple[Index, ...]:
    """The indexes of a session.

    Args:
        used: the registries that the client will ask.
        known: every registry configured anywhere, for deciding on trust.
    """
    found = ((sources.canonical(setting.url), config.credentials(setting.url)) for setting in used)
    loose = config.text("strict-ssl") == "false" == config.vouched("strict-ssl")
    bundle = sources.file_of(config.own("cafile"))
    text = None if bundle else (config.own("ca") or "").replace("\\n", "\n") or None
    return sources.build(
        Ecosystem.NPM,
        used,
        known,
        {url: credentials for url, credentials in found if credentials},
        env=env,
        ca_file=bundle,
        ca_text=text,
        ca_extra=None if bundle or text else sources.file_of(env.get("NODE_EXTRA_CA_CERTS")),
        own_cert=config.own_cert,
        proxy=lambda url: config.own("https-proxy") or config.own("proxy"),
        no_proxy=config.own("noproxy") or env.get("no_proxy") or env.get("NO_PROXY") or "",
        insecure=frozenset(_host(setting.url) for setting in used) if loose else frozenset(),
    )


def _host(url: str) -> str:
    return url.partition("://")[2].partition("/")[0].rpartition("@")[2].partition(":")[0]
