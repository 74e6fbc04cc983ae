"""The unit and the container file: what they start is a command line that we know; what they promise stands in them."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from slopguard.cli.serve import serve
from slopguard.serve.places import Place, check

HOOKS = Path(__file__).resolve().parents[2] / "hooks" / "serve"
UNIT = (HOOKS / "slopguard.service").read_text(encoding="utf-8")
CONTAINER = (HOOKS / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")


def understood(argv: list[str]) -> dict[str, Any]:
    """The options of `slopguard ARGV`, as click reads them."""
    assert argv[:2] == ["slopguard", "serve"]
    return serve.make_context("serve", argv[2:]).params


def unit(key: str) -> str:
    return " ".join(re.findall(rf"^{key}=(.*)$", UNIT, re.MULTILINE))


def exec_form(word: str) -> list[str]:
    """The words of the last ENTRYPOINT, CMD or USER of the container file."""
    found = re.findall(rf"^\s*{word} (\[.*\])$", CONTAINER, re.MULTILINE)
    words: list[str] = json.loads(found[-1])
    return words


def test_the_unit_starts_a_gate_that_may_listen_where_it_says() -> None:
    argv = shlex.split(unit("ExecStart"))
    options = understood([Path(argv[0]).name, *argv[1:]])
    place = Place.of(options["listen"])
    assert place.loopback
    check(place, tokens=True, tls=False, behind=options["behind_tls"])
    assert float(unit("TimeoutStopSec")) > options["grace"]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("Type", "notify"),
        ("KillMode", "mixed"),
        ("DynamicUser", "yes"),
        ("StateDirectory", "slopguard"),
        ("StateDirectoryMode", "0700"),
        ("UMask", "0077"),
        ("NoNewPrivileges", "yes"),
        ("CapabilityBoundingSet", ""),
        ("ProtectSystem", "strict"),
        ("ProtectHome", "yes"),
        ("PrivateDevices", "yes"),
        ("RestrictAddressFamilies", "AF_INET AF_INET6 AF_UNIX"),
        ("MemoryDenyWriteExecute", "yes"),
    ],
)
def test_the_unit_is_hardened(key: str, value: str) -> None:
    assert unit(key) == value


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_understands_the_unit_and_finds_little_exposed(tmp_path: Path) -> None:
    program = shlex.split(unit("ExecStart"))[0]
    file = tmp_path / "slopguard.service"
    file.write_text(UNIT.replace(program, "/bin/true"))
    done = subprocess.run(["systemd-analyze", "verify", str(file)], capture_output=True, text=True)
    assert "slopguard.service" not in done.stderr, done.stderr
    shown = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--no-pager", str(file)], capture_output=True, text=True
    )
    level = re.search(r"exposure level for slopguard.service: ([0-9.]+)", shown.stdout)
    assert level, shown.stdout + shown.stderr
    assert float(level[1]) <= 2.0


def test_the_container_starts_a_gate_behind_a_proxy_and_asks_it_for_its_health() -> None:
    options = understood([*exec_form("ENTRYPOINT"), *exec_form("CMD")])
    place = Place.of(options["listen"])
    check(place, tokens=True, tls=False, behind=options["behind_tls"])
    assert f"EXPOSE {place.port}" in CONTAINER
    health = re.findall(r"^HEALTHCHECK .*CMD (\[.*\])$", CONTAINER, re.MULTILINE)
    assert f"127.0.0.1:{place.port}/healthz" in json.loads(health[0])[-1]


def test_the_container_is_nobody_s_root_and_names_no_image() -> None:
    assert re.findall(r"^USER (\d+):(\d+)$", CONTAINER, re.MULTILINE) == [("65532", "65532")]
    assert set(re.findall(r"^FROM (\S+)", CONTAINER, re.MULTILINE)) == {"${BASE}"}
    assert "--read-only" in CONTAINER
    assert "--cap-drop ALL" in CONTAINER
