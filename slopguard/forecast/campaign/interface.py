"""What a campaign needs of a server of models: one method. Everything that serves models can stand behind it.

Invariants: a sampler raises `UpstreamError` where the server gives no usable answer in spite of being asked again, and
`Nonsense` where it answers what cannot be read; it never gives half an answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from slopguard.errors import UpstreamError


class Nonsense(UpstreamError):
    """A server answered, but not what it was asked for, or refused this very request. Again it would do the same."""

    default_hint = "See what serves the model; it does not speak the chat completions interface as expected"


@dataclass(frozen=True, slots=True)
class Usage:
    """What a request cost, in tokens.

    Args:
        prompt, completion: as the server says, or estimated where it says nothing that can be true.
        doubtful: they are estimated.
    """

    prompt: int = 0
    completion: int = 0
    doubtful: bool = False

    @property
    def total(self) -> int:
        """Both together."""
        return self.prompt + self.completion


@dataclass(frozen=True, slots=True)
class Sampled:
    """The completions of one request.

    Args:
        texts: one or more, as the model wrote them; without the API key, should it stand there.
        usage: of all of them together.
        schema: whether the server was held to the schema.
        details: what else the server said (`timings`, `metrics`, `system_fingerprint`): for adapters that know it.
    """

    texts: tuple[str, ...]
    usage: Usage = Usage()
    schema: bool = False
    details: Mapping[str, object] = field(default_factory=dict)


class Sampler(Protocol):
    """One model on one server."""

    @property
    def model(self) -> str:
        """What the model is called, in campaigns and reports."""
        ...

    async def sample(
        self,
        prompt: str,
        n: int,
        seed: int,
        temperature: float,
        schema: Mapping[str, object] | None = None,
        longest: int = 512,
    ) -> Sampled:
        """Completions of a prompt.

        Args:
            n: how many.
            seed: sent along; a server may ignore it.
            schema: JSON schema that the answer is to follow; a server that knows none is asked without.
            longest: tokens that each may have.

        Raises:
            UpstreamError: the server gave no answer, in spite of being asked again.
            UpstreamAuth: it refused the key.
            Nonsense: it answered what cannot be read, or does not answer this one.
        """
        ...
