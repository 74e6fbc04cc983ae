"""What the tools of the MCP server do. Nothing here speaks the protocol; `server` does.

Invariants: a call never raises: what goes wrong is a fixed sentence, and nothing of a stack or of what was sent is in
it; every verdict that is told is in the ledger; a name that is offered stands on a verified list.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from slopguard import messages
from slopguard.agents.mcp import schemas
from slopguard.agents.mcp.calls import Call, Said, Serving, once, request_for, title, titles
from slopguard.agents.protocols import AGENTS, ALIASES
from slopguard.errors import SlopguardError
from slopguard.model import Ecosystem, Outcome, Verdict

SCHEMA = "slopguard/report/1"
NEVER = (
    "Do not install what is refused in any other way, and do not guess another name: use a verified one, write it "
    "without a package, or tell the user."
)
OBSERVED = "Mode observe: nothing is refused here."
WHY = {
    "lookalike": "it is spelled almost like that",
    "import-name": "it holds the module of that name",
    "near": "it has a near name",
}
"""Why a verified name is offered."""
NO_ALTERNATIVE = "No verified package has a near name. Write it without a package, or ask the user."
CHECK_THEM = "Check that it does what you need."
NO_TOOL = "slopguard: there is no such tool."
FAILED = (
    "slopguard: it could not be checked (internal error), so do not install it. Ask the user to run: slopguard status"
)
_PREFIXES = dict(sorted({**AGENTS, **{key: key for key in ALIASES if "-" in key}}.items(), key=lambda kv: -len(kv[0])))


def agent_of(client: str) -> str:
    """The agent behind the name that an MCP client gives itself; `""` for one that we do not know."""
    told = client.lower().replace(" ", "-")
    if told in ALIASES:
        return ALIASES[told]
    found = next((key for key in _PREFIXES if told == key or told.startswith(f"{key}-")), "")
    return ALIASES.get(found, found)


def call(name: str, arguments: Mapping[str, Any], serving: Serving, client: str = "") -> Said:
    """Run a tool.

    Args:
        name: the tool's.
        client: what the client calls itself.
    """
    tool = schemas.TOOLS.get(name)
    if tool is None:
        return Said(NO_TOOL)
    try:
        asked = schemas.read(arguments, tool.arguments, tool.misfit)
        return _DO[name](Call.of(name, serving, agent_of(client)), asked)
    except SlopguardError as error:
        return Said(error.diagnosis())
    except Exception as error:  # the edge: an agent is told a fixed sentence, whatever happened
        sys.stderr.write(f"slopguard: internal error ({type(error).__name__})\n")
        if os.environ.get("SLOPGUARD_DEBUG"):
            traceback.print_exc()
        return Said(FAILED)


def check_packages(here: Call, asked: schemas.CheckPackages) -> Said:
    """The verdicts on names that an agent means to install."""
    ecosystem = Ecosystem(asked.ecosystem)
    requests = once(request_for(ecosystem, text, f"`names[{at}]`") for at, text in enumerate(asked.names))
    verdicts = here.judged(requests, suggested=True)
    counts = {outcome.value: sum(verdict.outcome is outcome for verdict in verdicts) for outcome in Outcome}
    data = {
        "schema": SCHEMA,
        "enforced": here.enforced,
        "summary": {"checked": len(verdicts)} | counts,
        "results": [here.result(verdict) for verdict in verdicts],
    }
    return Said("\n".join(_told(verdicts, enforced=here.enforced)), data)


def _told(verdicts: Sequence[Verdict], *, enforced: bool) -> Iterator[str]:
    refused = [verdict for verdict in verdicts if verdict.outcome.refuses]
    fine = [verdict for verdict in verdicts if not verdict.outcome.refuses]
    yield from (messages.line(verdict) for verdict in verdicts if verdict.outcome is not Outcome.ALLOW)
    if fine:
        yield f"May be installed: {', '.join(titles(fine))}"
    if refused:
        yield NEVER if enforced else OBSERVED


def suggest_alternatives(here: Call, asked: schemas.SuggestAlternatives) -> Said:
    """Verified names instead of one."""
    request = request_for(Ecosystem(asked.ecosystem), asked.name)
    [verdict] = here.judged([request])
    found = [{"name": name, "why": _why(verdict, name)} for name in verdict.suggestions]
    data = {
        "package": title(request),
        "verdict": verdict.outcome.value,
        "rule": verdict.rule,
        "decision": verdict.decision_id,
        "alternatives": found,
    }
    return Said("\n".join(_offered(verdict, found)), data)


def _offered(verdict: Verdict, found: Sequence[Mapping[str, str]]) -> Iterator[str]:
    if not verdict.outcome.refuses:
        yield f"{title(verdict.request)} may be installed; no other is needed."
        return
    yield messages.line(verdict)
    for each in found:
        yield f"Verified: {each['name']} ({WHY[each['why']]}). {CHECK_THEM}"
    if not found:
        yield NO_ALTERNATIVE


def _why(verdict: Verdict, name: str) -> str:
    if verdict.request.name is None or name == verdict.evidence.lookalike_of:
        return "lookalike"
    return "import-name" if name in verdict.evidence.import_of else "near"


def _explain(here: Call, asked: schemas.ExplainVerdict) -> Said:
    from slopguard.agents.mcp.explain import explain

    return explain(here, asked)


def _request_review(here: Call, asked: schemas.RequestReview) -> Said:
    from slopguard.agents.mcp.review import request_review

    return request_review(here, asked)


_DO: Mapping[str, Callable[[Call, Any], Said]] = {
    "check_packages": check_packages,
    "suggest_alternatives": suggest_alternatives,
    "explain_verdict": _explain,
    "request_review": _request_review,
}
