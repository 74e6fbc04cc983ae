"""What a client's environment says about proxies while it runs behind the gate: what it said before, and the gate."""

from __future__ import annotations

import pytest

from slopguard.clients.interface import Invocation, Launch
from slopguard.guard.session import environment
from slopguard.model import Mode

LOOPBACK = "127.0.0.1,localhost"


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ({}, (LOOPBACK, LOOPBACK)),
        ({"NO_PROXY": "corp.example"}, (f"corp.example,{LOOPBACK}", f"corp.example,{LOOPBACK}")),
        ({"no_proxy": "corp.example"}, (f"corp.example,{LOOPBACK}", f"corp.example,{LOOPBACK}")),
        ({"NO_PROXY": "a.example", "no_proxy": "b.example"}, (f"a.example,{LOOPBACK}", f"b.example,{LOOPBACK}")),
        ({"NO_PROXY": "*"}, ("*", "*")),
    ],
)
def test_hosts_without_a_proxy_stay_so_and_the_gate_joins_them(
    before: dict[str, str], expected: tuple[str, str]
) -> None:
    call = Invocation("pip", ("install", "x"), "install", installs=True)
    made = environment(Launch(("pip",), before), call, Mode.BALANCED)
    assert (made["NO_PROXY"], made["no_proxy"]) == expected
