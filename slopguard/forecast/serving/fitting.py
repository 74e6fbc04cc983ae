"""Whether a model can be served with drafts: by its own NextN layers, or by a drafter in another file.

A file's name proves nothing: quantised files often lost the layers that predict several tokens. Invariant: pure; what
is let through has the tensors that llama.cpp looks for (its assertions end the process otherwise).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from slopguard.errors import InputError
from slopguard.forecast.serving.header import TOKENS, WIDE, Header

_NEXTN = re.compile(r"blk\.(\d{1,6})\.nextn\.(.+)")
_PROJECTION = "eh_proj.weight"
_ASSISTANT = "gemma4-assistant"
_MISSPELT = "gemma4_assistant"
"""So some converters write it; llama.cpp does not load that."""
_CLOSE = 128
"""Tokens by which the vocabularies of model and drafter may differ (llama.cpp)."""
_SPECIAL = 5
"""Tokens at the beginning that may be others (llama.cpp)."""
_PLAIN = "serve it without drafts: --no-speculation"


class Kind(StrEnum):
    """How drafts are made, as llama.cpp calls it."""

    NONE = "none"
    MTP = "draft-mtp"
    SIMPLE = "draft-simple"


@dataclass(frozen=True, slots=True)
class Fit:
    """What a model file can do.

    Args:
        arch: its architecture.
        blocks: NextN layers that are whole.
        context: tokens it was trained for; 0 if it does not say.
        kind: how it is drafted for.
    """

    arch: str
    blocks: int
    context: int
    kind: Kind


def fit(model: Header, draft: Header | None, *, speculation: bool) -> Fit:
    """How a model is served.

    Args:
        draft: the drafter's file, if one was named.
        speculation: drafts are wanted.

    Raises:
        InputError: drafts are wanted, and these files cannot make them; or a file holds no model.
    """
    _check_model(model, "the file")
    blocks, context = mtp_blocks(model), model.number("context_length")
    if not speculation:
        return Fit(model.arch, blocks, context, Kind.NONE)
    if draft is not None:
        return Fit(model.arch, blocks, context, _drafter(model, draft))
    if not blocks:
        said = model.number("nextn_predict_layers")
        lost = f"says it has {said} NextN layers, but their tensors are not in it" if said else "has no NextN layers"
        hint = f"Take a file that kept them, name a drafter with --draft, or {_PLAIN}"
        raise InputError(f"the model {lost}: it cannot draft", hint)
    return Fit(model.arch, blocks, context, Kind.MTP)


def mtp_blocks(header: Header) -> int:
    """NextN layers with their projection, up to as many as the file says it has."""
    said, layers = header.number("nextn_predict_layers"), header.number("block_count")
    whole = {int(found[1]) for name in header.tensors if (found := _NEXTN.fullmatch(name)) and found[2] == _PROJECTION}
    return len([number for number in whole if layers - said <= number < layers])


def _check_model(header: Header, what: str) -> None:
    if not header.arch or not header.tensors or not header.number("block_count"):
        raise InputError(f"{what} holds no language model", "Name the GGUF file of a model")


def _drafter(model: Header, draft: Header) -> Kind:
    """How this drafter drafts for this model.

    Raises:
        InputError: it cannot.
    """
    if draft.arch == _ASSISTANT:
        return _assistant(model, draft)
    if draft.arch == _MISSPELT:
        raise InputError(
            f"llama.cpp does not load drafters of the form '{_MISSPELT}'", f"Take one made as '{_ASSISTANT}'"
        )
    _check_model(draft, "the drafter's file")
    _check_words(model, draft)
    if mtp_blocks(draft):
        if draft.number("embedding_length") != model.number("embedding_length"):
            raise InputError(
                "the drafter's NextN layers are of another width than the model", "Name the drafter of this very model"
            )
        return Kind.MTP
    return Kind.SIMPLE


def _assistant(model: Header, draft: Header) -> Kind:
    """Gemma 4's drafters carry the width of the model they were made for."""
    if not model.arch.startswith("gemma4"):
        raise InputError("the drafter is of Gemma 4, the model is not", f"Name the drafter of this model, or {_PLAIN}")
    if draft.number("embedding_length_out") != model.number("embedding_length"):
        raise InputError("the drafter is of another size of Gemma 4", "Name the drafter of this very model")
    if not any("nextn" in name for name in draft.tensors):
        raise InputError("the drafter's file holds no NextN tensors", "Take a file that kept them")
    return Kind.MTP


def _check_words(model: Header, draft: Header) -> None:
    kinds = {header.values.get("tokenizer.ggml.model") for header in (model, draft)}
    words, sizes = (model.words, draft.words), [header.lengths.get(TOKENS, 0) for header in (model, draft)]
    both = slice(_SPECIAL * WIDE, min(sizes) * WIDE)
    if len(kinds) != 1 or abs(sizes[0] - sizes[1]) > _CLOSE or words[0][both] != words[1][both]:
        raise InputError("the drafter has another vocabulary than the model", f"Name one of its family, or {_PLAIN}")
