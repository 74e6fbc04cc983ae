"""Real llama.cpp servers for tests: child processes on loopback, as `forecast serve` starts them."""

from __future__ import annotations

import json
import os
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

from slopguard.forecast.serving import child
from slopguard.forecast.serving.fitting import Kind
from slopguard.forecast.serving.plan import Plan

ROOT = Path(__file__).resolve().parent.parent.parent
PATIENCE = 60.0
SYNTHETIC = "tests.serving.host_synthetic"


@dataclass(frozen=True)
class Server:
    """A server under way."""

    url: str
    pid: int
    plan: Plan

    def get(self, path: str) -> tuple[int, str]:
        return _answer(urllib.request.Request(self.url + path))

    def post(self, path: str, body: dict[str, Any]) -> tuple[int, Any]:
        status, text = _answer(
            urllib.request.Request(
                self.url + path, json.dumps(body).encode(), {"Content-Type": "application/json"}, method="POST"
            )
        )
        return status, json.loads(text)

    def chat(self, prompt: str, longest: int = 24, **more: Any) -> dict[str, Any]:
        """The answer to a chat completion, greedy unless told otherwise."""
        body = {"messages": [{"role": "user", "content": prompt}], "max_tokens": longest, "temperature": 0}
        status, answer = self.post("/v1/chat/completions", body | more)
        assert status == 200, answer
        found: dict[str, Any] = answer
        return found


def plan(model: Path, kind: Kind = Kind.NONE, **more: Any) -> Plan:
    """A server of two requests at once, on any port."""
    usual: dict[str, Any] = {"draft": "", "alias": model.stem, "parallel": 2, "context": 512}
    return Plan(model=str(model), kind=kind, **(usual | more))


@contextmanager
def served(wanted: Plan, folder: Path, module: str = child.MODULE) -> Iterator[Server]:
    """A server while the body runs; its log is in `folder`."""
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    log = folder / f"{wanted.alias}-{wanted.kind.value}-{os.getpid()}.log"
    under_way = child.start(wanted, log, environ, module)
    try:
        until = monotonic() + PATIENCE
        while not child.came_up(under_way, 0.2):
            late = under_way.ended or monotonic() > until
            assert not late, log.read_text()[-2000:]
        yield Server(under_way.url, under_way.process.pid, wanted)
    finally:
        under_way.close()


def _answer(request: urllib.request.Request) -> tuple[int, str]:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=60) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.read().decode()
