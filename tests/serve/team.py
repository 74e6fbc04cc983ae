"""A served gate as a process of its own, before simulated registries, and callers who send exactly what they are told.

Invariant: nothing of this machine's settings reaches the server: its home is empty, and neither pip nor npm is on its
PATH, so that only the settings written here say what it serves.
"""

from __future__ import annotations

import base64
import http.client
import json
import os
import re
import signal
import ssl
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from tests.gate.house import NPM, SIMPLE_JSON, UV, Reply
from tests.simulators import warm
from tests.simulators.sandbox import PASSED_ON

WAIT = 60


class Team:
    """A server's machine.

    Args:
        root: an empty folder.
    """

    def __init__(self, root: Path) -> None:
        self.root, self.home, self.data = root, root / "server", root / "data"
        (self.home / ".config" / "slopguard").mkdir(parents=True)
        (root / "nothing").mkdir()
        kept = {key: value for key, value in os.environ.items() if key.startswith(PASSED_ON)}
        self.env = kept | {
            "HOME": str(self.home),
            "SLOPGUARD_HOME": str(self.data),
            "PATH": str(root / "nothing"),
            "LANG": "C.UTF-8",
        }
        self.tokens: dict[str, str] = {}
        self.log: list[dict[str, Any]] = []
        self.lines: list[str] = []
        self.process: subprocess.Popen[str] | None = None
        self._news = threading.Condition()
        self._reader: threading.Thread | None = None

    # ------------------------------------------------------------ the machine

    def settings(self, pypi: str = "", npm: str = "", more: str = "") -> Self:
        """Write the server's settings."""
        text = f'[upstream.pypi]\nurl = "{pypi}"\n' if pypi else ""
        text += f'[upstream.npm]\nurl = "{npm}"\n' if npm else ""
        (self.home / ".config" / "slopguard" / "slopguard.toml").write_text(f"{more}\n{text}" if more else text)
        return self

    def run(self, *argv: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """A command of the server's account, to its end."""
        command = [sys.executable, "-m", "slopguard", *argv]
        return warm.run(command, {**self.env, **(env or {})}, self.root, timeout=WAIT)

    def token(self, name: str, actor: str = "ci") -> str:
        """Make a token."""
        made = self.run("serve", "token", "add", name, "--actor", actor, "--format", "json")
        assert made.returncode == 0, made.stderr
        self.tokens[name] = json.loads(made.stdout)["token"]
        return self.tokens[name]

    def ledger(self) -> list[tuple[str, str, str, int]]:
        """Package, rule, command and count of every decision about a package."""
        shown = self.run("log", "--format", "json", "--limit", "1000")
        assert shown.returncode == 0, shown.stderr
        rows = json.loads(shown.stdout)["entries"]
        return [(r["package"], r["rule"], r["command"], r["count"]) for r in rows if r["purl"]]

    # ------------------------------------------------------------ the server

    def start(self, *argv: str, listen: str = "127.0.0.1:0") -> Self:
        """Start the server and wait until it answers."""
        command = [sys.executable, "-m", "slopguard", "serve", "--listen", listen, *argv]
        return self._started(command, '"event": "ready"')

    def _started(self, command: list[str], ready: str) -> Self:
        self.process = subprocess.Popen(command, env=self.env, stderr=subprocess.PIPE, text=True, cwd=self.root)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        with self._news:
            assert self._news.wait_for(lambda: self.process.poll() is not None or ready in "".join(self.lines), WAIT)
        assert ready in "".join(self.lines), "".join(self.lines)
        return self

    def start_quietly(self) -> Self:
        """Start it with a log for people; wait until it answers."""
        command = [sys.executable, "-m", "slopguard", "serve", "--listen", "127.0.0.1:0", "--log-format", "text"]
        return self._started(command, "ready workers=1")

    def again(self) -> Self:
        """The same machine, its server started anew."""
        self.stop()
        self.log.clear()
        self.lines.clear()
        return self.start()

    def _read(self) -> None:
        assert self.process is not None
        assert self.process.stderr is not None
        for line in self.process.stderr:
            with self._news:
                self.lines.append(line)
                self.log.append(json.loads(line) if line.startswith("{") else {"event": "", "line": line})
                self._news.notify_all()
        with self._news:
            self.log.append({"event": "end-of-log"})
            self._news.notify_all()

    def events(self, event: str, **fields: Any) -> list[dict[str, Any]]:
        """Every event so far that has these fields."""
        with self._news:
            return [e for e in self.log if e["event"] == event and fields.items() <= e.items()]

    def await_event(self, event: str, count: int = 1, **fields: Any) -> dict[str, Any]:
        """Wait until the log holds an event for the `count`th time."""

        def there() -> bool:
            found = [e for e in self.log if e["event"] == event and fields.items() <= e.items()]
            return len(found) >= count or self.log[-1:] == [{"event": "end-of-log"}]

        with self._news:
            assert self._news.wait_for(there, WAIT), "".join(self.lines)
        found = self.events(event, **fields)
        assert len(found) >= count, "".join(self.lines)
        return found[count - 1]

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send a signal and wait for the end; the exit code."""
        assert self.process is not None
        assert self._reader is not None
        if self.process.poll() is None:
            self.process.send_signal(number)
        code = self.process.wait(WAIT)
        self._reader.join(WAIT)
        assert self.process.stderr is not None
        self.process.stderr.close()
        return code

    def hang_up(self) -> None:
        """SIGHUP."""
        assert self.process is not None
        self.process.send_signal(signal.SIGHUP)

    @property
    def address(self) -> str:
        """`http://127.0.0.1:PORT`."""
        return str(re.search(r"address\W+(https?://[0-9.:]+)", "".join(self.lines))[1])

    @property
    def port(self) -> int:
        return int(self.address.rpartition(":")[2])

    @property
    def workers(self) -> dict[int, int]:
        """Number to process of every worker that was started last."""
        return {e["of"]: e["process"] for e in self.events("worker-started")}

    # ------------------------------------------------------------ callers

    def basic(self, name: str, login: str = "") -> str:
        """What a PyPI client sends; `login` is `USER:PASSWORD` of the caller's own."""
        user, _, password = login.partition(":")
        pair = f"{name}.{self.tokens[name]}.{user}:{password}" if login else f"{name}:{self.tokens[name]}"
        return "Basic " + base64.b64encode(pair.encode()).decode()

    def ask(
        self, path: str, authorization: str = "", agent: str = UV, tls: ssl.SSLContext | None = None, **headers: str
    ) -> Reply:
        """One request."""
        made = http.client.HTTPSConnection if tls else http.client.HTTPConnection
        more: dict[str, Any] = {"context": tls} if tls else {}
        connection = made("127.0.0.1", self.port, timeout=WAIT, **more)
        sent = {"User-Agent": agent, "Authorization": authorization} | {
            k.replace("_", "-"): v for k, v in headers.items()
        }
        try:
            connection.request("GET", path, headers={key: value for key, value in sent.items() if value})
            answer = connection.getresponse()
            return Reply(answer.status, answer.reason, dict(answer.headers), answer.read())
        finally:
            connection.close()

    def page(self, package: str, who: str = "", key: str = "main", login: str = "", **more: Any) -> Reply:
        """A project page in JSON."""
        authorization = self.basic(who, login) if who else ""
        return self.ask(f"/pypi/{key}/simple/{package}/", authorization, Accept=SIMPLE_JSON, **more)

    def packument(self, package: str, who: str, key: str = "main", login: str = "") -> Reply:
        """A packument."""
        bearer = f"Bearer {who}.{self.tokens[who]}" + (f".{login}" if login else "")
        return self.ask(f"/npm/{key}/{package}", bearer, NPM)

    def pointed(self, who: str, pypi: str = "main", npm: str = "main") -> dict[str, str]:
        """The environment that points every client at this server."""
        host, token = self.address.partition("://")[2], self.tokens[who]
        index = f"http://{who}:{token}@{host}/pypi/{pypi}/simple/"
        return {
            "PIP_INDEX_URL": index,
            "PIP_NO_INPUT": "1",
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "UV_DEFAULT_INDEX": index,
            "npm_config_registry": f"http://{host}/npm/{npm}/",
            f"npm_config_//{host}/npm/{npm}/:_authToken": f"{who}.{token}",
            "npm_config_update_notifier": "false",
        }
