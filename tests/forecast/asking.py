"""A small world for campaigns: known names, minds of models, and a campaign on a scripted server."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from slopguard.clients.argv import listed
from slopguard.forecast.campaign.model import Plan
from slopguard.forecast.campaign.openai import Manners
from slopguard.forecast.campaign.run import Wanted, run
from slopguard.forecast.campaign.summary import CampaignSummary
from slopguard.forecast.model import Known
from slopguard.model import Ecosystem
from tests.simulators.models import Invention, Locate, Mind, OpenAI

REAL = {each.value: tuple(f"real-{each.value}-{number}" for number in range(20)) for each in Ecosystem}
KNOWN = Known(
    ranked={each: (*REAL[each.value], "opencv-python", "flask") for each in Ecosystem},
    imports={"cv2": ("opencv-python",), "google.cloud.storage": ("google-cloud-storage",)},
    stdlib={Ecosystem.PYPI: frozenset({"os", "json", "sqlite3"}), Ecosystem.NPM: frozenset({"fs", "path"})},
)
WAITS: list[float] = []
"""How long servers were left alone; nobody waits in tests."""


async def no_pause(seconds: float) -> None:
    WAITS.append(seconds)


QUICK = Manners(timeout=10.0, pause=no_pause)
SMALL = Plan(samples=2, again=3, control=0)


def mind(*invented: Invention, told: int = 4) -> Mind:
    return Mind(invented, REAL, told)


def often(name: str, chance: float = 1.0, spread: float = 1.0) -> Invention:
    return Invention("pypi", name, chance, spread)


def topics(count: int) -> list[str]:
    nouns = listed("tide ferry kiln loom barn quarry orchard glacier harbour mill dune cellar lantern meadow tunnel")
    return [f"{noun} {matter}" for matter in ("meters", "labels", "orbits") for noun in sorted(nouns)][:count]


def campaign(server: OpenAI | Sequence[OpenAI], home: Path, **wanted: Any) -> CampaignSummary:
    """A campaign of one ecosystem, of all models that the servers have."""
    servers = [server] if isinstance(server, OpenAI) else server
    known = wanted.pop("known", KNOWN)
    outside = {key: wanted.pop(key) for key in ("watch", "exists", "internal") if key in wanted}
    settings: dict[str, Any] = {
        "models": tuple(servers[0].minds) if servers else (),
        "topics": topics(4),
        "plan": SMALL,
    }
    settings |= {"ecosystems": (Ecosystem.PYPI,), "manners": QUICK} | wanted
    return run(Wanted([each.url for each in servers], **settings), home, known, **outside)


def located(prompts: Iterable[Any]) -> Locate:
    """Knows the prompts of a campaign: their ecosystem and kind."""
    table = {prompt.text: (prompt.ecosystem.value, prompt.kind.value) for prompt in prompts}
    return table.__getitem__


def campaign_at(url: str, home: Path, *, resume: bool) -> None:
    """The campaign of `campaign`, for a process of its own."""
    wanted = Wanted([url], ("m",), topics(4), ecosystems=(Ecosystem.PYPI,), plan=SMALL, manners=QUICK, resume=resume)
    run(wanted, home, KNOWN)
