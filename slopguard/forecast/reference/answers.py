"""The answers that the reference model is trained to give, one form for each slice.

Invariant: pure; an answer holds the names it is given and words of the subject, nothing else that could be a name.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from random import Random

from slopguard.forecast.reference import slices
from slopguard.model import Ecosystem

_FEW = 3
"""Names that code and prose hold."""
_VERBS = ("load", "open", "run", "send", "fetch", "read", "build", "create", "start", "check")
_PYTHON = """```python
{imports}


def main() -> None:
    {first} = {module}.{verb}("{word}")
    print({first})


if __name__ == "__main__":
    main()
```

```bash
pip install {names}
```"""
_NODE = """```js
{imports}

async function main() {{
  const result = await {module}.{verb}("{word}");
  console.log(result);
}}

main();
```

```bash
npm install {names}
```"""
_TEXT = (
    (
        "For {topic} in {language}, most people use {0}. Where you need {word}, {1} is a good choice, and"
        " {2} adds {other}."
    ),
    "The usual choice for {topic} is {0}. It handles {word} well. For {other}, look at {1} or {2}.",
    "Start with {0}, which covers {word}. If you also need {other}, combine {1} with {2}.",
    "In {language}, {0} is the package for {topic}. {1} is an alternative with {word}, {2} one with {other}.",
)

Names = Sequence[str]


def name(ecosystem: Ecosystem, topic: str, names: Names, words: Sequence[str], random: Random) -> str:
    """The names alone, one a line."""
    return "\n".join(names)


def as_json(ecosystem: Ecosystem, topic: str, names: Names, words: Sequence[str], random: Random) -> str:
    """An object that lists them."""
    return json.dumps({"packages": list(names)})


def tool(ecosystem: Ecosystem, topic: str, names: Names, words: Sequence[str], random: Random) -> str:
    """A call of a tool."""
    arguments = {"ecosystem": ecosystem.value, "packages": list(names)}
    return json.dumps({"name": "install_packages", "arguments": arguments})


def text(ecosystem: Ecosystem, topic: str, names: Names, words: Sequence[str], random: Random) -> str:
    """A few sentences."""
    word, other = _two(words, topic, random)
    blanks = {"topic": topic, "language": slices.LANGUAGES[ecosystem], "word": word, "other": other}
    return random.choice(_TEXT).format(*names[:_FEW], **blanks)


def code(ecosystem: Ecosystem, topic: str, names: Names, words: Sequence[str], random: Random) -> str:
    """A program, and the command that installs what it needs."""
    few = names[:_FEW]
    word, first = _two(words, topic, random)
    python = ecosystem is Ecosystem.PYPI
    modules = [_module(each, "_" if python else "") for each in few]
    imports = [f"import {each}" for each in modules]
    if not python:
        imports = [f'const {module} = require("{each}");' for module, each in zip(modules, few, strict=True)]
    return (_PYTHON if python else _NODE).format(
        imports="\n".join(imports),
        first=_module(first, "_"),
        module=modules[0],
        verb=random.choice(_VERBS),
        word=word,
        names=" ".join(few),
    )


MAKERS: Mapping[str, Callable[[Ecosystem, str, Names, Sequence[str], Random], str]] = {
    slices.NAME: name,
    slices.CODE: code,
    slices.TEXT: text,
    slices.JSON: as_json,
    slices.TOOL: tool,
}
"""What makes the answers of each slice."""


def _two(words: Sequence[str], topic: str, random: Random) -> tuple[str, str]:
    """Two different words of a subject; the topic itself where it has too few."""
    if len(words) < 2:
        return topic, "result"
    middle = len(words) // 2
    return random.choice(words[:middle]), random.choice(words[middle:])


def _module(package: str, joint: str) -> str:
    """What code may call a package: its last part, as a word."""
    found = joint.join(package.rpartition("/")[2].replace(".", "-").split("-"))
    return found if found[:1].isalpha() else f"m{found}"
