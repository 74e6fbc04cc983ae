"""What the registries of a session draw on beside their index: documents and files that are here already."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from slopguard.model import NormalizedName
from slopguard.registries.documents import ASK, Documents, Stance
from slopguard.registries.held import Depot
from slopguard.registries.http import Upstream
from slopguard.registries.shelf import Sought

D = TypeVar("D")


def _ask(name: NormalizedName) -> Stance:
    return ASK


def _never(name: NormalizedName) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Supply:
    """Documents, files, and how old a document may be.

    Args:
        documents: where every document comes from.
        depot: files held on this machine, `None` where nothing is kept.
        stance: what may be taken unasked about a name.
        before: when a name must have changed last for a document without dates to do; `None`: it never does.
    """

    documents: Documents = field(default_factory=Documents)
    depot: Depot | None = None
    stance: Callable[[NormalizedName], Stance] = _ask
    before: Callable[[NormalizedName], datetime | None] = _never

    async def ask(self, upstream: Upstream, sought: Sought[D], name: NormalizedName) -> None:
        """Have a document here that is new enough for a name; its errors are the answer's.

        Nothing is given, so that who remembers the answer does not hold the document.
        """
        await self.documents.get(upstream, sought, self.stance(name))

    def fresh(self, upstream: Upstream, sought: Sought[D], name: NormalizedName) -> bool:
        """Whether a document is in memory that is new enough for a name."""
        return self.documents.fresh(upstream, sought, self.stance(name))
