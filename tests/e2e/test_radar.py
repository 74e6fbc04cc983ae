"""Prediction, registration, alarm, block: a name is watched, somebody registers it, and nobody can install it."""

from __future__ import annotations

import hmac
import json
from datetime import UTC, datetime, timedelta

import pytest

from slopguard.model import Ecosystem, NormalizedName
from slopguard.watchlist.model import Batch, Watched
from slopguard.watchlist.watchlist import Watchlist
from tests.e2e.world import World, for_clients
from tests.radar.hooked import Hooked
from tests.simulators.pypi import PyPI

pytestmark = pytest.mark.clients

EACH = (("pip", "newest"), ("uv", "newest"), ("npm", "newest"))
NAME = "sg-auth-magic"


def watch(world: World, name: str, rank: int) -> None:
    """Predict a name a moment ago."""
    home = world.box.root / "slopguard"
    batch = Batch("generated", "embedded", datetime.now(UTC) - timedelta(seconds=2))
    with Watchlist(home) as watchlist:
        watchlist.add(batch, [Watched(Ecosystem(world.ecosystem), NormalizedName(name), rank)])


def register(world: World, name: str) -> None:
    """Somebody registers it now, with code that runs when it is installed."""
    world.release(name, armed=True)
    now = datetime.now(UTC)
    if isinstance(world.registry, PyPI):
        for file in world.registry.files_of(name):
            file.uploaded = now
    else:
        for version in world.registry.packages[name].values():
            version.published = now


@for_clients(EACH)
def test_from_a_prediction_to_a_blocked_install(world: World) -> None:
    watch(world, NAME, rank=7)
    with Hooked() as hooked:
        world.box.settings(f'[radar]\nrate = 20\nwebhook = "{hooked.url}"\nwebhook_secret = "ALARM_KEY"\n')
        env = {"ALARM_KEY": "a secret of the tests"}
        first = world.guarded("watch", "poll", env=env)
        assert first.rc == 0, first
        assert "1 watched names asked about: 1 free; 0 new alarms" in first.out

        register(world, NAME)
        second = world.guarded("watch", "poll", "--every", "0s", env=env)
        assert second.rc == 1, second
        start = f"slopguard: ALARM {world.ecosystem} '{NAME}' (predicted-registered): models invent this name"
        assert second.out.startswith(start), second

        (told,) = hooked.posted
        assert (told["schema"], told["event"], told["name"]) == ("slopguard/radar/1", "registered", NAME)
        moment, signature = (hooked.headers[0][key] for key in ("x-slopguard-timestamp", "x-slopguard-signature"))
        signed = f"{moment}.".encode() + hooked.bodies[0]
        assert signature == f"sha256={hmac.new(b'a secret of the tests', signed, 'sha256').hexdigest()}"

    (row,) = [row for row in world.box.ledger() if row["door"] == "radar"]
    assert (row["rule"], row["package"], row["decision"]) == (
        "predicted-registered",
        f"{world.ecosystem}:{NAME}",
        told["id"],
    )
    world.refuses_all(world.install(NAME), 1, "predicted-registered", NAME)
    shown = world.guarded("watch", "poll", "--alarms", "--format", "json")
    (alarm,) = json.loads(shown.out)["alarms"]
    assert alarm["webhook"]
    assert alarm["files"][0]["digests"]
