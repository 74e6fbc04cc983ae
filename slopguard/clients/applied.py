"""What slopguard's own settings change about the indexes a client is configured for.

Invariants: settings only reach here after their layers were merged, so whatever they say is trusted; a replaced
address takes its credentials from netrc alone, never those of the address it replaces.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from slopguard.clients.sources import canonical, key_of, netrc_credentials, url_credentials
from slopguard.config import Settings
from slopguard.indexes import Index, IndexKind
from slopguard.model import Layer


def applied(indexes: Iterable[Index], settings: Settings, env: Mapping[str, str]) -> tuple[Index, ...]:
    """The indexes with `[upstream]`, `[internal] index` and what a person accepted applied to them, in the same order.

    Args:
        env: the client's environment, for the netrc file of a replaced address.
    """
    return tuple(marked(_replaced(index, settings, env), settings) for index in indexes)


def _replaced(index: Index, settings: Settings, env: Mapping[str, str]) -> Index:
    """The client's default index, with the address of `[upstream.<ecosystem>] url` where there is one."""
    setting = settings.upstream.get(index.ecosystem)
    if setting is None or index.kind is not IndexKind.DEFAULT:
        return index
    changed = replace(index, curated=index.curated or setting.curated)
    if setting.url is None:
        return changed
    if canonical(setting.url) == canonical(index.url):  # a variable may name it too, as in CI: it is vouched for here
        return changed if changed.trusted else replace(changed, layer=Layer.ACCEPTED)
    found = url_credentials(setting.url) or netrc_credentials(setting.url, env)
    return replace(changed, url=setting.url, key=key_of(setting.url), layer=Layer.ACCEPTED, credentials=found, ask=None)


def marked(index: Index, settings: Settings) -> Index:
    """One index, trusted and private if the settings say that it is the organisation's own, or was accepted."""
    private = index.private or under(index.url, settings.private_indexes)
    accepted = not index.trusted and (private or under(index.url, settings.accepted_indexes))
    return replace(index, private=private, layer=Layer.ACCEPTED if accepted else index.layer)


def under(url: str, prefixes: Iterable[str]) -> bool:
    """Whether `url` is one of `prefixes` or lies under it; a prefix ends at a slash."""
    address = canonical(url) + "/"
    return any(address.startswith(canonical(prefix) + "/") for prefix in prefixes)
