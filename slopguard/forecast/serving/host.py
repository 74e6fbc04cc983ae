"""The child: llama.cpp's server in a process of its own, which may end it any time.

Started as `python -m slopguard.forecast.serving.host PLAN`. It says `{"ready": URL}` on standard output once it
listens, and drafts if it should, and nothing else there; its log goes to standard error. Invariants: it ends when its
standard input does, for then its parent has ended; on Linux the kernel sees to that as well.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
import threading
from typing import Any
from urllib.request import ProxyHandler, build_opener

from slopguard.forecast.serving.fitting import Kind
from slopguard.forecast.serving.plan import Plan

_PARENT_DEATH = 1
_QUIET = 1
"""Of its log: errors only."""
_PATIENCE = 30.0


def main(argv: list[str]) -> None:
    """Serve until told to stop."""
    _tie()
    say = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever llama.cpp prints goes to the log
    plan = Plan.loaded(argv[0])
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    threading.Thread(target=_parent_gone, daemon=True).start()
    import xllamacpp

    server = xllamacpp.Server(parameters(xllamacpp, plan))
    if plan.kind is not Kind.NONE and not _drafting(server.listening_address):
        sys.stderr.write("slopguard: llama.cpp came up, but does not draft with these files\n")
        sys.stderr.flush()
        os._exit(1)
    say.write(json.dumps({"ready": server.listening_address}) + "\n")
    say.flush()
    stop.wait()
    os._exit(0)  # requests under way are not waited for: their clients see the connection close


def parameters(xllamacpp: Any, plan: Plan) -> Any:
    """The plan in the words of `xllamacpp`."""
    found = xllamacpp.CommonParams()
    found.model.path = plan.model
    found.model_alias = {plan.alias}
    found.hostnames = ["127.0.0.1"]
    found.port = plan.port
    found.n_parallel = plan.parallel
    found.n_ctx = plan.context * plan.parallel
    found.endpoint_metrics = found.endpoint_slots = True
    found.endpoint_props = found.ui = found.warmup = found.fit_params = False
    found.swa_full = True  # else the window slides over what drafts that were refused have overwritten
    found.verbosity = _QUIET
    found.cors_origins = "http://127.0.0.1"  # no web page may read its answers
    found.cors_credentials = False
    for threads in (found.cpuparams, found.cpuparams_batch):
        threads.n_threads = plan.threads
    if plan.kind is not Kind.NONE:
        _drafts(xllamacpp, found.speculative, plan)
    return found


def _drafts(xllamacpp: Any, found: Any, plan: Plan) -> None:
    names = {Kind.MTP: "DRAFT_MTP", Kind.SIMPLE: "DRAFT_SIMPLE"}
    found.types = [getattr(xllamacpp.common_speculative_type, f"COMMON_SPECULATIVE_TYPE_{names[plan.kind]}")]
    found.draft.n_max = plan.ahead
    found.draft.probabilistic = plan.sampled
    if plan.draft:
        found.draft.mparams.path = plan.draft
    for threads in (found.draft.cpuparams, found.draft.cpuparams_batch):
        threads.n_threads = plan.threads


def _drafting(url: str) -> bool:
    """Whether the server's slots say that they draft: it comes up without drafts where a drafter does not suit it."""
    with build_opener(ProxyHandler({})).open(f"{url}/slots", timeout=_PATIENCE) as answer:
        return any(slot.get("speculative") is True for slot in json.load(answer))


def _tie() -> None:
    """Have the kernel end this process when its parent ends (Linux); write no memory to disk when llama.cpp aborts."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PARENT_DEATH, signal.SIGKILL, 0, 0, 0)
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _parent_gone() -> None:
    """End when the parent's end of standard input closes."""
    while os.read(0, 4096):
        pass
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1:])
