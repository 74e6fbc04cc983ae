"""What is told of a server: what it runs and from where, pinned or not, what it is given, what it may do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from slopguard.agents.inventory.model import Server
from tests.agents.inventoried import Home, codes

DIGEST = "sha256:" + "0123456789abcdef" * 4
COMMIT = "4f0c2b1c0ffee4f0c2b1c0ffee4f0c2b1c0ffee0"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def runs(server: Server) -> list[tuple[str, str, str | None, str]]:
    return [(each.ecosystem, each.name, each.version, each.pinned) for each in server.packages]


@pytest.fixture(scope="module")
def pins(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Server]:
    home = Home(tmp_path_factory.mktemp("pins"))
    home.sample("pins.json", "~/.cursor/mcp.json")
    return home.servers()


@pytest.mark.parametrize(
    ("name", "expected"),
    {
        "npx-pinned": ("npm", "@acme/mcp", "1.2.3", "yes"),
        "npx-range": ("npm", "acme-mcp", None, "no"),
        "npx-tag": ("npm", "acme-mcp", None, "no"),
        "npx-package-flag": ("npm", "acme-pkg", "1.2.3", "yes"),
        "npx-call": ("npm", "acme-pkg", "1.2.3", "yes"),
        "npx-git": ("npm", "github", None, "no"),
        "npx-tarball": ("npm", "https://example.com", None, "no"),
        "npx-alias": ("npm", "acme-mcp", "1.2.3", "yes"),
        "npx-windows": ("npm", "acme-mcp", "1.2.3", "yes"),
        "npm-exec": ("npm", "acme-pkg", "1.2.3", "yes"),
        "bunx": ("npm", "acme-mcp", "1.2.3", "yes"),
        "bun-x": ("npm", "acme-pkg", "1.2.3", "yes"),
        "pnpm-dlx": ("npm", "acme-pkg", "1.2.3", "yes"),
        "yarn-dlx": ("npm", "acme-pkg", "1.2.3", "yes"),
        "uvx-eq": ("pypi", "acme-mcp", "1.2.3", "yes"),
        "uvx-at": ("pypi", "acme-mcp", "1.2.3", "yes"),
        "uvx-at-latest": ("pypi", "acme-mcp", None, "no"),
        "uvx-from": ("pypi", "acme-pkg", "1.2.3", "yes"),
        "uvx-git": ("pypi", "https://github.com", COMMIT, "yes"),
        "uv-tool-run": ("pypi", "acme-mcp", "1.2.3", "yes"),
        "uv-run-with": ("pypi", "mcp", "2.3.0", "yes"),
        "pipx-spec": ("pypi", "acme-pkg", "1.2.3", "yes"),
        "pipx-eq": ("pypi", "acme-mcp", "1.2.3", "yes"),
        "docker-digest": ("image", "acme/mcp:1.2", DIGEST, "digest"),
        "docker-tag": ("image", "acme/mcp", None, "no"),
        "docker-port-no-tag": ("image", "localhost:5000/acme/mcp", None, "no"),
        "deno-npm": ("npm", "@acme/mcp", "1.2.3", "yes"),
        "deno-jsr": ("jsr", "@acme/mcp", "1.2.3", "yes"),
        "dnx": ("nuget", "Acme.Mcp", "1.2.3", "yes"),
        "remote-bridge": ("npm", "mcp-remote", "0.1.30", "yes"),
        "shell": ("npm", "acme-mcp", None, "no"),
    }.items(),
)
def test_each_launchers_package_and_pin(
    pins: dict[str, Server], name: str, expected: tuple[str, str, str | None, str]
) -> None:
    assert runs(pins[name]) == [expected]


def test_further_packages_count_too(pins: dict[str, Server]) -> None:
    assert runs(pins["uvx-with"]) == [("pypi", "acme-mcp", "1.2.3", "yes"), ("pypi", "extra", None, "no")]
    assert (pins["uvx-with"].pinned, codes(pins["uvx-with"])) == ("no", ["unpinned"])


def test_images_and_other_ecosystems_are_judged_by_nobody(pins: dict[str, Server]) -> None:
    assert codes(pins["docker-digest"]) == ["not-judged"]
    assert codes(pins["docker-tag"]) == ["mutable-tag", "not-judged"]
    assert codes(pins["dnx"]) == codes(pins["deno-jsr"]) == ["not-judged"]
    assert all(package.verdict is None for package in pins["dnx"].packages)


def test_what_npm_and_pypi_serve_is_judged(pins: dict[str, Server]) -> None:
    verdicts = {name: server.packages[0].verdict for name, server in pins.items() if server.packages}
    assert {name: verdict.rule for name, verdict in verdicts.items() if verdict} | {
        "uv-run-with": "allowlisted", "npx-git": "foreign-source", "uvx-eq": "unverified",
    } == {name: verdict.rule for name, verdict in verdicts.items() if verdict}  # fmt: skip


def test_a_bridge_tells_where_it_leads(pins: dict[str, Server]) -> None:
    assert (pins["remote-bridge"].transport, pins["remote-bridge"].address) == ("stdio", "https://mcp.example.com")


@pytest.mark.parametrize("name", ["uv-run-dir", "node-path"])
def test_a_checkout_is_told(pins: dict[str, Server], name: str) -> None:
    assert (codes(pins[name]), pins[name].rights.kind, pins[name].pinned) == (["checkout"], "user", "-")


@pytest.mark.parametrize(
    ("command", "args", "expected"),
    [
        ("./run.sh", [], ["checkout"]),
        ("${workspaceFolder}/server", [], ["checkout"]),
        ("python3.12", ["-m", "acme"], []),
        ("/usr/local/bin/acme", ["--stdio"], []),
        ("acme", [], []),
        ("docker", ["compose", "run", "acme"], ["undecidable"]),
        ("docker", ["mcp", "gateway", "run"], ["undecidable"]),
        ("docker", ["run", "-i", "${IMAGE}"], ["undecidable"]),
        ("bash", ["-c", "$(cat ~/start)"], ["undecidable"]),
        ("bash", [], ["undecidable"]),
        ("go", ["run", "example.com/acme@latest"], ["unpinned", "not-judged"]),
        ("go", ["run", "example.com/acme@v1.2.3"], ["not-judged"]),
        ("dotnet", ["tool", "exec", "Acme", "--version", "1.2.3"], ["not-judged"]),
        ("npx", ["-y", "$PACKAGE"], ["undecidable"]),
        ("env", ["A=b", "acme"], []),
        ("", ["x"], []),
    ],
)
def test_what_is_no_package_is_told_apart(home: Home, command: str, args: list[str], expected: list[str]) -> None:
    assert codes(home.one({"command": command, "args": args, "url": "https://a.example"})) == expected


@pytest.mark.parametrize(
    ("args", "mounts", "opened"),
    [
        (["run", "-i", "--rm", "acme/mcp"], (), ()),
        (["run", "-v", "/home/me:/work:ro", "acme/mcp"], ("/home/me",), ()),
        (["run", "-vdata:/data", "-v/srv:/srv", "acme/mcp"], ("/srv",), ()),
        (["run", "--volume=C:\\Users:/u", "acme/mcp"], ("C:\\Users",), ()),
        (["run", "--mount", "type=bind,src=/srv,dst=/srv", "acme/mcp"], ("/srv",), ()),
        (["run", "--mount", "type=volume,src=a,dst=/a", "acme/mcp"], (), ()),
        (
            ["run", "-v", "/var/run/docker.sock:/var/run/docker.sock", "acme/mcp"],
            ("/var/run/docker.sock",),
            ("docker-socket",),
        ),
        (
            ["run", "--privileged", "--network", "host", "--pid=host", "acme/mcp"],
            (),
            ("privileged", "host-network", "host-processes"),
        ),
        (["run", "--cap-add", "ALL", "--device", "/dev/kvm", "acme/mcp"], (), ("capabilities", "devices")),
        (["container", "run", "--privileged=false", "acme/mcp"], (), ()),
    ],
)  # fmt: skip
def test_a_container_has_the_rights_that_it_is_given(
    home: Home, args: list[str], mounts: tuple[str, ...], opened: tuple[str, ...]
) -> None:
    server = home.one({"command": "docker", "args": args})
    assert (server.rights.kind, server.rights.mounts, server.rights.open) == ("container", mounts, opened)
    assert ("broad-container" in codes(server)) is bool(opened)
    assert runs(server) == [("image", "acme/mcp", None, "no")]


def test_a_container_that_sees_everything_is_told(home: Home) -> None:
    assert "broad-container" in codes(home.one({"command": "podman", "args": ["run", "-v", "/:/host", "acme/mcp"]}))


@pytest.mark.parametrize(
    ("server", "transport", "address"),
    [
        ({"url": "https://u:p@a.example:8443/mcp/x?y=z#f"}, "http", "https://a.example:8443"),
        ({"httpUrl": "https://a.example/x"}, "http", "https://a.example"),
        ({"serverUrl": "https://a.example/x"}, "http", "https://a.example"),
        ({"uri": "http://[::1]:1/x", "type": "streamable_http"}, "http", "http://[::1]:1"),
        ({"url": "https://a.example/sse", "type": "sse"}, "sse", "https://a.example"),
        ({"url": "wss://a.example/x"}, "ws", "wss://a.example"),
        ({"url": "${env:ADDRESS}"}, "http", "..."),
        ({"url": "https://${HOST}/mcp"}, "http", "https://..."),
        ({"url": "https://[broken"}, "http", "..."),
    ],
)
def test_of_an_address_the_host_is_told(home: Home, server: dict[str, Any], transport: str, address: str) -> None:
    found = home.one(server)
    assert (found.transport, found.address, found.rights.kind, found.program) == (transport, address, "remote", "")


def test_a_remote_server_without_encryption_is_told(home: Home) -> None:
    assert codes(home.one({"url": "http://a.example/mcp"})) == ["plain-http"]
    assert codes(home.one({"url": "http://localhost:8000/mcp"})) == []


@pytest.mark.parametrize(
    ("more", "enabled"),
    [({}, True), ({"disabled": True}, False), ({"disabled": False}, True), ({"enabled": False}, False)],
)
def test_a_server_may_be_off(home: Home, more: dict[str, Any], enabled: bool) -> None:
    assert home.one({"command": "acme", **more}).enabled is enabled


def test_settings_elsewhere_switch_servers_off(home: Home) -> None:
    home.sample("gemini.jsonc", "~/.gemini/settings.json")
    assert {name: server.enabled for name, server in home.servers().items()} == {
        "py": True, "stream": False, "events": False,
    }  # fmt: skip


def test_a_server_may_be_off_in_one_of_its_clients(home: Home) -> None:
    home.sample("claude_code_project.mcp.json", ".mcp.json")
    home.write("~/.claude.json", {"projects": {str(home.project): {"disabledMcpjsonServers": ["old-tools"]}}})
    found = home.servers()
    assert (found["old-tools"].off_for, found["old-tools"].enabled) == (("claude-code",), True)
    assert found["repo-tools"].off_for == ()


@pytest.mark.parametrize(
    "more", [{"autoApprove": ["read"]}, {"alwaysAllow": ["*"]}, {"trust": True}, {"autoApprove": "true"}]
)
def test_tools_that_are_called_without_asking_are_told(home: Home, more: dict[str, Any]) -> None:
    assert codes(home.one({"command": "acme", **more})) == ["auto-approve"]
    assert codes(home.one({"command": "acme", "autoApprove": [], "trust": False})) == []


def test_an_editor_that_approves_everything_is_told(home: Home) -> None:
    home.write("~/.config/Code/User/settings.json", {"chat.tools.autoApprove": True})
    home.sample("vscode.jsonc", ".vscode/mcp.json")
    assert [codes(server) for server in home.servers().values()] == [["auto-approve"], ["auto-approve"]]


def test_redirections_are_told_by_name(home: Home) -> None:
    env = {"NPM_CONFIG_REGISTRY": "https://evil.example/", "NODE_OPTIONS": "--require /x", "LANG": "C"}
    noted = {each.code: each.about for each in home.one({"command": "acme", "env": env}).noted}
    assert noted == {"index-redirected": ("NPM_CONFIG_REGISTRY",), "interpreter-redirected": ("NODE_OPTIONS",)}


def test_an_index_that_the_environment_names_is_trusted_by_nobody(home: Home) -> None:
    env = {"UV_DEFAULT_INDEX": "https://evil.example/simple/"}
    server = home.one({"command": "uvx", "args": ["flask"], "env": env})
    assert server.packages[0].verdict is not None
    assert server.packages[0].verdict.rule == "foreign-source"


def test_what_a_client_brings_itself_runs_inside_it(home: Home) -> None:
    home.sample("goose.yaml", "~/.config/goose/config.yaml")
    found = home.servers()["developer"]
    assert (found.transport, found.rights.kind, codes(found)) == ("builtin", "client", [])


def test_a_server_of_a_hub_is_not_decidable(home: Home) -> None:
    home.write("~/.continue/config.yaml", "mcpServers:\n  - uses: acme/block\n")
    (found,) = home.take().inventory.servers
    assert (found.transport, codes(found)) == ("unknown", ["undecidable"])
