"""Prediction, registration, alarm, block: a name is watched, somebody registers it, and nobody can install it."""

from __future__ import annotations

import hmac
import json
from datetime import UTC, datetime

import pytest

from tests.e2e.world import World, for_clients
from tests.radar.hooked import Hooked
from tests.simulators.pypi import PyPI

pytestmark = pytest.mark.clients

EACH = (("pip", "newest"), ("uv", "newest"), ("npm", "newest"))
TOPIC = "login for a web framework with magic links"


def predicted(world: World) -> str:
    """A name that is forecast for a task, and watched from now on."""
    file = world.box.root / "names.csv"
    ran = world.guarded("forecast", "run", "-e", world.ecosystem, "--topic", TOPIC, "--limit", "20", "-o", str(file))
    assert ran.rc == 0, ran
    return file.read_text().splitlines()[0].partition(",")[0]


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
def test_from_a_forecast_to_a_blocked_install(world: World) -> None:
    name = predicted(world)
    with Hooked() as hooked:
        world.box.settings(f'[radar]\nrate = 50\nwebhook = "{hooked.url}"\nwebhook_secret = "ALARM_KEY"\n')
        env = {"ALARM_KEY": "a secret of the tests"}
        first = world.guarded("watch", "poll", env=env)
        assert first.rc == 0, first
        assert "20 watched names asked about: 20 free; 0 new alarms" in first.out

        register(world, name)
        second = world.guarded("watch", "poll", "--every", "0s", env=env)
        assert second.rc == 1, second
        start = f"slopguard: ALARM {world.ecosystem} '{name}' (predicted-registered): models invent this name"
        assert second.out.startswith(start), second

        (told,) = hooked.posted
        assert (told["schema"], told["event"], told["name"]) == ("slopguard/radar/1", "registered", name)
        moment, signature = (hooked.headers[0][key] for key in ("x-slopguard-timestamp", "x-slopguard-signature"))
        signed = f"{moment}.".encode() + hooked.bodies[0]
        assert signature == f"sha256={hmac.new(b'a secret of the tests', signed, 'sha256').hexdigest()}"

    (row,) = [row for row in world.box.ledger() if row["door"] == "radar"]
    assert (row["rule"], row["package"], row["decision"]) == (
        "predicted-registered",
        f"{world.ecosystem}:{name}",
        told["id"],
    )
    world.refuses_all(world.install(name), 1, "predicted-registered", name)
    shown = world.guarded("watch", "poll", "--alarms", "--format", "json")
    (alarm,) = json.loads(shown.out)["alarms"]
    assert alarm["webhook"]
    assert alarm["files"][0]["digests"]
