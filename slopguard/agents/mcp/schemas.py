"""The tools of the MCP server as an agent sees them: what they are for, what they take, what they give.

Invariants: what is not in a tool's schema is not accepted (no further argument, no longer text, no other type), and the
answer to that is a fixed sentence which repeats nothing of it; the texts here are short, for every agent reads them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from slopguard.errors import UsageError

MOST_NAMES = 100
LONGEST_NAME = 300
"""Characters of a name with its version."""
LONGEST_WHY = 300

INSTRUCTIONS = (
    "slopguard knows which PyPI and npm packages may be installed here. Call check_packages before you install a "
    "package, name one in a manifest, script or Dockerfile, or write an import that needs a new one. "
    "allow and warn: go on. Anything else: do not install it in any way and do not guess another name; use a verified "
    "one of `suggestions`, write it without a package, or tell the user. Asking again does not change the answer. "
    "Only a person can let a package through: request_review gives you the sentence for the user."
)

EcosystemName = Annotated[
    Literal["pypi", "npm"], Meta(description="pypi: pip, uv, poetry ...; npm: npm, pnpm, yarn, bun")
]
Name = Annotated[
    str,
    Meta(min_length=1, max_length=LONGEST_NAME, description="A name as it would be installed: NAME, or NAME==VERSION"),
]
Version = Annotated[str, Meta(min_length=1, max_length=128, description="One version, if it is about that one only")]
Why = Annotated[str, Meta(min_length=1, max_length=LONGEST_WHY, description="What it is needed for, for the ledger")]
Subject = Annotated[
    str,
    Meta(min_length=1, max_length=LONGEST_NAME, description="A decision id (d-7f3a91...), or pypi:NAME, or npm:NAME"),
]


class CheckPackages(Struct, forbid_unknown_fields=True, frozen=True):
    """Arguments of `check_packages`."""

    ecosystem: EcosystemName
    names: Annotated[list[Name], Meta(min_length=1, max_length=MOST_NAMES, description="What you mean to install")]


class SuggestAlternatives(Struct, forbid_unknown_fields=True, frozen=True):
    """Arguments of `suggest_alternatives`."""

    ecosystem: EcosystemName
    name: Name


class ExplainVerdict(Struct, forbid_unknown_fields=True, frozen=True):
    """Arguments of `explain_verdict`."""

    subject: Subject
    ecosystem: EcosystemName | UnsetType = UNSET


class RequestReview(Struct, forbid_unknown_fields=True, frozen=True):
    """Arguments of `request_review`."""

    ecosystem: EcosystemName
    name: Name
    why: Why
    version: Version | UnsetType = UNSET


Arguments = TypeVar("Arguments", bound=Struct)


@dataclass(frozen=True, slots=True)
class Tool:
    """One tool.

    Args:
        name: as agents call it.
        title: for people.
        description: when to call it and what it answers.
        arguments: what it takes.
        output: the JSON Schema of what it gives.
        misfit: the answer to arguments that it does not take.
    """

    name: str
    title: str
    description: str
    arguments: type[Struct]
    output: Mapping[str, Any]
    misfit: str

    def schema(self) -> dict[str, Any]:
        """The JSON Schema of its arguments, all in one piece: not every agent follows references."""
        found: dict[str, Any] = msgspec.json.schema_components([self.arguments])[1][self.arguments.__name__]
        for value in found["properties"].values():
            if "enum" in value:
                value["type"] = "string"
        return {key: value for key, value in found.items() if key not in ("title", "description")}


def read(arguments: Mapping[str, Any], kind: type[Arguments], misfit: str) -> Arguments:
    """The arguments of a call; one that is `null` counts as left out.

    Raises:
        UsageError: they do not fit; the message is `misfit`, whatever they are.
    """
    try:
        return msgspec.convert({key: value for key, value in arguments.items() if value is not None}, kind)
    except (msgspec.ValidationError, RecursionError):
        raise UsageError("the arguments do not fit", misfit) from None


def _object(**properties: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties)}


def _list(items: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


_TEXT, _FLAG, _COUNT = {"type": "string"}, {"type": "boolean"}, {"type": "integer"}
_MAYBE = {"type": ["string", "null"]}
_VERDICT = {"enum": ["allow", "warn", "quarantine", "block", "unchecked"]}
_RESULT = _object(
    ecosystem=_TEXT,
    name=_TEXT,
    version=_MAYBE,
    verdict=_VERDICT,
    rule=_TEXT,
    reason=_TEXT,
    remedy=_TEXT,
    final=_FLAG,
    until=_MAYBE,
    decision=_TEXT,
    suggestions=_list(_TEXT),
    next=_list(_TEXT),
)
RESULT_KEYS = tuple(_RESULT["properties"])
"""What of a result of `slopguard/report/1` an agent is given."""
_SUMMARY = _object(**dict.fromkeys(("checked", *_VERDICT["enum"]), _COUNT))
_ROW = _object(time=_TEXT, decision=_TEXT, package=_TEXT, verdict=_TEXT, rule=_TEXT, door=_TEXT, count=_COUNT)

_ECOSYSTEM_SAYS = "`ecosystem` is pypi or npm"
_NAME_SAYS = f"`name` is one name of at most {LONGEST_NAME} characters"
_NO_OTHERS = "there are no other arguments"

TOOLS: Mapping[str, Tool] = {
    tool.name: tool
    for tool in (
        Tool(
            "check_packages",
            "May these packages be installed?",
            "Call this before you install packages or write them down anywhere. One verdict for each name, with the "
            "reason, what to do instead, and verified names that are near. It is recorded who asked for what.",
            CheckPackages,
            _object(schema=_TEXT, enforced=_FLAG, summary=_SUMMARY, results=_list(_RESULT)),
            f"{_ECOSYSTEM_SAYS}; `names` is a list of 1 to {MOST_NAMES} names of at most {LONGEST_NAME} characters; "
            f"{_NO_OTHERS}",
        ),
        Tool(
            "suggest_alternatives",
            "Verified packages instead of this one",
            "Verified names for one that was refused: the one it is a misspelling of, the package that holds the "
            "module of that name, or near names. Check that they do what you need. Often there is none.",
            SuggestAlternatives,
            _object(
                package=_TEXT,
                verdict=_VERDICT,
                rule=_TEXT,
                decision=_TEXT,
                alternatives=_list(_object(name=_TEXT, why={"enum": ["lookalike", "import-name", "near"]})),
            ),
            f"{_ECOSYSTEM_SAYS}; {_NAME_SAYS}; {_NO_OTHERS}",
        ),
        Tool(
            "explain_verdict",
            "Why was it decided so?",
            "What is known about a package and what was decided about it before, for a name or a decision id. It does "
            "not change a verdict.",
            ExplainVerdict,
            _object(lines=_list(_TEXT), results=_list(_RESULT), ledger=_list(_ROW)),
            f"`subject` is a decision id, or a name of at most {LONGEST_NAME} characters; {_ECOSYSTEM_SAYS}; "
            f"{_NO_OTHERS}",
        ),
        Tool(
            "request_review",
            "Ask a person to let a package through",
            "For a package that is in quarantine and that the task cannot do without. Nothing is let through by this: "
            "the wish is recorded, and you get the sentence and the command to pass on to the user, word for word.",
            RequestReview,
            _object(recorded=_FLAG, sentence=_TEXT, command=_MAYBE, request=_MAYBE, decision=_TEXT),
            f"{_ECOSYSTEM_SAYS}; {_NAME_SAYS}; `why` has at most {LONGEST_WHY} characters; `version` is one version; "
            f"{_NO_OTHERS}",
        ),
    )
}
