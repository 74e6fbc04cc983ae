"""One more thing to say of a package that a list speaks of already.

Invariants: pure; what is added never takes back what was said: nothing that was denied is denied less, and no allowed
version gets lost or ends on another day, unless the entry is to be replaced as a whole.
"""

from __future__ import annotations

from dataclasses import replace

from slopguard.curation.entries import ListEntry
from slopguard.errors import UsageError
from slopguard.names import shown

REPLACE = "Add --replace to write the entry anew"


def joined(old: ListEntry, new: ListEntry) -> ListEntry:
    """The old entry with what the new one adds; of reason, owner, reviewer and last day the new one, where it has one.

    Raises:
        UsageError: the two cannot be said in one entry.
    """
    whole = new.kind == "deny" and not new.versions and not new.hashes
    if bool(old.hashes) != bool(new.hashes) and not whole:
        raise _cannot(old, "with hashes" if old.hashes else "without hashes")
    if old.versions and new.versions:
        versions = tuple(dict.fromkeys((*old.versions, *new.versions)))
    elif new.versions:
        raise _cannot(old, "in all versions")
    else:
        versions = ()
    if new.expires not in (None, old.expires) and not set(old.versions) <= set(new.versions or old.versions):
        raise UsageError(f"the entry for {_name(old)} ends on another day, and has other versions too", REPLACE)
    return replace(
        new,
        versions=versions,
        hashes=() if whole else tuple(dict.fromkeys((*old.hashes, *new.hashes))),
        owner=new.owner or old.owner,
        reason=new.reason or old.reason,
        reviewer=new.reviewer or old.reviewer,
        expires=new.expires or old.expires,
        more=_more(old, new),
    )


def _more(old: ListEntry, new: ListEntry) -> dict[str, str]:
    more = {**old.more, **new.more}
    if "malicious" in (old.more.get("rule"), new.more.get("rule")):
        more["rule"] = "malicious"
    ids = dict.fromkeys((*old.more.get("id", "").split(), *new.more.get("id", "").split()))
    return {**more, "id": " ".join(ids)} if ids else more


def _cannot(old: ListEntry, how: str) -> UsageError:
    return UsageError(f"there is a '{old.kind}' entry for {_name(old)} {how} already, which this would narrow", REPLACE)


def _name(entry: ListEntry) -> str:
    return f"{entry.ecosystem.value}:{shown(entry.name)}"
