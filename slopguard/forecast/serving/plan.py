"""How a server is to be: one value that goes from the command line to the child as JSON.

Invariant: nothing in it can make a server listen anywhere but on loopback.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from slopguard.forecast.serving.fitting import Kind

CONTEXT = 4096
"""Tokens of one request, unless the model knows fewer."""
AHEAD = 3


@dataclass(frozen=True, slots=True)
class Plan:
    """A server.

    Args:
        model: its file, absolute.
        draft: the drafter's file, absolute; "" for none.
        kind: how drafts are made.
        alias: what the model is called there.
        port: 0 for any.
        threads: that compute.
        parallel: requests at once.
        context: tokens of each.
        ahead: tokens that are drafted at once.
        sampled: drafts are sampled as the answer is (right for temperatures above 0), not the likeliest.
    """

    model: str
    draft: str
    kind: Kind
    alias: str
    port: int = 0
    threads: int = 1
    parallel: int = 1
    context: int = CONTEXT
    ahead: int = AHEAD
    sampled: bool = False

    def dumped(self) -> str:
        """As JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def loaded(cls, text: str) -> Self:
        """From `dumped`."""
        said = json.loads(text)
        return cls(**{**said, "kind": Kind(said["kind"])})

    def flags(self) -> list[str]:
        """The same as the command line of llama.cpp's own server, to read and to compare."""
        words = ["--model", self.model, "--alias", self.alias, "--host", "127.0.0.1", "--port", str(self.port)]
        words += ["--threads", str(self.threads), "--parallel", str(self.parallel)]
        words += ["--ctx-size", str(self.context * self.parallel), "--metrics", "--slots", "--no-webui"]
        if self.kind is Kind.NONE:
            return words
        words += ["--spec-type", self.kind.value, "--spec-draft-n-max", str(self.ahead)]
        words += ["--spec-draft-sampling", "probabilistic"] if self.sampled else []
        return [*words, "--model-draft", self.draft] if self.draft else words


def alias(model: Path) -> str:
    """What a model is called, by its file."""
    from slopguard.names import shown

    return shown(model.stem)
