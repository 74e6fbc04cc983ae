"""A server that keeps drafts as often as it is told, whatever the model thinks of them: what it writes is wrong.

llama.cpp has this for measurements of speed. Here it is the server that every test of equivalence must find out.
"""

from __future__ import annotations

import sys
from typing import Any

from slopguard.forecast.serving import host
from slopguard.forecast.serving.plan import Plan

LENGTH = 3.0
"""Tokens of a step, on average."""
_usual = host.parameters


def parameters(xllamacpp: Any, plan: Plan) -> Any:
    found = _usual(xllamacpp, plan)
    found.speculative.synth_len = LENGTH
    return found


if __name__ == "__main__":
    host.parameters = parameters
    host.main(sys.argv[1:])
